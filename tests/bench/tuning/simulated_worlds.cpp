#include "tests/bench/tuning/worlds.h"

#include "backend/tuning/throttling.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tuning_bench {
namespace {

using gantry::tuning::Call;
using gantry::tuning::Ending;

struct Shape {
    const char* name;
    double cpuMs, waitMs;
    int threads;
    int floorMb;
    double noise = 0.03;        // of a call
    double armFactor = 1.1;     // arm64 needs so much more CPU time
    double cache = 0;           // more CPU time at small sizes
    double outliers = 0.004;    // share of calls that take three times as long
    double hosts = 0.02;        // of the CPU time, between environments
};

const Shape kShapes[] = {
    {"cpu 5 ms", 5, 0, 1, 128},
    {"cpu 16 ms", 16, 0, 1, 128},
    {"cpu 16 ms, noisy", 16, 0, 1, 128, 0.12, 1.25},
    {"cpu 40 ms, wait 20 ms", 40, 20, 1, 128, 0.03, 0.9},
    {"cpu 5 ms, wait 200 ms", 5, 200, 1, 128, 0.05},
    {"cpu 60 ms, 2 threads", 60, 0, 2, 128, 0.03, 1.2},
    {"cpu 100 ms, wait 50 ms", 100, 50, 1, 256, 0.03, 1.0, 0.15},
    {"cpu 150 ms, floor 512", 150, 10, 1, 512, 0.05, 1.3},
    {"cpu 300 ms, 2 threads", 300, 0, 2, 128, 0.03, 1.15, 0.1},
    {"cpu 500 ms, wait 200 ms", 500, 200, 1, 128, 0.06, 0.85},
    {"cpu 1000 ms", 1000, 0, 1, 192, 0.03, 1.1, 0.1},
    {"cpu 1000 ms, wait 100, 2 thr", 1000, 100, 2, 1024, 0.04, 1.2},
    {"cpu 40 ms, hosts differ", 40, 20, 1, 128, 0.03, 1.1, 0, 0.004, 0.08},
    {"cpu 150 ms, hosts differ", 150, 10, 1, 256, 0.03, 1.1, 0.1, 0.004, 0.08},
};

// A kernel's bandwidth controller over one group: threads take turns with slices of 5 ms from the
// period's quota, are checked at the tick, and may overrun up to it.
double scheduledMs(double cpuMs, int threads, double memoryMb, std::mt19937_64& random)
{
    using gantry::tuning::kPeriodMs;
    const double vcpus = memoryMb / gantry::tuning::kMbPerVcpu;
    const double quota = kPeriodMs * vcpus;
    const double per = cpuMs / threads;
    if (vcpus >= threads)
        return per;
    std::uniform_real_distribution<double> uniform(0, 1);
    double now = kPeriodMs * uniform(random);
    const double tickPhase = 4 * uniform(random);
    const double begin = now;
    double pool = quota, left = per;
    // All threads run alike: the group's quota is shared evenly.
    while (left > 1e-9) {
        const double period = kPeriodMs * (std::floor(now / kPeriodMs + 1e-9) + 1);
        const double tick =
            4 * (std::floor((now - tickPhase) / 4 + 1e-9) + 1) + tickPhase;
        const double until = std::min({period, tick, now + left});
        pool -= (until - now) * threads;
        left -= until - now;
        const bool atTick = until >= tick - 1e-9;
        now = until;
        if (now >= period - 1e-9)
            pool = std::min(pool, 5.0) + quota;
        if (left > 1e-9 && atTick && pool <= 0) {
            double wake = kPeriodMs * (std::floor(now / kPeriodMs + 1e-9) + 1);
            pool += quota;
            while (pool <= 0) {
                pool += quota;
                wake += kPeriodMs;
            }
            now = wake;
        }
    }
    return now - begin;
}

class Simulated final : public World {
public:
    Simulated(const Shape& shape, std::vector<int> sizes) : m_shape(shape), m_sizes(std::move(sizes))
    {
        std::mt19937_64 random(7);
        for (const Architecture architecture : architectures())
            for (const int size : m_sizes) {
                const Candidate candidate{size, architecture};
                double sum = 0, billed = 0;
                constexpr int kEnvironments = 400, kCalls = 6;
                for (int i = 0; i < kEnvironments; ++i)
                    for (const Call& call : measure(candidate, kCalls + 1, random).calls) {
                        if (call.cold)
                            continue;
                        sum += call.durationMs;
                        billed += call.billedMs;
                    }
                m_truth[{size, architecture == Architecture::Arm}] = {
                    sum / kEnvironments / kCalls, billed / kEnvironments / kCalls};
            }
    }

    std::string name() const override { return m_shape.name; }
    std::vector<int> sizesMb() const override { return m_sizes; }
    std::vector<Architecture> architectures() const override
    {
        return {Architecture::X86, Architecture::Arm};
    }

    Probe measure(const Candidate& candidate, int calls, std::mt19937_64& random) const override
    {
        Probe probe{candidate, {}};
        std::normal_distribution<double> normal;
        std::uniform_real_distribution<double> uniform(0, 1);
        const double host = std::exp(m_shape.hosts * normal(random));
        for (int i = 0; i < calls; ++i) {
            Call call;
            call.cold = i == 0;
            if (candidate.memoryMb < m_shape.floorMb) {
                call.ending = Ending::OutOfMemory;
                call.durationMs = 10;
                call.billedMs = 10;
                probe.calls.push_back(call);
                break;
            }
            const double factor = host * std::exp(m_shape.noise * normal(random)) *
                                  (candidate.architecture == Architecture::Arm ? m_shape.armFactor : 1) *
                                  (1 + m_shape.cache * 128 / candidate.memoryMb);
            const double wait = m_shape.waitMs * std::exp(0.04 * normal(random));
            double ms = 0.9 + wait +
                        scheduledMs(m_shape.cpuMs * factor * (call.cold ? 1.6 : 1), m_shape.threads,
                                    candidate.memoryMb, random);
            if (uniform(random) < m_shape.outliers)
                ms *= 3;
            call.initMs = call.cold ? 150 * host : 0;
            call.durationMs = ms;
            call.billedMs = std::ceil(ms + call.initMs);
            probe.calls.push_back(call);
        }
        return probe;
    }

    std::optional<double> trueMs(const Candidate& candidate) const override
    {
        if (candidate.memoryMb < m_shape.floorMb)
            return std::nullopt;
        return truth(candidate).first;
    }
    double trueBilledMs(const Candidate& candidate) const override
    {
        return truth(candidate).second;
    }

private:
    const std::pair<double, double>& truth(const Candidate& candidate) const
    {
        return m_truth.at({candidate.memoryMb, candidate.architecture == Architecture::Arm});
    }

    Shape m_shape;
    std::vector<int> m_sizes;
    std::map<std::pair<int, bool>, std::pair<double, double>> m_truth;
};

} // namespace

std::vector<std::unique_ptr<World>> simulated(const std::vector<int>& sizesMb,
                                              const std::vector<std::size_t>& only)
{
    std::vector<std::unique_ptr<World>> worlds;
    for (std::size_t i = 0; i < std::size(kShapes); ++i)
        if (only.empty() || std::find(only.begin(), only.end(), i) != only.end())
            worlds.push_back(std::make_unique<Simulated>(kShapes[i], sizesMb));
    return worlds;
}

} // namespace tuning_bench
