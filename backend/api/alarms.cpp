#include "backend/api/alarms.h"

#include "backend/api/alarm_actions.h"
#include "backend/base/error.h"
#include "backend/observe/cloudwatch/messages.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gantry::api {
namespace {

namespace al = observe::alarms;
namespace cw = observe::cloudwatch;
namespace pb = aws::cloudwatch;
using google::protobuf::Empty;
using google::protobuf::RepeatedPtrField;
using al::Alarms;
using al::Stored;

constexpr std::int64_t kPage = 50; // where the caller does not say

Alarms::Done empty(Reply<Empty> reply)
{
    return [reply = std::move(reply)](const absl::Status& status) {
        status.ok() ? reply(Empty()) : reply(status);
    };
}

std::set<std::string> namesOf(const RepeatedPtrField<std::string>& names)
{
    return {names.begin(), names.end()};
}

absl::Status checkActions(const iam::AccessControl* access, const Call& call,
                          const RepeatedPtrField<std::string>& actions)
{
    for (const std::string& action : actions) {
        if (absl::Status status = checkAlarmAction(action); !status.ok())
            return status;
        if (!access || !call.credential || access->isRoot(*call.credential) ||
            !isFunctionAction(action))
            continue;
        const absl::Status status = access->authorize(
            *call.credential,
            access->describe(*call.credential, "lambda:InvokeFunction", action));
        if (!status.ok())
            return status;
    }
    return absl::OkStatus();
}

template <class Request>
void put(Alarms& alarms, const iam::AccessControl* access, const Call& call, const Request& request,
         const Reply<Empty>& reply)
{
    for (const auto* actions :
         {&request.alarm_actions(), &request.ok_actions(), &request.insufficient_data_actions()}) {
        if (absl::Status status = checkActions(access, call, *actions); !status.ok())
            return reply(status);
    }
    alarms.put(request, empty(reply));
}

absl::StatusOr<std::int64_t> offsetOf(bool has, const std::string& token)
{
    std::int64_t offset = 0;
    if (has && (!absl::SimpleAtoi(token, &offset) || offset < 0))
        return makeError("InvalidNextToken", 400, "The next token is not valid.");
    return offset;
}

bool hasType(const pb::DescribeAlarmsInput& request, const char* type)
{
    // Without the parameter CloudWatch answers metric alarms alone.
    if (request.alarm_types_size() == 0)
        return std::string_view(type) == "MetricAlarm";
    return std::find(request.alarm_types().begin(), request.alarm_types().end(), type) !=
           request.alarm_types().end();
}

template <class Alarm> bool hasAction(const Alarm& alarm, const std::string& prefix)
{
    for (const auto* actions :
         {&alarm.alarm_actions(), &alarm.ok_actions(), &alarm.insufficient_data_actions()}) {
        for (const std::string& action : *actions) {
            if (action.starts_with(prefix))
                return true;
        }
    }
    return false;
}

std::set<std::string> childrenOf(const Stored& alarm)
{
    if (!alarm || !alarm->has_composite())
        return {};
    const auto rule = al::CompositeRule::parse(alarm->composite().alarm_rule());
    return rule.ok() ? rule->children() : std::set<std::string>();
}

bool wanted(const Alarms& alarms, const pb::DescribeAlarmsInput& request, const std::string& name,
            const Stored& alarm)
{
    if (request.has_children_of_alarm_name())
        return childrenOf(alarms.find(al::alarmNameOf(request.children_of_alarm_name())))
            .contains(name);
    if (request.has_parents_of_alarm_name())
        return childrenOf(alarm).contains(al::alarmNameOf(request.parents_of_alarm_name()));
    if (!hasType(request, al::typeOf(*alarm)) || !name.starts_with(request.alarm_name_prefix()))
        return false;
    if (request.alarm_names_size() > 0 &&
        std::find(request.alarm_names().begin(), request.alarm_names().end(), name) ==
            request.alarm_names().end())
        return false;
    if (request.has_state_value() && al::stateOf(*alarm).value != request.state_value())
        return false;
    return !request.has_action_prefix() ||
           (alarm->has_metric() ? hasAction(alarm->metric(), request.action_prefix())
                                : hasAction(alarm->composite(), request.action_prefix()));
}

void describe(const Alarms& alarms, const pb::DescribeAlarmsInput& request,
              const Reply<pb::DescribeAlarmsOutput>& reply)
{
    const auto offset = offsetOf(request.has_next_token(), request.next_token());
    if (!offset.ok())
        return reply(offset.status());
    const std::int64_t most = request.has_max_records() ? request.max_records() : kPage;
    pb::DescribeAlarmsOutput output;
    std::int64_t at = 0;
    for (const auto& [name, alarm] : alarms.all()) {
        if (!wanted(alarms, request, name, alarm) || at++ < *offset)
            continue;
        if (at > *offset + most) {
            output.set_next_token(absl::StrCat(*offset + most));
            break;
        }
        if (alarm->has_metric())
            *output.add_metric_alarms() = alarm->metric();
        else
            *output.add_composite_alarms() = alarm->composite();
    }
    reply(std::move(output));
}

void describeForMetric(const Alarms& alarms, const pb::DescribeAlarmsForMetricInput& request,
                       const Reply<pb::DescribeAlarmsForMetricOutput>& reply)
{
    const cw::Metric metric =
        cw::metricOf(request.namespace_(), request.metric_name(), request.dimensions());
    pb::DescribeAlarmsForMetricOutput output;
    for (const auto& [name, stored] : alarms.all()) {
        if (!stored->has_metric() || !stored->metric().has_metric_name())
            continue;
        const pb::MetricAlarm& alarm = stored->metric();
        if (cw::metricOf(alarm.namespace_(), alarm.metric_name(), alarm.dimensions()) == metric &&
            (!request.has_statistic() || request.statistic() == alarm.statistic()) &&
            (!request.has_extended_statistic() ||
             request.extended_statistic() == alarm.extended_statistic()) &&
            (!request.has_period() || request.period() == alarm.period()) &&
            (!request.has_unit() || request.unit() == alarm.unit()))
            *output.add_metric_alarms() = alarm;
    }
    reply(std::move(output));
}

void describeHistory(Alarms& alarms, const pb::DescribeAlarmHistoryInput& request,
                     Reply<pb::DescribeAlarmHistoryOutput> reply)
{
    const auto offset = offsetOf(request.has_next_token(), request.next_token());
    if (!offset.ok())
        return reply(offset.status());
    al::HistoryQuery query;
    query.alarm = request.alarm_name();
    query.alarmTypes.assign(request.alarm_types().begin(), request.alarm_types().end());
    query.type = request.history_item_type();
    query.fromMs = request.has_start_date() ? cw::millisOf(request.start_date()) : 0;
    query.toMs = request.has_end_date() ? cw::millisOf(request.end_date()) : 0;
    query.oldestFirst = request.scan_by() == "TimestampAscending";
    query.offset = *offset;
    const std::int64_t most = request.has_max_records() ? request.max_records() : kPage;
    query.limit = most + 1; // one more shows that there is another page
    alarms.history(query, [offset = *offset, most, reply = std::move(reply)](
                              const absl::StatusOr<std::vector<al::HistoryItem>>& items) {
        if (!items.ok())
            return reply(items.status());
        pb::DescribeAlarmHistoryOutput output;
        for (const al::HistoryItem& item : *items) {
            if (output.alarm_history_items_size() == most) {
                output.set_next_token(absl::StrCat(offset + most));
                break;
            }
            pb::AlarmHistoryItem& to = *output.add_alarm_history_items();
            to.set_alarm_name(item.alarm);
            to.set_alarm_type(item.alarmType);
            cw::setTime(*to.mutable_timestamp(), item.timeMs);
            to.set_history_item_type(item.type);
            to.set_history_summary(item.summary);
            to.set_history_data(item.data);
        }
        reply(std::move(output));
    });
}

v1::TestAlarmResponse responseOf(const al::Backtest& test)
{
    v1::TestAlarmResponse response;
    for (const al::Transition& transition : test.transitions) {
        v1::AlarmTransition& to = *response.add_transitions();
        to.set_time_ms(transition.timeMs);
        to.set_state(std::string(al::nameOf(transition.to)));
        if (transition.to == al::State::Alarm)
            response.set_fired(response.fired() + 1);
    }
    for (std::size_t i = 0; i < test.values.size(); ++i) {
        v1::AlarmPoint& point = *response.add_points();
        point.set_time_ms(test.grid.startMs + static_cast<std::int64_t>(i) * test.grid.periodMs);
        if (!std::isnan(test.values[i]))
            point.set_value(test.values[i]);
        if (!std::isnan(test.lower[i]))
            point.set_lower(test.lower[i]);
        if (!std::isnan(test.upper[i]))
            point.set_upper(test.upper[i]);
    }
    return response;
}

void registerConsole(OperationTable& table, Alarms& alarms, AlarmFeed& feed)
{
    table.onStream<v1::WatchAlarmsRequest>(
        [&feed](const CallPtr& call, const auto&, StreamPtr sink) {
            feed.watch(call, std::move(sink));
        });
    table.on<v1::TestAlarmRequest, v1::TestAlarmResponse>(
        [&alarms](const CallPtr&, const auto& request, Reply<v1::TestAlarmResponse> reply) {
            alarms.backtest(request.alarm(), request.from_ms(), request.to_ms(),
                            [reply = std::move(reply)](const absl::StatusOr<al::Backtest>& test) {
                                test.ok() ? reply(responseOf(*test)) : reply(test.status());
                            });
        });
}

} // namespace

void registerAlarms(OperationTable& table, Alarms& alarms, AlarmFeed& feed,
                    const iam::AccessControl* access)
{
    table.on<pb::PutMetricAlarmInput, Empty>(
        [&alarms, access](const CallPtr& call, const auto& request, const auto& reply) {
            put(alarms, access, *call, request, reply);
        });
    table.on<pb::PutCompositeAlarmInput, Empty>(
        [&alarms, access](const CallPtr& call, const auto& request, const auto& reply) {
            put(alarms, access, *call, request, reply);
        });
    table.on<pb::DescribeAlarmsInput, pb::DescribeAlarmsOutput>(
        [&alarms](const CallPtr&, const auto& request, const auto& reply) {
            describe(alarms, request, reply);
        });
    table.on<pb::DescribeAlarmsForMetricInput, pb::DescribeAlarmsForMetricOutput>(
        [&alarms](const CallPtr&, const auto& request, const auto& reply) {
            describeForMetric(alarms, request, reply);
        });
    table.on<pb::DescribeAlarmHistoryInput, pb::DescribeAlarmHistoryOutput>(
        [&alarms](const CallPtr&, const auto& request, auto reply) {
            describeHistory(alarms, request, std::move(reply));
        });
    table.on<pb::SetAlarmStateInput, Empty>(
        [&alarms](const CallPtr&, const auto& request, auto reply) {
            alarms.setState(request, empty(std::move(reply)));
        });
    table.on<pb::DeleteAlarmsInput, Empty>(
        [&alarms](const CallPtr&, const auto& request, auto reply) {
            alarms.remove(namesOf(request.alarm_names()), empty(std::move(reply)));
        });
    table.on<pb::EnableAlarmActionsInput, Empty>(
        [&alarms](const CallPtr&, const auto& request, auto reply) {
            alarms.enableActions(namesOf(request.alarm_names()), true, empty(std::move(reply)));
        });
    table.on<pb::DisableAlarmActionsInput, Empty>(
        [&alarms](const CallPtr&, const auto& request, auto reply) {
            alarms.enableActions(namesOf(request.alarm_names()), false, empty(std::move(reply)));
        });
    registerConsole(table, alarms, feed);
}

} // namespace gantry::api
