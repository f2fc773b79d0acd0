#pragma once

#include "backend/keys/local_authority.h"
#include "backend/wire/http_session.h"

#include <functional>
#include <memory>
#include <string>

namespace gantry::wire {

// The keys of a server that speaks TLS 1.2 or 1.3.
class TlsServerContext;
absl::StatusOr<std::shared_ptr<TlsServerContext>> makeTlsContext(const keys::TlsIdentity& identity);

// One TLS connection: it shakes hands, then hands on the plain end of a pair of sockets and carries
// bytes between that and the client, a few at a time, so that either side can hold up the other.
// HTTP is none of its business, and HTTP without TLS pays nothing for it. I/O thread only.
namespace TlsRelay {
using Accepted = std::function<void(HttpSession::Socket plain, std::string remoteAddress)>;
void start(std::shared_ptr<TlsServerContext> context, HttpSession::Socket client,
           Accepted accepted);
// How many connections have not finished their handshake.
std::size_t shakingHands();
} // namespace TlsRelay

} // namespace gantry::wire
