#pragma once

#include "backend/tuning/measurement.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tuning_bench {

using gantry::tuning::Architecture;
using gantry::tuning::Candidate;
using gantry::tuning::Prices;
using gantry::tuning::Probe;

// What us-east-1 asked in 2026.
constexpr Prices kPrices{0.2e-6, 0.0000166667, 0.0000133334};

// A function of which the truth is known, on a platform that is replayed or simulated.
class World {
public:
    virtual ~World() = default;
    virtual std::string name() const = 0;
    virtual std::vector<int> sizesMb() const = 0;
    virtual std::vector<Architecture> architectures() const = 0;
    // One fresh environment, its first call cold.
    virtual Probe measure(const Candidate& candidate, int calls, std::mt19937_64& random) const = 0;
    // Over all there is; nothing where the function cannot run.
    virtual std::optional<double> trueMs(const Candidate& candidate) const = 0;
    virtual double trueBilledMs(const Candidate& candidate) const = 0;
};

// The recorded invocations of a 16 ms function on AWS, every size or about 46 of them. The
// recording is of x86_64; with arm64 wanted the same calls stand in for it, 1.1 times as long.
std::unique_ptr<World> recordedSizes(const std::filesystem::path& folder, bool everySize,
                                     bool withArm);
// Four runtimes on both architectures in 16 sizes, about ten cold runs in each.
std::vector<std::unique_ptr<World>> recordedRuntimes(const std::filesystem::path& folder);
// Simulated functions on a simulated scheduler; all, or those of these numbers.
std::vector<std::unique_ptr<World>> simulated(const std::vector<int>& sizesMb,
                                              const std::vector<std::size_t>& only = {});

} // namespace tuning_bench
