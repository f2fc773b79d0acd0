#include "backend/observe/alarms/alarms.h"

#include "backend/base/log.h"
#include "backend/base/text.h"

#include <absl/strings/str_cat.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <utility>

// Composite alarms whose actions another alarm holds back.
namespace gantry::observe::alarms {
namespace {

using record::StoredAlarm;

bool hasSuppressor(const StoredAlarm& alarm)
{
    return alarm.has_composite() && alarm.composite().has_actions_suppressor();
}

SuppressorRule ruleOf(const StoredAlarm& alarm)
{
    return {std::int64_t{alarm.composite().actions_suppressor_wait_period()} * 1'000,
            std::int64_t{alarm.composite().actions_suppressor_extension_period()} * 1'000};
}

std::string suppressedData(const char* by)
{
    return boost::json::serialize(
        boost::json::object{{"version", "1.0"}, {"state", "Suppressed"}, {"suppressedBy", by}});
}

} // namespace

bool Alarms::isInAlarm(const std::string& nameOrArn) const
{
    const Stored alarm = find(alarmNameOf(nameOrArn));
    return alarm && stateOf(*alarm).value == "ALARM";
}

// Of an alarm that is about to be in another state.
bool Alarms::mayAct(StoredAlarm& moved, std::vector<HistoryItem>& history) const
{
    if (!hasSuppressor(moved))
        return true;
    const SuppressionStep step =
        alarmChanged(ruleOf(moved), isInAlarm(moved.composite().actions_suppressor()), now());
    writeSuppression(step.next, moved);
    if (const char* by = nameOf(step.next.by))
        history.push_back(item(moved, "Action", absl::StrCat("Actions suppressed by ", by),
                               suppressedData(by)));
    return step.act;
}

// After the suppressor has changed its state, or is gone.
void Alarms::tellSuppressed(const std::string& suppressor)
{
    const bool inAlarm = isInAlarm(suppressor);
    std::vector<std::pair<std::string, SuppressionStep>> steps;
    for (const auto& [name, alarm] : m_alarms) {
        if (hasSuppressor(*alarm) &&
            alarmNameOf(alarm->composite().actions_suppressor()) == suppressor)
            steps.emplace_back(name,
                               suppressorChanged(suppressionOf(*alarm), ruleOf(*alarm), inAlarm, now()));
    }
    for (const auto& [name, step] : steps)
        suppressAs(name, step);
}

void Alarms::endSuppressions()
{
    std::vector<std::pair<std::string, SuppressionStep>> steps;
    for (const auto& [name, alarm] : m_alarms) {
        if (const Suppression current = suppressionOf(*alarm); current.isPeriod())
            steps.emplace_back(name, periodEnded(current, now()));
    }
    for (const auto& [name, step] : steps)
        suppressAs(name, step);
}

// The suppressor may have changed its state right before the daemon was killed.
void Alarms::catchUpSuppressions()
{
    std::vector<std::pair<std::string, SuppressionStep>> steps;
    for (const auto& [name, alarm] : m_alarms) {
        if (hasSuppressor(*alarm))
            steps.emplace_back(name, suppressorChanged(suppressionOf(*alarm), ruleOf(*alarm),
                                                       isInAlarm(alarm->composite().actions_suppressor()),
                                                       now()));
    }
    for (const auto& [name, step] : steps)
        suppressAs(name, step);
}

void Alarms::suppressAs(const std::string& name, const SuppressionStep& step)
{
    const Edit alarm = edit(name);
    if (!alarm || suppressionOf(*alarm) == step.next)
        return;
    const StateText before = stateOf(*alarm);
    writeSuppression(step.next, *alarm);
    std::vector<HistoryItem> history;
    if (const char* by = nameOf(step.next.by))
        history.push_back(item(*alarm, "Action", absl::StrCat("Actions suppressed by ", by),
                               suppressedData(by)));
    const Stored stored = alarm;
    commit({{name, stored}}, std::move(history),
           [this, stored, before, acts = step.act](const absl::Status& status) {
               if (!status.ok())
                   log::warning("an alarm's suppression is not kept: ",
                                std::string(view(status.message())));
               else if (acts)
                   act(stored, before);
           });
}

} // namespace gantry::observe::alarms
