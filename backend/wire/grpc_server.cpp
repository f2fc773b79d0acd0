#include "backend/wire/grpc_server.h"

#include "backend/wire/grpc_call.h"
#include "backend/wire/local_listener.h"
#include "backend/wire/services.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>

#include <chrono>
#include <optional>

#include <fcntl.h>

namespace gantry::wire {
namespace {

constexpr int kMaxMessageBytes = 128 * 1024 * 1024;
constexpr std::chrono::milliseconds kShutdownTime{500};

} // namespace

struct GrpcServer::Impl final : public grpc::CallbackGenericService {
    Impl(boost::asio::io_context& context, const api::OperationTable& operations,
         const iam::Account& owner, const iam::AccessControl* access, iam::AuditLog* log)
        : io(context), table(operations), account(owner), schema(allServices()), audit(log)
    {
        if (access)
            authorizer.emplace(schema, *access);
    }

    grpc::ServerGenericBidiReactor*
    CreateReactor(grpc::GenericCallbackServerContext* server) override
    {
        return GrpcCall::start(GrpcContext{io, table, schema, account.id(),
                                           account.root().principalArn,
                                           authorizer ? &*authorizer : nullptr, audit},
                               server);
    }

    void add(UniqueFd connection)
    {
        const int flags = ::fcntl(connection.get(), F_GETFL);
        if (flags >= 0 && ::fcntl(connection.get(), F_SETFL, flags | O_NONBLOCK) == 0)
            grpc::AddInsecureChannelFromFd(server.get(), connection.release());
    }

    boost::asio::io_context& io;
    const api::OperationTable& table;
    const iam::Account& account;
    Schema schema;
    std::optional<Authorizer> authorizer;
    iam::AuditLog* audit;
    std::unique_ptr<grpc::Server> server;
    std::shared_ptr<LocalListener> listener;
};

GrpcServer::GrpcServer(boost::asio::io_context& io, const api::OperationTable& table,
                       const iam::Account& account, const iam::AccessControl* access,
                       iam::AuditLog* audit)
    : m_impl(std::make_shared<Impl>(io, table, account, access, audit))
{
}

GrpcServer::~GrpcServer()
{
    shutdown();
}

absl::Status GrpcServer::listen(const std::string& path)
{
    m_impl->listener = std::make_shared<LocalListener>(
        m_impl->io, [impl = m_impl.get()](UniqueFd fd) { impl->add(std::move(fd)); });
    if (absl::Status status = m_impl->listener->listen(path); !status.ok())
        return status;
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    builder.SetMaxSendMessageSize(kMaxMessageBytes);
    builder.RegisterCallbackGenericService(m_impl.get());
    m_impl->server = builder.BuildAndStart();
    if (!m_impl->server)
        return absl::InternalError("gRPC did not start.");
    return absl::OkStatus();
}

void GrpcServer::shutdown()
{
    if (m_impl->listener)
        m_impl->listener->close();
    m_impl->listener.reset();
    // Cancels the calls that are left; they end on gRPC's threads, without the I/O thread.
    if (m_impl->server)
        m_impl->server->Shutdown(std::chrono::system_clock::now() + kShutdownTime);
    m_impl->server.reset();
}

} // namespace gantry::wire
