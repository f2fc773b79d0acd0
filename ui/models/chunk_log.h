#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

namespace gantry::models {

// A response that comes in chunks: what it says, and when each chunk came. Of the body as much is
// kept as can be shown.
class ChunkLog final {
public:
    static constexpr qsizetype kShownBytes = 1024 * 1024;
    static constexpr qsizetype kShownChunks = 2000;

    struct Chunk {
        double atMs = 0; // since the request
        qsizetype bytes = 0;
    };

    void add(double atMs, const QByteArray& bytes);

    const QByteArray& body() const { return m_body; } // its first kShownBytes
    bool isCut() const { return m_bytes > m_body.size(); }
    const QList<Chunk>& chunks() const { return m_chunks; } // the first kShownChunks
    qint64 count() const { return m_count; }
    QString sizeText() const; // 1.5 KB in 3 chunks
    qint64 bytes() const { return m_bytes; }
    double firstByteMs() const { return m_chunks.isEmpty() ? 0 : m_chunks.first().atMs; }
    double lastByteMs() const { return m_lastMs; }

private:
    QByteArray m_body;
    QList<Chunk> m_chunks;
    qint64 m_count = 0;
    qint64 m_bytes = 0;
    double m_lastMs = 0;
};

} // namespace gantry::models
