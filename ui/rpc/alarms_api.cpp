#include "ui/rpc/alarms_api.h"

#include "aws/cloudwatch.pb.h"
#include "gantry/v1/alarms.pb.h"
#include "ui/rpc/call.h"

#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <limits>

namespace gantry::rpc {

namespace {

namespace pb = aws::cloudwatch;

// The ids of an alarm that the console makes with a band.
constexpr const char* kMetricId = "m1";
constexpr const char* kBandId = "band";

QString text(const std::string& utf8)
{
    return QString::fromStdString(utf8);
}

QStringList listOf(const google::protobuf::RepeatedPtrField<std::string>& texts)
{
    QStringList list;
    for (const std::string& each : texts)
        list.append(text(each));
    return list;
}

AlarmState stateOf(const std::string& name)
{
    return name == "OK"      ? AlarmState::Ok
           : name == "ALARM" ? AlarmState::Alarm
                             : AlarmState::InsufficientData;
}

qint64 millisOf(const google::protobuf::Timestamp& time)
{
    return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

AlarmMetric metricOf(const std::string& space, const std::string& name,
                     const google::protobuf::RepeatedPtrField<pb::Dimension>& dimensions)
{
    AlarmMetric metric{text(space), text(name), {}};
    for (const pb::Dimension& dimension : dimensions)
        metric.dimensions.append({text(dimension.name()), text(dimension.value())});
    std::sort(metric.dimensions.begin(), metric.dimensions.end());
    return metric;
}

// What both kinds of alarm have.
template <class Message> Alarm common(const Message& message)
{
    Alarm alarm;
    alarm.state = stateOf(message.state_value());
    alarm.reason = text(message.state_reason());
    alarm.sinceMs = millisOf(message.state_transitioned_timestamp());
    AlarmSettings& settings = alarm.settings;
    settings.name = text(message.alarm_name());
    settings.description = text(message.alarm_description());
    settings.actionsEnabled = message.actions_enabled();
    settings.alarmActions = listOf(message.alarm_actions());
    settings.okActions = listOf(message.ok_actions());
    settings.noDataActions = listOf(message.insufficient_data_actions());
    return alarm;
}

// The deviations of "ANOMALY_DETECTION_BAND(m1, 2)"; 0 for any other expression.
double bandWidthOf(const std::string& expression)
{
    const QString head = QStringLiteral("ANOMALY_DETECTION_BAND(%1,").arg(QLatin1String(kMetricId));
    const QString squeezed = text(expression).remove(QLatin1Char(' '));
    if (!squeezed.startsWith(head) || !squeezed.endsWith(QLatin1Char(')')))
        return 0;
    bool ok = false;
    const double width = squeezed.mid(head.size(), squeezed.size() - head.size() - 1).toDouble(&ok);
    return ok ? width : 0;
}

// An alarm that watches a metric against a band; false for what is more than that.
bool readBand(const pb::MetricAlarm& message, AlarmSettings& settings)
{
    if (message.metrics_size() != 2 || message.threshold_metric_id() != message.metrics(1).id() ||
        message.metrics(0).id() != kMetricId || !message.metrics(0).has_metric_stat())
        return false;
    const pb::MetricStat& stat = message.metrics(0).metric_stat();
    settings.metric = metricOf(stat.metric().namespace_(), stat.metric().metric_name(),
                               stat.metric().dimensions());
    settings.statistic = text(stat.stat());
    settings.periodSeconds = stat.period();
    settings.bandWidth = bandWidthOf(message.metrics(1).expression());
    return settings.bandWidth > 0;
}

Alarm fromProto(const pb::MetricAlarm& message)
{
    Alarm alarm = common(message);
    AlarmSettings& settings = alarm.settings;
    settings.periods = message.evaluation_periods();
    settings.toAlarm = message.has_datapoints_to_alarm() ? message.datapoints_to_alarm()
                                                         : message.evaluation_periods();
    settings.comparison = text(message.comparison_operator());
    settings.threshold = message.threshold();
    settings.missing = message.has_treat_missing_data() ? text(message.treat_missing_data())
                                                        : QStringLiteral("missing");
    if (message.metrics_size() == 0) {
        settings.metric =
            metricOf(message.namespace_(), message.metric_name(), message.dimensions());
        settings.statistic =
            text(message.has_statistic() ? message.statistic() : message.extended_statistic());
        settings.periodSeconds = message.period();
    } else if (!readBand(message, settings)) {
        for (const pb::MetricDataQuery& query : message.metrics()) {
            if (query.id() != message.threshold_metric_id() &&
                (!query.has_return_data() || query.return_data()))
                alarm.expression = text(query.has_expression() ? query.expression() : query.id());
        }
    }
    return alarm;
}

Alarm fromProto(const pb::CompositeAlarm& message)
{
    Alarm alarm = common(message);
    alarm.rule = text(message.alarm_rule());
    return alarm;
}

AlarmsFrame fromProto(const v1::AlarmsFrame& frame)
{
    AlarmsFrame result;
    for (const pb::MetricAlarm& alarm : frame.metric_alarms())
        result.alarms.append(fromProto(alarm));
    for (const pb::CompositeAlarm& alarm : frame.composite_alarms())
        result.alarms.append(fromProto(alarm));
    std::sort(result.alarms.begin(), result.alarms.end(), [](const Alarm& a, const Alarm& b) {
        return a.settings.name < b.settings.name;
    });
    for (const v1::DesktopNotification& each : frame.notifications())
        result.notifications.append(
            {text(each.alarm_name()), stateOf(each.state()), text(each.reason())});
    return result;
}

QList<AlarmHistoryItem> fromProto(const pb::DescribeAlarmHistoryOutput& output)
{
    QList<AlarmHistoryItem> items;
    for (const pb::AlarmHistoryItem& item : output.alarm_history_items())
        items.append({millisOf(item.timestamp()), text(item.history_item_type()),
                      text(item.history_summary()), text(item.history_data())});
    return items;
}

AlarmTest fromProto(const v1::TestAlarmResponse& response)
{
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    AlarmTest test;
    test.fired = response.fired();
    for (const v1::AlarmTransition& transition : response.transitions())
        test.transitions.append({transition.time_ms(), stateOf(transition.state())});
    test.points.reserve(response.points_size());
    for (const v1::AlarmPoint& point : response.points())
        test.points.append({point.time_ms(), point.has_value() ? point.value() : kNone,
                            point.has_lower() ? point.lower() : kNone,
                            point.has_upper() ? point.upper() : kNone});
    return test;
}

QList<AlarmMetric> fromProto(const pb::ListMetricsOutput& output)
{
    QList<AlarmMetric> metrics;
    for (const pb::Metric& metric : output.metrics()) {
        if (metric.namespace_() != "AWS/Lambda" && metric.namespace_() != "Gantry/Lambda")
            metrics.append(metricOf(metric.namespace_(), metric.metric_name(), metric.dimensions()));
    }
    return metrics;
}

void addDimensions(const AlarmMetric& metric,
                   google::protobuf::RepeatedPtrField<pb::Dimension>& dimensions)
{
    for (const auto& [name, value] : metric.dimensions) {
        pb::Dimension& dimension = *dimensions.Add();
        dimension.set_name(name.toStdString());
        dimension.set_value(value.toStdString());
    }
}

void addBand(const AlarmSettings& settings, pb::PutMetricAlarmInput& request)
{
    pb::MetricDataQuery& metric = *request.add_metrics();
    metric.set_id(kMetricId);
    pb::MetricStat& stat = *metric.mutable_metric_stat();
    stat.mutable_metric()->set_namespace_(settings.metric.space.toStdString());
    stat.mutable_metric()->set_metric_name(settings.metric.name.toStdString());
    addDimensions(settings.metric, *stat.mutable_metric()->mutable_dimensions());
    stat.set_stat(settings.statistic.toStdString());
    stat.set_period(settings.periodSeconds);
    pb::MetricDataQuery& band = *request.add_metrics();
    band.set_id(kBandId);
    band.set_expression(QStringLiteral("ANOMALY_DETECTION_BAND(%1, %2)")
                            .arg(QLatin1String(kMetricId))
                            .arg(settings.bandWidth)
                            .toStdString());
    request.set_threshold_metric_id(kBandId);
}

void addThreshold(const AlarmSettings& settings, pb::PutMetricAlarmInput& request)
{
    request.set_namespace_(settings.metric.space.toStdString());
    request.set_metric_name(settings.metric.name.toStdString());
    addDimensions(settings.metric, *request.mutable_dimensions());
    if (settings.statistic.startsWith(QLatin1Char('p')))
        request.set_extended_statistic(settings.statistic.toStdString());
    else
        request.set_statistic(settings.statistic.toStdString());
    request.set_period(settings.periodSeconds);
    request.set_threshold(settings.threshold);
}

pb::PutMetricAlarmInput toProto(const AlarmSettings& settings)
{
    pb::PutMetricAlarmInput request;
    request.set_alarm_name(settings.name.toStdString());
    if (!settings.description.isEmpty())
        request.set_alarm_description(settings.description.toStdString());
    request.set_actions_enabled(settings.actionsEnabled);
    for (const QString& action : settings.alarmActions)
        request.add_alarm_actions(action.toStdString());
    for (const QString& action : settings.okActions)
        request.add_ok_actions(action.toStdString());
    for (const QString& action : settings.noDataActions)
        request.add_insufficient_data_actions(action.toStdString());
    request.set_evaluation_periods(settings.periods);
    request.set_datapoints_to_alarm(settings.toAlarm);
    request.set_comparison_operator(settings.comparison.toStdString());
    request.set_treat_missing_data(settings.missing.toStdString());
    if (settings.bandWidth > 0)
        addBand(settings, request);
    else
        addThreshold(settings, request);
    return request;
}

constexpr auto kConvert = [](const auto& message) { return fromProto(message); };
constexpr auto kNothing = [](const google::protobuf::Empty&) { return Nothing(); };

} // namespace

QString AlarmMetric::dimension(const QString& key) const
{
    for (const auto& [name, value] : dimensions) {
        if (name == key)
            return value;
    }
    return {};
}

std::unique_ptr<Stream> AlarmsApi::watch(std::function<void(AlarmsFrame)> onFrame,
                                         std::function<void(Error)> onEnd)
{
    return stream<v1::AlarmsFrame>(m_channel, v1::WatchAlarmsRequest(), kConvert,
                                   std::move(onFrame), std::move(onEnd));
}

void AlarmsApi::put(const AlarmSettings& settings, QObject* context, Done<Nothing> done)
{
    call<google::protobuf::Empty>(m_channel, toProto(settings), context, kNothing, std::move(done));
}

void AlarmsApi::remove(const QString& name, QObject* context, Done<Nothing> done)
{
    pb::DeleteAlarmsInput request;
    request.add_alarm_names(name.toStdString());
    call<google::protobuf::Empty>(m_channel, request, context, kNothing, std::move(done));
}

void AlarmsApi::setActionsEnabled(const QString& name, bool enabled, QObject* context,
                                  Done<Nothing> done)
{
    const auto send = [&](auto request) {
        request.add_alarm_names(name.toStdString());
        call<google::protobuf::Empty>(m_channel, request, context, kNothing, std::move(done));
    };
    if (enabled)
        send(pb::EnableAlarmActionsInput());
    else
        send(pb::DisableAlarmActionsInput());
}

void AlarmsApi::history(const QString& name, QObject* context, Done<QList<AlarmHistoryItem>> done)
{
    pb::DescribeAlarmHistoryInput request;
    request.set_alarm_name(name.toStdString());
    request.set_max_records(100);
    call<pb::DescribeAlarmHistoryOutput>(m_channel, request, context, kConvert, std::move(done));
}

void AlarmsApi::test(const AlarmSettings& settings, qint64 fromMs, qint64 toMs, QObject* context,
                     Done<AlarmTest> done)
{
    v1::TestAlarmRequest request;
    *request.mutable_alarm() = toProto(settings);
    request.set_from_ms(fromMs);
    request.set_to_ms(toMs);
    call<v1::TestAlarmResponse>(m_channel, request, context, kConvert, std::move(done));
}

void AlarmsApi::listCustomMetrics(QObject* context, Done<QList<AlarmMetric>> done)
{
    call<pb::ListMetricsOutput>(m_channel, pb::ListMetricsInput(), context, kConvert,
                                std::move(done));
}

} // namespace gantry::rpc
