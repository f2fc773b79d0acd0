#pragma once

#include "gantry/store/alarms.pb.h"

#include <cstdint>
#include <string_view>

namespace gantry::observe::alarms {

// Whether a composite alarm's actions are held back, and until when, as "Composite alarm action
// suppression" of the CloudWatch user guide has it: a change of the alarm's state waits for the
// suppressor, the suppressor in ALARM holds back everything, and after it has left ALARM an extension
// runs. What ends a period by its time takes the actions of the state that the alarm is in by then.
struct Suppression {
    enum class By { Nothing, WaitPeriod, ExtensionPeriod, Alarm };
    By by = By::Nothing;
    std::int64_t untilMs = 0; // of a period

    bool isPeriod() const { return by == By::WaitPeriod || by == By::ExtensionPeriod; }
    friend bool operator==(const Suppression&, const Suppression&) = default;
};

struct SuppressorRule {
    std::int64_t waitMs = 0;
    std::int64_t extensionMs = 0;
};

// What holds from now on, and whether the actions of the alarm's state are to be taken.
struct SuppressionStep {
    Suppression next;
    bool act = false;
};

// The alarm has changed its state: a period that ran is discarded, and a wait begins.
SuppressionStep alarmChanged(const SuppressorRule& rule, bool suppressorInAlarm, std::int64_t nowMs);
// The suppressor is, or is not, in ALARM.
SuppressionStep suppressorChanged(const Suppression& current, const SuppressorRule& rule, bool inAlarm,
                                  std::int64_t nowMs);
// Time has passed.
SuppressionStep periodEnded(const Suppression& current, std::int64_t nowMs);

// As ActionsSuppressedBy names it; null for nothing.
const char* nameOf(Suppression::By by);

// As it is kept with a composite alarm.
Suppression suppressionOf(const record::StoredAlarm& alarm);
void writeSuppression(const Suppression& suppression, record::StoredAlarm& alarm);
// The suppressor of a request. What it holds back goes on when the alarm had the same one before; any
// other one discards it.
void takeSuppressor(const aws::cloudwatch::PutCompositeAlarmInput& request,
                    const record::StoredAlarm* before, record::StoredAlarm& alarm);

} // namespace gantry::observe::alarms
