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

struct PlatformSegment {
    std::string id;
    std::string document;
    std::int64_t startMicros = 0;
    std::int64_t endMicros = 0;
};

// The segment documents that Lambda makes of it: AWS::Lambda for the service that took the call, and
// AWS::Lambda::Function for the environment that ran it, with Initialization or Restore, Overhead
// and Invocation below. An asynchronous event has Dwell Time and its attempts below the former.
std::vector<PlatformSegment> platformSegments(const PlatformTrace& trace);

} // namespace gantry::observe::traces
