#include "backend/observe/alarms/suppression.h"


#include <absl/strings/str_cat.h>

namespace gantry::observe::alarms {
namespace {

using By = Suppression::By;

// A period of no length has ended when it begins.
SuppressionStep begin(By by, std::int64_t lengthMs, std::int64_t nowMs)
{
    return lengthMs > 0 ? SuppressionStep{{by, nowMs + lengthMs}, false} : SuppressionStep{{}, true};
}

} // namespace

SuppressionStep alarmChanged(const SuppressorRule& rule, bool suppressorInAlarm, std::int64_t nowMs)
{
    return suppressorInAlarm ? SuppressionStep{{By::Alarm, 0}, false}
                             : begin(By::WaitPeriod, rule.waitMs, nowMs);
}

SuppressionStep suppressorChanged(const Suppression& current, const SuppressorRule& rule, bool inAlarm,
                                  std::int64_t nowMs)
{
    if (inAlarm)
        return {{By::Alarm, 0}, false};
    return current.by == By::Alarm ? begin(By::ExtensionPeriod, rule.extensionMs, nowMs)
                                   : SuppressionStep{current, false};
}

SuppressionStep periodEnded(const Suppression& current, std::int64_t nowMs)
{
    return current.isPeriod() && nowMs >= current.untilMs ? SuppressionStep{{}, true}
                                                          : SuppressionStep{current, false};
}

const char* nameOf(By by)
{
    switch (by) {
    case By::WaitPeriod:
        return "WaitPeriod";
    case By::ExtensionPeriod:
        return "ExtensionPeriod";
    case By::Alarm:
        return "Alarm";
    case By::Nothing:
        break;
    }
    return nullptr;
}

Suppression suppressionOf(const record::StoredAlarm& alarm)
{
    const std::string& named = alarm.composite().actions_suppressed_by();
    for (const By by : {By::WaitPeriod, By::ExtensionPeriod, By::Alarm}) {
        if (named == nameOf(by))
            return {by, by == By::Alarm ? 0 : alarm.suppressed_until_ms()};
    }
    return {};
}

void writeSuppression(const Suppression& suppression, record::StoredAlarm& alarm)
{
    auto& composite = *alarm.mutable_composite();
    alarm.set_suppressed_until_ms(suppression.untilMs);
    composite.clear_actions_suppressed_by();
    composite.clear_actions_suppressed_reason();
    if (const char* by = nameOf(suppression.by)) {
        composite.set_actions_suppressed_by(by);
        composite.set_actions_suppressed_reason(absl::StrCat("Actions suppressed by ", by));
    }
}

void takeSuppressor(const aws::cloudwatch::PutCompositeAlarmInput& request,
                    const record::StoredAlarm* before, record::StoredAlarm& alarm)
{
    if (!request.has_actions_suppressor())
        return;
    auto& composite = *alarm.mutable_composite();
    composite.set_actions_suppressor(request.actions_suppressor());
    composite.set_actions_suppressor_wait_period(request.actions_suppressor_wait_period());
    composite.set_actions_suppressor_extension_period(request.actions_suppressor_extension_period());
    if (before && before->composite().actions_suppressor() == request.actions_suppressor())
        writeSuppression(suppressionOf(*before), alarm);
}

} // namespace gantry::observe::alarms
