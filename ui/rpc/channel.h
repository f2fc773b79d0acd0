#pragma once

#include <QObject>
#include <QString>

#include <memory>

namespace gantry::rpc {

// The connection to one gantryd over its Unix socket. Lives on the GUI thread; says whether the
// daemon answers and keeps trying while it does not. Calls made through call.h use it.
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

    struct Transport;  // gRPC's side; see call.h
    std::shared_ptr<Transport> transport() const { return m_transport; }

Q_SIGNALS:
    void stateChanged(gantry::rpc::Channel::State state);

private:
    void watch();
    void setState(State state);

    std::shared_ptr<Transport> m_transport;
    State m_state = State::Disconnected;
};

// A running server stream; destroying it ends the stream and no callback comes afterwards.
class Stream {
public:
    virtual ~Stream() = default;
};

} // namespace gantry::rpc
