#pragma once

#include <string_view>

namespace gantry::tuning {

enum class Architecture { X86, Arm };

inline std::string_view architectureName(Architecture architecture)
{
    return architecture == Architecture::Arm ? "arm64" : "x86_64";
}

inline Architecture architectureOf(std::string_view name)
{
    return name == "arm64" ? Architecture::Arm : Architecture::X86;
}

// What can be chosen: a memory size in MB on an architecture.
struct Candidate {
    int memoryMb = 128;
    Architecture architecture = Architecture::X86;

    bool operator==(const Candidate&) const = default;
};

// US dollars, as doubles: statistics compare them, bills come from cost::PriceTable.
struct Prices {
    double perRequest = 0;
    double perGbSecondX86 = 0;
    double perGbSecondArm = 0;

    double perGbSecond(Architecture architecture) const
    {
        return architecture == Architecture::Arm ? perGbSecondArm : perGbSecondX86;
    }
    // One invocation that is billed for so many milliseconds.
    double of(const Candidate& candidate, double billedMs) const
    {
        return perRequest + candidate.memoryMb / 1024.0 * billedMs / 1000.0 *
                                perGbSecond(candidate.architecture);
    }
};

} // namespace gantry::tuning
