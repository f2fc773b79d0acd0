#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::invoke {

// What happens to a function's environments once nothing runs in them, in microseconds from then.
struct KeepAliveWindows {
    std::int64_t preWarmMicros = 0;   // 0: kept from the start; else ended now and one made by then
    std::int64_t keepAliveMicros = 0; // ended after this

    // For a call that comes after the given idle time.
    bool isCold(std::int64_t idleMicros) const;
    std::int64_t keptMicros(std::int64_t idleMicros) const; // how long an environment idled for it
};

// The idle times of one function in a histogram of minutes, after Shahrad et al., "Serverless in the
// Wild" (USENIX ATC 2020, section 4): environments are kept from a little before the earliest of
// the usual next calls (5th percentile) to a little after the latest (99th), with a margin of 10 %.
class IdleHistogram final {
public:
    static constexpr int kBins = 240; // four hours
    static constexpr std::int64_t kMinuteMicros = 60'000'000;
    static constexpr int kLeastSamples = 10;

    explicit IdleHistogram(std::int64_t minuteMicros = kMinuteMicros) : m_minuteMicros(minuteMicros)
    {
    }

    void add(std::int64_t idleMicros);
    // None while it says too little: few calls, most of them beyond its range, or no pattern in
    // them (a coefficient of variation of the bins' counts of at most 2).
    std::optional<KeepAliveWindows> windows() const;
    std::int64_t samples() const { return m_inRange + m_beyond; }

    // "beyond;minute=count;…", for keeping it over restarts; none when the text is not of that kind.
    std::string toText() const;
    static std::optional<IdleHistogram> fromText(std::string_view text,
                                                 std::int64_t minuteMicros = kMinuteMicros);

private:
    int percentileBin(double share) const;

    std::int64_t m_minuteMicros;
    std::array<std::uint32_t, kBins> m_bins{};
    std::int64_t m_inRange = 0;
    std::int64_t m_beyond = 0;
};

// Decides how long idle environments are kept: for a fixed time, or as each function's arrivals
// teach. Both are followed whichever is in force, so that it can say what the choice is worth.
class KeepAlive final {
public:
    enum class Policy { Fixed, Learned };

    // What the two policies make of the calls that found their function idle.
    struct Account {
        std::int64_t calls = 0;
        std::int64_t coldFixed = 0;
        std::int64_t coldLearned = 0;
        double idleGbSecondsFixed = 0; // memory size times time, of one environment each
        double idleGbSecondsLearned = 0;
    };

    // minuteMicros: what is taken for a minute; less where time is to run faster.
    KeepAlive(Policy policy, std::int64_t fixedMicros,
              std::int64_t minuteMicros = IdleHistogram::kMinuteMicros)
        : m_policy(policy), m_fixedMicros(fixedMicros), m_minuteMicros(minuteMicros)
    {
    }

    void choose(Policy policy, std::int64_t fixedMicros);
    Policy policy() const { return m_policy; }
    std::int64_t fixedMicros() const { return m_fixedMicros; }
    std::int64_t minuteMicros() const { return m_minuteMicros; }

    // The function runs nothing any more, and it is called. Monotonic time; a call of a function that
    // runs already, or that has not run before, teaches nothing.
    void wentIdle(const std::string& function, std::int64_t nowMicros);
    void called(const std::string& function, std::int64_t nowMicros, int memoryMb);
    // Those in force for the function now.
    KeepAliveWindows windows(const std::string& function) const;
    void forget(const std::string& function);

    // What was learned in an earlier life, and what has changed since it was last asked: function and
    // histogram as text, empty when the function is forgotten.
    using Histograms = std::vector<std::pair<std::string, std::string>>;
    void restore(const Histograms& histograms);
    Histograms takeChanges();

    const Account& account() const { return m_account; }
    // Functions whose arrivals say enough to be learned from.
    int learnedFunctions() const;

private:
    struct Function {
        explicit Function(std::int64_t minuteMicros) : histogram(minuteMicros) {}

        std::int64_t idleSinceMicros = 0; // 0: it runs
        IdleHistogram histogram;
        std::optional<KeepAliveWindows> learned; // brought up to date now and then
        std::int64_t nextUpdate = IdleHistogram::kLeastSamples;
    };

    KeepAliveWindows fixed() const { return {0, m_fixedMicros}; }
    Function& of(const std::string& name)
    {
        return m_functions.try_emplace(name, m_minuteMicros).first->second;
    }

    Policy m_policy;
    std::int64_t m_fixedMicros;
    const std::int64_t m_minuteMicros;
    absl::flat_hash_map<std::string, Function> m_functions;
    absl::flat_hash_set<std::string> m_changed;
    Account m_account;
};

std::string_view nameOf(KeepAlive::Policy policy); // fixed, learned
std::optional<KeepAlive::Policy> keepAlivePolicy(std::string_view name);

} // namespace gantry::invoke
