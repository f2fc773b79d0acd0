#pragma once

#include "backend/api/operation_table.h"
#include "backend/iam/access.h"
#include "backend/iam/account.h"
#include "backend/iam/audit_log.h"

#include <absl/status/status.h>

#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace gantry::wire {

// The console's door: every declared RPC over gRPC on a Unix socket, dispatched through the same
// table as the AWS front. Generic: it knows the methods from their descriptors. The socket belongs
// to the daemon's user alone (mode 0600), and the kernel says who connects.
class GrpcServer final {
public:
    // access and audit, both or none: what the console's calls are kept in.
    GrpcServer(boost::asio::io_context& io, const api::OperationTable& table,
               const iam::Account& account, const iam::AccessControl* access = nullptr,
               iam::AuditLog* audit = nullptr);
    ~GrpcServer();

    // Takes the path over from a daemon that is gone. The error says what to do.
    absl::Status listen(const std::string& path);

    // Ends calls and connections, removes the socket. Blocks for a second at most.
    void shutdown();

private:
    struct Impl;
    std::shared_ptr<Impl> m_impl;
};

} // namespace gantry::wire
