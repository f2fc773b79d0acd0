#include "ui/models/chunk_log.h"

#include "ui/models/format.h"

#include <QCoreApplication>

namespace gantry::models {

QString ChunkLog::sizeText() const
{
    const char* text = m_count == 1 ? "%1 in %2 chunk" : "%1 in %2 chunks";
    return QCoreApplication::translate("ChunkLog", text)
        .arg(formatBytes(m_bytes), formatCount(m_count));
}

void ChunkLog::add(double atMs, const QByteArray& bytes)
{
    if (bytes.isEmpty())
        return;
    ++m_count;
    m_bytes += bytes.size();
    m_lastMs = atMs;
    if (m_chunks.size() < kShownChunks)
        m_chunks.append({atMs, bytes.size()});
    m_body.append(bytes.left(kShownBytes - m_body.size()));
}

} // namespace gantry::models
