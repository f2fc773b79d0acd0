#pragma once

#include "backend/runtime/environment.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace gantry::functions {

// How fast a streamed response goes out: a burst at full speed, then a steady rate.
struct StreamPace {
    std::int64_t burstBytes = 0;
    std::int64_t bytesPerSecond = 0; // 0: no limit
};

// A version that can be invoked: what a function name and a qualifier were resolved to.
struct Target {
    std::string alias;      // through which it was reached; may be empty
    std::string invokedArn; // as the caller qualified it
    // Environments of two targets with the same key are interchangeable. Changes with every deploy
    // and every configuration change, so that calls in flight finish on the old code.
    std::string poolKey;
    // The qualifier whose provisioned environments serve it; empty when none do.
    std::string provisionedQualifier;
    std::optional<int> reservedConcurrency; // of the function
    std::optional<StreamPace> streamPace;   // of the function; without one, the platform's
    std::shared_ptr<const runtime::EnvironmentSpec> spec;
};

} // namespace gantry::functions
