#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gantry::wire {

// One message of application/vnd.amazon.eventstream: total length, header length and their CRC,
// headers (all of them strings), payload, CRC of everything. See "Amazon event stream encoding" in
// the Smithy specification.
std::string eventStreamFrame(
    std::initializer_list<std::pair<std::string_view, std::string_view>> headers,
    std::string_view payload);

} // namespace gantry::wire
