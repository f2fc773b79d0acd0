#pragma once

#include "backend/base/http.h"

#include <string>
#include <string_view>

namespace gantry::wire {

// The status line and headers of a reply as bytes. Characters that would end a header's line are
// dropped: values may come from functions.
// A body that comes from a source goes in chunks, or (HTTP/1.0) until the connection ends, unless a
// Content-Length is among the headers.
std::string serializeHead(const HttpReply& reply, bool keepAlive, bool chunked = true);

// Whether its headers say how long the body is, so that a source needs no chunks.
bool hasLength(const HttpReply& reply);

// What goes before and behind a part of that size in the chunked coding (RFC 9112, 7.1).
std::string chunkHead(std::size_t size);
std::string_view chunkEnd(std::size_t size, bool last);

} // namespace gantry::wire
