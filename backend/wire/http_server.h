#pragma once

#include "backend/api/function_urls.h"
#include "backend/api/operation_table.h"
#include "backend/base/clock.h"
#include "backend/base/unique_fd.h"
#include "backend/iam/access.h"
#include "backend/iam/account.h"
#include "backend/iam/audit_log.h"
#include "backend/keys/local_authority.h"

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace gantry::wire {

struct HttpOptions {
    // Decides what signed callers may do; without it only the root's key is known.
    const iam::AccessControl* access = nullptr;
    iam::AuditLog* audit = nullptr; // with access: keeps what was decided
    // Names that clients may use in the Host header besides localhost, *.localhost, 127.0.0.1 and
    // [::1]; a page that a browser was lured to through another name is refused (DNS rebinding).
    std::vector<std::string> hosts;
    std::size_t maxConnections = 4'096;
    int idleSeconds = 65; // for the whole head of the next request
    int drainSeconds = 5; // for the rest of a refused body
    api::FunctionUrls* functionUrls = nullptr; // served on the same port, when set
    images::ImageStore* images = nullptr; // the container registry on the same port, when set
    std::function<std::string()> metricsText; // what GET /metrics answers to anybody, when set
};

// The AWS front: HTTP/1.1 with keep-alive on a TCP port. I/O thread only.
class HttpServer final {
public:
    HttpServer(boost::asio::io_context& io, const api::OperationTable& table,
               const iam::Account& account, const Clock& clock, HttpOptions options = {});
    ~HttpServer();

    // Listens on "host:port"; port 0 takes a free one. Gives the port. May be called again for
    // another address. The error says what to do.
    absl::StatusOr<int> listen(const std::string& address);

    // The same over TLS, at one address: another call replaces it.
    absl::StatusOr<int> listenTls(const std::string& address, const keys::TlsIdentity& identity);
    // Takes no more TLS connections; those that there are go on.
    void stopTls();

    // Serves on a socket that listens already, until the returned handle goes: its connections end
    // with it. Of those there are at most so many at a time, so that who holds the other end cannot
    // take all that the server has. environment: see Gateway::admit.
    std::shared_ptr<void> serve(UniqueFd listener, std::size_t connections,
                                std::string environment = {});

    // Stops listening, ends every connection and cancels the calls on them.
    void close();

    std::size_t connections() const;

private:
    struct Impl;
    std::shared_ptr<Impl> m_impl;
};

} // namespace gantry::wire
