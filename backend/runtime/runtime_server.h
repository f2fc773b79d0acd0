#pragma once

#include "backend/runtime/runtime_api.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace gantry::runtime {

class RuntimeConnection;

// The protocol's state, shared by the connections. Named as AWS names the states, because they are
// part of its error messages.
class RuntimeServer final : public std::enable_shared_from_this<RuntimeServer> {
public:
    enum class State {
        Started,
        InitError,
        Ready,
        Running,
        InvocationResponse,
        InvocationErrorResponse,
        ResponseSent,
    };

    RuntimeServer(boost::asio::io_context& io, UniqueFd listener, RuntimeApi::Listener& events,
                  RuntimeApi::Phase phase);

    void accept();
    void close();
    void deliver(Invocation invocation, std::int64_t deadlineUnixMillis);
    bool parked() const { return m_parked != nullptr && m_state == State::Ready; }
    bool hasConnections() const { return !m_connections.empty(); }
    std::int64_t deliveredAtMicros() const { return m_deliveredAtMicros; }

    // From the connections.
    RuntimeApi::Phase phase() const { return m_phase; }
    void awaitsRestore();
    bool mayPark() const;
    void park(const std::shared_ptr<RuntimeConnection>& connection);
    const Invocation& current() const { return m_current; }
    bool isCurrent(const std::string& requestId) const;
    bool moveTo(State next);
    std::string refusal(std::string_view next) const;
    void initFailed(std::string document, std::string errorType);
    void answered(RuntimeApi::Answer answer);
    void extensionAsks(ExtensionRequest request, ExtensionHub::Respond respond);
    void closed(const std::shared_ptr<RuntimeConnection>& connection);

private:
    using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                        boost::asio::io_context::executor_type>;

    void acceptLater();
    void discard(const std::shared_ptr<RuntimeConnection>& connection);
    void send(RuntimeConnection& connection);
    std::string nextHead() const;

    Acceptor m_acceptor;
    boost::asio::steady_timer m_retry;
    RuntimeApi::Listener* m_events;
    const RuntimeApi::Phase m_phase;
    State m_state = State::Started;
    std::vector<std::shared_ptr<RuntimeConnection>> m_connections;
    std::shared_ptr<RuntimeConnection> m_parked;
    std::optional<Invocation> m_waiting; // to be delivered on the next /next
    Invocation m_current;
    std::int64_t m_deadlineUnixMillis = 0;
    std::int64_t m_deliveredAtMicros = 0;
};

} // namespace gantry::runtime
