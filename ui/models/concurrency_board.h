#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/concurrency_api.h"

#include <QObject>
#include <QTimer>

#include <memory>

namespace gantry::models {

// How the account's concurrency is shared out and what lives in it, as the platform tells it while
// someone looks. The stream is opened again after a break.
class ConcurrencyBoard final : public QObject {
    Q_OBJECT
public:
    explicit ConcurrencyBoard(rpc::Channel& channel, QObject* parent = nullptr);

    void start();
    void stop();
    bool isLive() const { return m_live; }
    const rpc::ConcurrencyFrame& frame() const { return m_frame; }
    // Null for a function that has no settings and runs nothing.
    const rpc::FunctionConcurrency* function(const QString& name) const;
    // The most that the function may reserve without taking from the least that others must have.
    int mostReservable(const QString& name) const;

    // Each says what went wrong by failed(); the next frame tells the rest.
    void reserve(const QString& functionName, std::optional<int> concurrency);
    void provision(const QString& functionName, const QString& qualifier, int concurrency);
    void endEnvironment(const QString& id);

    // What the stream brings; public so that pages can be filled without a platform.
    void take(rpc::ConcurrencyFrame frame);

Q_SIGNALS:
    void updated();
    void liveChanged(bool live);
    void done(const QString& what);
    void failed(const QString& message);

private:
    void open();
    void setLive(bool live);
    std::function<void(rpc::Result<rpc::Nothing>)> report(const QString& what);

    rpc::Channel& m_channel;
    rpc::ConcurrencyApi m_api;
    std::unique_ptr<rpc::Stream> m_stream;
    QTimer m_retry;
    rpc::ConcurrencyFrame m_frame;
    bool m_wanted = false;
    bool m_live = false;
};

} // namespace gantry::models
