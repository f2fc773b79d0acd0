#pragma once

#include "ui/models/chunk_log.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/functions_types.h"
#include "ui/rpc/result.h"
#include "ui/rpc/urls_types.h"

#include <QElapsedTimer>
#include <QObject>

#include <memory>
#include <optional>

class QTimer;

namespace gantry::rpc {
class UrlsApi;
}

namespace gantry::models {

// One invocation whose response is shown while it comes. Stopping it is a caller that goes away:
// the function runs to its end.
class StreamedInvocation final : public QObject {
    Q_OBJECT
public:
    explicit StreamedInvocation(rpc::UrlsApi& api, QObject* parent = nullptr);
    ~StreamedInvocation() override;

    void start(const rpc::InvokeRequest& request);
    void stop();
    void clear();

    bool isIdle() const { return !m_started; }
    bool isRunning() const { return m_stream != nullptr; }
    bool hasCompleted() const { return m_end.completed; }
    const ChunkLog& chunks() const { return m_chunks; }
    const QString& executedVersion() const { return m_version; }
    const QString& errorCode() const { return m_end.errorCode; }
    const QString& errorDetails() const { return m_end.errorDetails; }
    const QString& log() const { return m_end.log; }
    const std::optional<rpc::Error>& error() const { return m_error; }

    // What the stream brings; public so that it can be checked without a platform.
    void take(double elapsedMs, const rpc::StreamedEvent& event);

Q_SIGNALS:
    void changed(); // ten times a second at most, and at the end

private:
    void finish();

    rpc::UrlsApi& m_api;
    std::unique_ptr<rpc::Stream> m_stream;
    QTimer* m_repaint;
    QElapsedTimer m_since;
    bool m_started = false;
    QString m_version;
    ChunkLog m_chunks;
    rpc::StreamedEvent m_end;
    std::optional<rpc::Error> m_error;
};

} // namespace gantry::models
