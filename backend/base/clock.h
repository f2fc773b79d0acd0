#pragma once

#include <chrono>
#include <cstdint>

namespace gantry {

// Wall-clock time, injectable so that tests of retention and roll-ups need not wait.
class Clock {
public:
    virtual ~Clock() = default;
    virtual std::int64_t unixMicros() const
    {
        using namespace std::chrono;
        return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    }
    std::int64_t unixMillis() const { return unixMicros() / 1000; }
};

// Monotonic time for durations; never goes back when the wall clock is set.
inline std::int64_t monotonicMicros()
{
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

} // namespace gantry
