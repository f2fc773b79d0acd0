#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/debug_types.h"
#include "ui/rpc/result.h"

#include <QObject>

#include <memory>
#include <optional>

namespace gantry::rpc {
class DebugApi;
}

namespace gantry::models {

// One invocation under a debugger, from the wait for it to the answer. Stopping it ends the
// invocation.
class DebugRun final : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Starting, Awaiting, Finished, Stopped, Failed };

    explicit DebugRun(rpc::DebugApi& api, QObject* parent = nullptr);
    ~DebugRun() override;

    void start(const rpc::InvokeRequest& request);
    void stop();
    void clear();

    State state() const { return m_state; }
    bool isRunning() const { return m_stream != nullptr; }
    const QString& function() const { return m_function; }
    const rpc::DebuggerAddress& address() const { return m_address; }
    const rpc::InvokeReply& reply() const { return m_reply; } // when finished
    const rpc::Error& error() const { return m_error; }       // when failed

    // What the stream brings; public so that it can be checked without a platform.
    void take(const rpc::DebugEvent& event);

Q_SIGNALS:
    void changed();

private:
    void finish(State state);

    rpc::DebugApi& m_api;
    std::unique_ptr<rpc::Stream> m_stream;
    State m_state = State::Idle;
    QString m_function;
    rpc::DebuggerAddress m_address;
    rpc::InvokeReply m_reply;
    rpc::Error m_error;
};

// The entry for .vscode/launch.json that attaches to such an invocation; its code is expected in the
// folder that is open there.
QString launchConfiguration(const QString& function, const rpc::DebuggerAddress& address);

// What else attaches to it, in a sentence; empty when nothing that everybody has.
QString otherDebuggers(const rpc::DebuggerAddress& address);

} // namespace gantry::models
