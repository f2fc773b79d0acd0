#include "backend/runtime/runtime_api.h"

#include "backend/runtime/runtime_server.h"

namespace gantry::runtime {

namespace asio = boost::asio;

RuntimeApi::RuntimeApi(asio::io_context& io, UniqueFd listener, RuntimeApi::Listener& events,
                       Phase phase)
    : m_server(std::make_shared<RuntimeServer>(io, std::move(listener), events, phase))
{
    m_server->accept();
}

RuntimeApi::~RuntimeApi()
{
    m_server->close();
}

bool RuntimeApi::parked() const
{
    return m_server->parked();
}
bool RuntimeApi::hasConnections() const
{
    return m_server->hasConnections();
}
std::int64_t RuntimeApi::deliveredAtMicros() const
{
    return m_server->deliveredAtMicros();
}

void RuntimeApi::deliver(Invocation invocation, std::int64_t deadlineUnixMillis)
{
    m_server->deliver(std::move(invocation), deadlineUnixMillis);
}

} // namespace gantry::runtime
