#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gantry {

// A schedule expression as AWS writes them: rate(10 hours), rate(1 day), or
// cron(minutes hours day-of-month month day-of-week year) in UTC, with * ? , - / and the names of
// months and days, L (last day), D#N (the Nth of that weekday) and DL (the last).
// Rules: "Schedule expressions" in the Secrets Manager and EventBridge user guides.
class Schedule final {
public:
    // The error says which part is wrong.
    static absl::StatusOr<Schedule> parse(std::string_view expression);

    bool isRate() const { return m_rateSeconds > 0; }
    std::int64_t rateSeconds() const { return m_rateSeconds; }

    // The first time after that one, in Unix seconds. Nothing when there is none (a year that has
    // passed). For a rate: a period later.
    std::optional<std::int64_t> next(std::int64_t afterSeconds) const;

private:
    struct Field {
        std::vector<bool> allowed; // by value
        bool any = false;          // * or ?
        bool last = false;         // L
        int nth = 0;               // D#N
        int nthDay = 0;            // of D#N and DL, 1 is Sunday
        bool lastWeekday = false;  // DL
    };
    static absl::StatusOr<Field> parseField(std::string_view text, int index);
    bool dayMatches(std::int64_t days) const;

    std::int64_t m_rateSeconds = 0;
    std::array<Field, 6> m_fields; // minutes hours day-of-month month day-of-week year
};

} // namespace gantry
