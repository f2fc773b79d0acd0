#pragma once

#include "backend/base/http.h"

#include <string>

namespace gantry::wire {

// The status line and headers of a reply as bytes. Characters that would end a header's line are
// dropped: values may come from functions.
std::string serializeHead(const HttpReply& reply, bool keepAlive);

} // namespace gantry::wire
