#pragma once

#include "backend/base/unique_fd.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace boost::asio {
class io_context;
}

namespace gantry::observe::traces {

// What the SDKs send to the X-Ray daemon by UDP: a line {"format":"json","version":1} and a document.
// Empty when the datagram is anything else.
std::string_view documentOf(std::string_view datagram);

// Takes datagrams from the socket until the returned handle goes: a few at a time, and no more bytes
// a second than a function that traces itself has to send. The rest is the kernel's to drop.
std::shared_ptr<void> receiveSegments(boost::asio::io_context& io, UniqueFd socket,
                                      std::function<void(std::string document)> receive);

// On a free port of 127.0.0.1, which is the second; an invalid socket when there is none.
std::pair<UniqueFd, std::uint16_t> openDatagramSocket();

} // namespace gantry::observe::traces
