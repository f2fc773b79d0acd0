#pragma once

#include "backend/invoke/invocation_record.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gantry::observe::traces {

// An invocation that is traced, at its end.
struct PlatformTrace {
    invoke::InvocationRecord record; // its trace is not null
    std::int64_t finishedAtMicros = 0; // Unix time
    bool throttled = false;            // it did not get to run
};

// The segment documents that Lambda makes of it: AWS::Lambda for the service that took the call, and
// AWS::Lambda::Function for the environment that ran it, with Initialization or Restore, Overhead
// and Invocation below. An asynchronous event has Dwell Time and its attempts below the former.
std::vector<std::string> platformSegments(const PlatformTrace& trace);

} // namespace gantry::observe::traces
