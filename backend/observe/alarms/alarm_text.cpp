#include "backend/observe/alarms/alarm_text.h"

#include "backend/base/text.h"
#include "backend/observe/cloudwatch/messages.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/time/time.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>

namespace gantry::observe::alarms {

namespace json = boost::json;

namespace {

constexpr std::size_t kShownPoints = 5;

std::string number(double value)
{
    const std::string text = absl::StrCat(value);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::int64_t timeOf(const Evaluated& evaluated, std::size_t i)
{
    return evaluated.grid.startMs + static_cast<std::int64_t>(i) * evaluated.grid.periodMs;
}

const char* wordsOf(Comparison comparison)
{
    switch (comparison) {
    case Comparison::Greater:
        return "greater than the threshold";
    case Comparison::GreaterOrEqual:
        return "greater than or equal to the threshold";
    case Comparison::Less:
        return "less than the threshold";
    case Comparison::LessOrEqual:
        return "less than or equal to the threshold";
    case Comparison::OutsideBand:
        return "less than the lower or greater than the upper threshold";
    case Comparison::BelowBand:
        return "less than the lower threshold";
    case Comparison::AboveBand:
        break;
    }
    return "greater than the upper threshold";
}

// In brackets behind those words: the threshold, or the edges of the band at a point.
std::string thresholdText(Comparison comparison, double lower, double upper)
{
    if (comparison == Comparison::OutsideBand)
        return absl::StrCat(number(lower), ", ", number(upper));
    return number(comparison == Comparison::BelowBand ? lower : upper);
}

// The newest points that say this state: breaching ones for ALARM, the others for OK.
std::vector<std::size_t> tellingPoints(const AlarmSpec& spec, const Evaluated& evaluated, State state)
{
    const Point telling = state == State::Alarm ? Point::Breaching : Point::Within;
    std::vector<std::size_t> newest;
    std::size_t real = 0;
    for (std::size_t i = evaluated.points.size(); i-- > 0 && real < spec.rule.periods;) {
        real += evaluated.points[i] == Point::Missing ? 0 : 1;
        if (evaluated.points[i] == telling)
            newest.push_back(i);
    }
    return newest;
}

json::value orNull(double value)
{
    return std::isnan(value) ? json::value(nullptr) : json::value(value);
}

json::object stateJson(const StateText& state)
{
    json::object object{{"value", state.value}, {"reason", state.reason}};
    if (!state.reasonData.empty())
        object["reasonData"] = state.reasonData;
    object["timestamp"] = isoTime(state.timeMs);
    if (!state.suppressedBy.empty()) {
        object["actionsSuppressedBy"] = state.suppressedBy;
        object["actionsSuppressedReason"] = absl::StrCat("Actions suppressed by ", state.suppressedBy);
    }
    return object;
}

json::value parsedOrNull(const std::string& text)
{
    json::error_code error;
    json::value value = json::parse(text, error);
    return error ? json::value(nullptr) : value;
}

json::array metricsJson(const aws::cloudwatch::MetricAlarm& alarm)
{
    json::array metrics;
    for (const cloudwatch::DataQuery& query : specOf(alarm).queries) {
        json::object entry{{"id", query.id}, {"returnData", true}};
        if (query.metric) {
            json::object dimensions;
            for (const auto& [key, value] : query.metric->dimensions)
                dimensions[key] = value;
            entry["metricStat"] =
                json::object{{"metric", {{"namespace", query.metric->space},
                                         {"name", query.metric->name},
                                         {"dimensions", std::move(dimensions)}}},
                             {"period", query.periodSeconds},
                             {"stat", query.statistic}};
        } else {
            entry["expression"] = query.expression;
        }
        metrics.push_back(std::move(entry));
    }
    return metrics;
}

} // namespace

std::string isoTime(std::int64_t ms)
{
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E3S+0000", absl::FromUnixMillis(ms),
                            absl::UTCTimeZone());
}

std::string reasonOf(const AlarmSpec& spec, const Evaluated& evaluated, State state)
{
    if (state == State::InsufficientData)
        return absl::StrCat("Insufficient Data: ", spec.rule.periods,
                            spec.rule.periods == 1 ? " datapoint was unknown."
                                                   : " datapoints were unknown.");
    const std::vector<std::size_t> telling = tellingPoints(spec, evaluated, state);
    if (telling.empty())
        return absl::StrCat("Threshold Crossed: no datapoints were received for ",
                            spec.rule.periods, spec.rule.periods == 1 ? " period" : " periods",
                            " and missing datapoints were treated as [",
                            state == State::Alarm ? "Breaching" : "NonBreaching", "].");
    std::vector<std::string> shown;
    for (std::size_t i = 0; i < std::min(telling.size(), kShownPoints); ++i)
        shown.push_back(absl::StrCat(
            number(evaluated.values[telling[i]]), " (",
            absl::FormatTime("%d/%m/%y %H:%M:%S", absl::FromUnixMillis(timeOf(evaluated, telling[i])),
                             absl::UTCTimeZone()),
            ")"));
    if (telling.size() > kShownPoints)
        shown.emplace_back("...");
    const bool alarm = state == State::Alarm;
    const std::size_t newest = telling.front();
    const std::size_t least =
        alarm ? spec.rule.toAlarm : spec.rule.periods - spec.rule.toAlarm + 1;
    return absl::StrCat(
        "Threshold Crossed: ", telling.size(), " out of the last ", spec.rule.periods,
        " datapoints [", absl::StrJoin(shown, ", "), telling.size() > 1 ? "] were " : "] was ",
        alarm ? "" : "not ", wordsOf(spec.comparison), " (",
        thresholdText(spec.comparison, evaluated.lower[newest], evaluated.upper[newest]),
        ") (minimum ", least, least == 1 ? " datapoint" : " datapoints", " for ",
        alarm ? "OK -> ALARM" : "ALARM -> OK", " transition).");
}

std::string reasonDataOf(const AlarmSpec& spec, const Evaluated& evaluated, std::int64_t nowMs)
{
    json::array recent;
    json::array judged;
    for (std::size_t i = 0; i < evaluated.values.size(); ++i) {
        if (evaluated.points[i] == Point::Missing)
            continue;
        recent.push_back(orNull(evaluated.values[i]));
        json::object point{{"timestamp", isoTime(timeOf(evaluated, i))},
                           {"value", orNull(evaluated.values[i])}};
        if (!spec.band.empty())
            point["threshold"] = json::array{orNull(evaluated.lower[i]), orNull(evaluated.upper[i])};
        judged.push_back(std::move(point));
    }
    constexpr std::size_t kMost = 30; // StateReasonData is 4,000 characters at most
    const auto newest = [](json::array& all) {
        if (all.size() > kMost)
            all.erase(all.begin(), all.end() - kMost);
    };
    newest(recent);
    newest(judged);
    json::object data{{"version", "1.0"},
                      {"queryDate", isoTime(nowMs)},
                      {"startDate", isoTime(evaluated.grid.startMs)},
                      {"period", spec.periodSeconds},
                      {"recentDatapoints", std::move(recent)},
                      {"evaluatedDatapoints", std::move(judged)}};
    if (spec.queries.size() == 1)
        data["statistic"] = spec.queries.front().statistic;
    if (spec.band.empty())
        data["threshold"] = spec.threshold;
    return json::serialize(data);
}

std::string stateUpdateData(const StateText& before, const StateText& now)
{
    const auto state = [](const StateText& text) {
        json::object object{{"stateValue", text.value}, {"stateReason", text.reason}};
        if (!text.reasonData.empty())
            object["stateReasonData"] = parsedOrNull(text.reasonData);
        return object;
    };
    return json::serialize(
        json::object{{"version", "1.0"}, {"oldState", state(before)}, {"newState", state(now)}});
}

std::string actionEvent(const record::StoredAlarm& alarm, const StateText& before,
                        const std::string& account, const std::string& region)
{
    const StateText now = stateOf(alarm);
    json::object configuration;
    if (alarm.has_metric()) {
        configuration["description"] = alarm.metric().alarm_description();
        configuration["metrics"] = metricsJson(alarm.metric());
    } else {
        configuration["description"] = alarm.composite().alarm_description();
        configuration["alarmRule"] = alarm.composite().alarm_rule();
        if (const auto& composite = alarm.composite(); composite.has_actions_suppressor()) {
            configuration["actionsSuppressor"] = composite.actions_suppressor();
            configuration["actionsSuppressorWaitPeriod"] = composite.actions_suppressor_wait_period();
            configuration["actionsSuppressorExtensionPeriod"] =
                composite.actions_suppressor_extension_period();
        }
    }
    const std::string arn =
        alarm.has_metric() ? alarm.metric().alarm_arn() : alarm.composite().alarm_arn();
    return json::serialize(json::object{
        {"source", "aws.cloudwatch"},
        {"alarmArn", arn},
        {"accountId", account},
        {"time", isoTime(now.timeMs)},
        {"region", region},
        {"alarmData", json::object{{"alarmName", nameOf(alarm)},
                                   {"state", stateJson(now)},
                                   {"previousState", stateJson(before)},
                                   {"configuration", std::move(configuration)}}}});
}

const std::string& nameOf(const record::StoredAlarm& alarm)
{
    return alarm.has_metric() ? alarm.metric().alarm_name() : alarm.composite().alarm_name();
}

const char* typeOf(const record::StoredAlarm& alarm)
{
    return alarm.has_metric() ? "MetricAlarm" : "CompositeAlarm";
}

StateText stateOf(const record::StoredAlarm& alarm)
{
    const auto text = [](const auto& each) {
        return StateText{each.state_value(), each.state_reason(), each.state_reason_data(),
                         cloudwatch::millisOf(each.state_updated_timestamp())};
    };
    if (alarm.has_metric())
        return text(alarm.metric());
    StateText state = text(alarm.composite());
    state.suppressedBy = alarm.composite().actions_suppressed_by();
    return state;
}

} // namespace gantry::observe::alarms
