#pragma once

#include <QObject>
#include <QString>

#include <memory>

namespace gantry::rpc {

// The connection to one gantryd over its Unix socket. Lives on the GUI thread; says whether the
// daemon answers and keeps trying while it does not (at most 500 ms between two attempts). Calls
// made through call.h use it.
class Channel final : public QObject {
    Q_OBJECT
public:
    enum class State { Disconnected, Connecting, Connected };
    Q_ENUM(State)

    explicit Channel(QObject* parent = nullptr);
    ~Channel() override;

    // Connects to the socket at path, leaving the one before.
    void open(const QString& socketPath);
    State state() const { return m_state; }
    bool isConnected() const { return m_state == State::Connected; }

    struct Transport;  // gRPC's side; see call.h. Null before open().
    std::shared_ptr<Transport> transport() const { return m_transport; }

Q_SIGNALS:
    // Connected means that the daemon answers: pages load again what they show.
    void stateChanged(gantry::rpc::Channel::State state);

private:
    class Watcher;

    void setState(State state);

    std::shared_ptr<Transport> m_transport;
    std::unique_ptr<Watcher> m_watcher;
    State m_state = State::Disconnected;
};

// A running server stream; destroying it ends the stream and no callback comes afterwards.
class Stream {
public:
    virtual ~Stream() = default;
};

} // namespace gantry::rpc
