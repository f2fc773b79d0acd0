#pragma once

#include "backend/runtime/catalogue.h"
#include "backend/runtime/environment.h"
#include "backend/sandbox/engine.h"

#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace gantry {
class Clock;
}

namespace gantry::runtime {

struct EnvironmentOptions {
    // Holds runtimes/FAMILY, the bootstraps; see resourceDirectory().
    std::string resourceDirectory;
    // An idle environment is frozen after this time. Calls that come back to back are spared the
    // cost of freezing and thawing.
    std::int64_t freezeDelayMicros = 10'000;
    std::uint16_t runtimeApiPort = 9001;
};

// Makes environments that run in the engine's sandboxes. All arguments must outlive the factory and
// its environments.
std::unique_ptr<EnvironmentFactory>
makeEnvironmentFactory(boost::asio::io_context& io, sandbox::Engine& engine,
                       const Catalogue& catalogue, const Clock& clock, EnvironmentOptions options);

} // namespace gantry::runtime
