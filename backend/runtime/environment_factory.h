#pragma once

#include "backend/base/unique_fd.h"
#include "backend/runtime/catalogue.h"
#include "backend/runtime/environment.h"
#include "backend/sandbox/engine.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace gantry {
class Clock;
}

namespace gantry::runtime {

// Something of the daemon's that listens on 127.0.0.1 inside the network of one environment.
struct InsideService {
    std::uint16_t port = 0;
    // Takes the socket, which listens unless it is one of datagrams; what it returns is let go when
    // the environment ends.
    std::function<std::shared_ptr<void>(UniqueFd socket)> serve;
    bool datagrams = false; // UDP
};

// What one environment is given for its own, and loses when it ends.
struct Belongings {
    std::vector<std::shared_ptr<const void>> leases; // of its credentials and what else it has
    std::int64_t goodUntilUnixMicros = 0; // no invocation begins later; 0: no limit
    std::vector<InsideService> services;
};

struct EnvironmentOptions {
    // Holds runtimes/FAMILY, the bootstraps; see resourceDirectory().
    std::string resourceDirectory;
    // An idle environment is frozen after this time. Calls that come back to back are spared the
    // cost of freezing and thawing.
    std::int64_t freezeDelayMicros = 10'000;
    std::uint16_t runtimeApiPort = 9001;
    // Called for every environment before it starts; also completes its spec. An error keeps it
    // from starting: see InitOutcome::refusal.
    std::function<absl::StatusOr<Belongings>(EnvironmentSpec&)> equip;
};

// Makes environments that run in the engine's sandboxes. All arguments must outlive the factory and
// its environments.
std::unique_ptr<EnvironmentFactory>
makeEnvironmentFactory(boost::asio::io_context& io, sandbox::Engine& engine,
                       const Catalogue& catalogue, const Clock& clock, EnvironmentOptions options);

} // namespace gantry::runtime
