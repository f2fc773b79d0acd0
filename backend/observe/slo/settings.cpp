#include "backend/observe/slo/settings.h"

#include "backend/base/error.h"
#include "backend/observe/metrics.h"
#include "backend/observe/slo/budget.h"

#include <set>

namespace gantry::observe::slo {
namespace {

namespace pb = aws::applicationsignals;

constexpr double kGoal = 99;
constexpr double kWarning = 50;
constexpr int kDays = 7;
constexpr std::int64_t kLongestMs = 365 * kDayMs; // metrics are kept a little longer
constexpr std::int64_t kProbeMs = 1'800'000'000'000;

absl::Status checkInterval(const pb::Interval& interval)
{
    if (interval.has_rolling_interval() == interval.has_calendar_interval())
        return validationError("Interval needs one of RollingInterval and CalendarInterval.");
    if (interval.has_calendar_interval() && interval.calendar_interval().start_time().seconds() <= 0)
        return validationError("StartTime of CalendarInterval must be a time after 1970.");
    const int duration = interval.has_rolling_interval() ? interval.rolling_interval().duration()
                                                         : interval.calendar_interval().duration();
    if (duration < 1 || duration > 1'000'000)
        return validationError("Duration of the interval must be between 1 and a year.");
    return absl::OkStatus();
}

} // namespace

absl::Status setGoal(const pb::Goal& wanted, pb::ServiceLevelObjective& slo)
{
    pb::Goal goal = wanted;
    if (!goal.has_attainment_goal())
        goal.set_attainment_goal(kGoal);
    if (!goal.has_warning_threshold())
        goal.set_warning_threshold(kWarning);
    if (!goal.has_interval()) {
        pb::RollingInterval& week = *goal.mutable_interval()->mutable_rolling_interval();
        week.set_duration_unit("DAY");
        week.set_duration(kDays);
    }
    if (!(goal.attainment_goal() > 0 && goal.attainment_goal() < 100))
        return validationError("AttainmentGoal must be above 0 and below 100.");
    if (!(goal.warning_threshold() >= 0 && goal.warning_threshold() <= 100))
        return validationError("WarningThreshold must be between 0 and 100.");
    if (absl::Status status = checkInterval(goal.interval()); !status.ok())
        return status;
    const Interval interval = intervalAt(goal, kProbeMs);
    if (interval.endMs - interval.fromMs > kLongestMs + kDayMs)
        return validationError("The interval must not be longer than a year.");
    *slo.mutable_goal() = std::move(goal);
    return absl::OkStatus();
}

absl::Status
setBurnRates(const google::protobuf::RepeatedPtrField<pb::BurnRateConfiguration>& wanted,
             pb::ServiceLevelObjective& slo)
{
    std::set<int> windows;
    for (const pb::BurnRateConfiguration& each : wanted) {
        if (!windows.insert(each.look_back_window_minutes()).second)
            return validationError("Each LookBackWindowMinutes may be there once.");
    }
    *slo.mutable_burn_rate_configurations() = wanted;
    return absl::OkStatus();
}

} // namespace gantry::observe::slo
