#include "backend/observe/alarms/alarms.h"

#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/observe/cloudwatch/messages.h"

#include <absl/strings/str_cat.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

// From data points to states, and from states to actions.
namespace gantry::observe::alarms {

namespace cw = cloudwatch;
namespace pb = aws::cloudwatch;
using record::StoredAlarm;

namespace {

constexpr std::size_t kMostReason = 1'023;
constexpr std::size_t kMostBacktestBins = 50'000;

const cw::DataSeries* seriesOf(const std::vector<cw::DataSeries>& all, const std::string& id,
                               std::size_t index = 0)
{
    for (const cw::DataSeries& series : all) {
        if (series.id == id && index-- == 0)
            return &series;
    }
    return nullptr;
}

// Judges every value of the watched series. Nothing when an expression did not make it.
std::optional<Evaluated> judgeAll(const AlarmSpec& spec, const std::vector<cw::DataSeries>& all)
{
    const cw::DataSeries* watched = seriesOf(all, spec.watched);
    if (!watched)
        return std::nullopt;
    Evaluated evaluated{watched->grid, watched->values, {}, {}, {}};
    const std::size_t bins = watched->values.size();
    evaluated.lower.assign(bins, spec.threshold);
    evaluated.upper.assign(bins, spec.threshold);
    if (!spec.band.empty()) {
        const cw::DataSeries* lower = seriesOf(all, spec.band, 0);
        const cw::DataSeries* upper = seriesOf(all, spec.band, 1);
        if (!lower || !upper || lower->values.size() != bins || upper->values.size() != bins)
            return std::nullopt;
        evaluated.lower = lower->values;
        evaluated.upper = upper->values;
    }
    for (std::size_t i = 0; i < bins; ++i)
        evaluated.points.push_back(judge(evaluated.values[i], spec.comparison, evaluated.lower[i],
                                         evaluated.upper[i]));
    return evaluated;
}

void writeState(StoredAlarm& alarm, const StateText& state, bool moved)
{
    const auto set = [&](auto& each) {
        each.set_state_value(state.value);
        each.set_state_reason(state.reason);
        each.clear_state_reason_data();
        if (!state.reasonData.empty())
            each.set_state_reason_data(state.reasonData);
        cw::setTime(*each.mutable_state_updated_timestamp(), state.timeMs);
        if (moved)
            cw::setTime(*each.mutable_state_transitioned_timestamp(), state.timeMs);
    };
    if (alarm.has_metric())
        set(*alarm.mutable_metric());
    else
        set(*alarm.mutable_composite());
}

template <class Alarm>
const google::protobuf::RepeatedPtrField<std::string>& actionsFor(const Alarm& alarm,
                                                                  const std::string& state)
{
    return state == "ALARM" ? alarm.alarm_actions()
           : state == "OK"  ? alarm.ok_actions()
                            : alarm.insufficient_data_actions();
}

std::vector<std::string> actionsOf(const StoredAlarm& alarm)
{
    const auto of = [](const auto& each) {
        const auto& actions = actionsFor(each, each.state_value());
        return each.actions_enabled() ? std::vector<std::string>(actions.begin(), actions.end())
                                      : std::vector<std::string>();
    };
    return alarm.has_metric() ? of(alarm.metric()) : of(alarm.composite());
}

} // namespace

void Alarms::evaluateDue()
{
    std::vector<std::pair<std::string, std::int64_t>> due;
    for (const auto& [name, alarm] : m_alarms) {
        if (!alarm->has_metric() || m_running.contains(name))
            continue;
        const std::int64_t step =
            std::min<std::int64_t>(std::int64_t{periodOf(alarm->metric())} * 1'000, 60'000);
        const std::int64_t at = now() - now() % step;
        const auto last = m_evaluated.find(name);
        if (last == m_evaluated.end() || last->second < at)
            due.emplace_back(name, at);
    }
    for (const auto& [name, at] : due)
        evaluate(name, at);
    endSuppressions();
}

void Alarms::evaluate(const std::string& name, std::int64_t due)
{
    const Stored alarm = find(name);
    const auto spec = std::make_shared<const AlarmSpec>(specOf(alarm->metric()));
    m_evaluated[name] = due;
    m_running.insert(name);
    const std::size_t bins = evaluationRange(spec->rule);
    const cw::Grid grid{due - static_cast<std::int64_t>(bins) * spec->periodMs(), spec->periodMs(),
                        bins};
    m_data.run(spec->queries, [grid](int) { return grid; },
               [this, alive = std::weak_ptr<int>(m_alive), name, alarm,
                spec](const absl::StatusOr<std::vector<cw::DataSeries>>& all) {
                   if (alive.expired())
                       return;
                   m_running.erase(name);
                   const Stored current = find(name);
                   if (!current || !current->has_metric() ||
                       cw::millisOf(current->metric().alarm_configuration_updated_timestamp()) !=
                           cw::millisOf(alarm->metric().alarm_configuration_updated_timestamp()))
                       return; // it is another alarm by now
                   judged(name, *spec, all);
               });
}

void Alarms::judged(const std::string& name, const AlarmSpec& spec,
                    const absl::StatusOr<std::vector<cw::DataSeries>>& all)
{
    const auto evaluated = all.ok() ? judgeAll(spec, *all) : std::nullopt;
    if (!evaluated)
        return moveTo(name,
                      {std::string(nameOf(State::InsufficientData)),
                       absl::StrCat("The metrics of the alarm cannot be evaluated: ",
                                    all.ok() ? "the expression does not make one series."
                                             : awsErrorOf(all.status()).message),
                       {}, now()},
                      [](const absl::Status&) {});
    if (spec.fewSamples > 0) {
        const cw::DataSeries* watched = seriesOf(*all, spec.watched);
        double samples = 0;
        for (std::size_t i = 0; i < std::min(spec.rule.periods, watched->counts.size()); ++i)
            samples += watched->counts[watched->counts.size() - 1 - i];
        if (samples > 0 && samples < spec.fewSamples)
            return;
    }
    const auto state = alarms::evaluate(spec.rule, evaluated->points);
    if (!state || nameOf(*state) == stateOf(*find(name)).value)
        return;
    moveTo(name, {std::string(nameOf(*state)), reasonOf(spec, *evaluated, *state),
                  reasonDataOf(spec, *evaluated, now()), now()},
           [](const absl::Status&) {});
}

// Into the new state once it is on the disk; then its actions, and the alarms that look at it.
void Alarms::moveTo(const std::string& name, StateText state, Done done)
{
    Edit alarm = edit(name);
    const StateText before = stateOf(*alarm);
    const bool moved = before.value != state.value;
    if (state.reason.size() > kMostReason)
        state.reason.resize(kMostReason);
    if (!moved && before.reason == state.reason)
        return done(absl::OkStatus());
    writeState(*alarm, state, moved);
    std::vector<HistoryItem> history;
    if (moved)
        history.push_back(item(*alarm, "StateUpdate",
                               absl::StrCat("Alarm updated from ", before.value, " to ", state.value),
                               stateUpdateData(before, state)));
    const bool acts = moved && mayAct(*alarm, history);
    const Stored stored = alarm;
    commit({{name, stored}}, std::move(history),
           [this, name, stored, before, moved, acts, done = std::move(done)](const absl::Status& status) {
               if (!status.ok())
                   log::warning("an alarm's state is not kept: ", std::string(view(status.message())));
               if (status.ok() && acts)
                   act(stored, before);
               if (status.ok() && moved) {
                   tellSuppressed(name);
                   evaluateComposites(name);
               }
               done(status);
           });
}

void Alarms::evaluateComposites(const std::string& changed)
{
    std::vector<std::string> concerned;
    for (const auto& [name, alarm] : m_alarms) {
        if (!alarm->has_composite())
            continue;
        const auto rule = CompositeRule::parse(alarm->composite().alarm_rule());
        if (rule.ok() && rule->children().contains(changed))
            concerned.push_back(name);
    }
    for (const std::string& name : concerned)
        evaluateComposite(name);
}

void Alarms::evaluateComposite(const std::string& name)
{
    const Stored alarm = find(name);
    if (!alarm || !alarm->has_composite())
        return;
    const auto rule = CompositeRule::parse(alarm->composite().alarm_rule());
    if (!rule.ok())
        return;
    const bool holds = rule->holds([this](const std::string& child) -> std::optional<State> {
        const Stored found = find(child);
        return found ? std::optional(stateNamed(stateOf(*found).value)) : std::nullopt;
    });
    const State state = holds ? State::Alarm : State::Ok;
    if (nameOf(state) == stateOf(*alarm).value)
        return;
    moveTo(name,
           {std::string(nameOf(state)),
            absl::StrCat(arnOf(name), " transitioned to ", view(nameOf(state)), " at ",
                         isoTime(now()), holds ? ": its rule holds." : ": its rule does not hold."),
            {}, now()},
           [](const absl::Status&) {});
}

void Alarms::act(const Stored& alarm, const StateText& before)
{
    const std::string event = actionEvent(*alarm, before, m_place.account, m_place.region);
    for (const std::string& action : actionsOf(*alarm)) {
        m_perform(action, *alarm, event,
                  [this, alive = std::weak_ptr<int>(m_alive), alarm,
                   action](const absl::Status& status) {
                      if (alive.expired())
                          return;
                      boost::json::object data{{"version", "1.0"},
                                               {"action", action},
                                               {"state", status.ok() ? "Succeeded" : "Failed"}};
                      if (!status.ok())
                          data["error"] = awsErrorOf(status).message;
                      m_store->write({},
                                     {item(*alarm, "Action",
                                           absl::StrCat(status.ok()
                                                            ? "Successfully executed action "
                                                            : "Failed to execute action ",
                                                        action),
                                           boost::json::serialize(data))},
                                     [](const absl::Status&) {});
                      ++m_revision;
                  });
    }
}

void Alarms::backtest(const pb::PutMetricAlarmInput& request, std::int64_t fromMs, std::int64_t toMs,
                      AlarmStore::Answer<Backtest> done)
{
    if (absl::Status status = checkAlarm(request); !status.ok())
        return done(status);
    const auto spec = std::make_shared<const AlarmSpec>(specOf(configurationOf(request)));
    const std::int64_t period = spec->periodMs();
    const auto range = static_cast<std::int64_t>(evaluationRange(spec->rule));
    const std::int64_t from = fromMs - fromMs % period;
    if (toMs <= from || (toMs - from) / period + range > static_cast<std::int64_t>(kMostBacktestBins))
        return done(validationError("The time to test is empty, or has more than 50,000 periods."));
    const cw::Grid grid{from - range * period, period,
                        static_cast<std::size_t>((toMs - from) / period + range)};
    m_data.run(spec->queries, [grid](int) { return grid; },
               [spec, range, done = std::move(done)](
                   const absl::StatusOr<std::vector<cw::DataSeries>>& all) {
                   if (!all.ok())
                       return done(all.status());
                   auto evaluated = judgeAll(*spec, *all);
                   if (!evaluated)
                       return done(validationError("The expression does not make one series."));
                   Backtest result;
                   std::optional<State> state;
                   for (std::size_t end = static_cast<std::size_t>(range);
                        end <= evaluated->points.size(); ++end) {
                       const std::vector<Point> points(
                           evaluated->points.begin() + static_cast<std::ptrdiff_t>(end) - range,
                           evaluated->points.begin() + static_cast<std::ptrdiff_t>(end));
                       const auto next = alarms::evaluate(spec->rule, points);
                       if (next && next != state)
                           result.transitions.push_back(
                               {evaluated->grid.startMs +
                                    static_cast<std::int64_t>(end) * evaluated->grid.periodMs,
                                *next});
                       state = next ? next : state;
                   }
                   result.grid = evaluated->grid;
                   result.values = std::move(evaluated->values);
                   result.lower = std::move(evaluated->lower);
                   result.upper = std::move(evaluated->upper);
                   done(std::move(result));
               });
}

} // namespace gantry::observe::alarms
