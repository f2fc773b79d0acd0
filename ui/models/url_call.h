#pragma once

#include "ui/models/chunk_log.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"
#include "ui/rpc/urls_types.h"

#include <QObject>

#include <memory>
#include <optional>

class QTimer;

namespace gantry::rpc {
class UrlsApi;
}

namespace gantry::models {

// One call of a function URL, from the request to the last chunk. Stopping it is a client that
// goes away.
class UrlCall final : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Running, Ended, Broken, Stopped, Failed };

    explicit UrlCall(rpc::UrlsApi& api, QObject* parent = nullptr);
    ~UrlCall() override;

    void start(const rpc::UrlRequest& request);
    void stop();
    void clear();

    State state() const { return m_state; }
    int status() const { return m_status; }     // 0 until the head has come
    double headMs() const { return m_headMs; }  // when it came
    double totalMs() const { return m_totalMs; } // once ended
    const QList<QPair<QString, QString>>& headers() const { return m_headers; }
    const ChunkLog& chunks() const { return m_chunks; }
    const std::optional<rpc::Error>& error() const { return m_error; }

    // What the stream brings; public so that it can be checked without a platform.
    void take(const rpc::UrlEvent& event);

Q_SIGNALS:
    void changed(); // ten times a second at most, and at the end

private:
    void finish(State state);

    rpc::UrlsApi& m_api;
    std::unique_ptr<rpc::Stream> m_stream;
    QTimer* m_repaint;
    State m_state = State::Idle;
    int m_status = 0;
    double m_headMs = 0;
    double m_totalMs = 0;
    QList<QPair<QString, QString>> m_headers;
    ChunkLog m_chunks;
    std::optional<rpc::Error> m_error;
};

} // namespace gantry::models
