#include "backend/observe/alarms/alarm_check.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/cloudwatch/messages.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>

namespace gantry::observe::alarms {

namespace cw = cloudwatch;
namespace pb = aws::cloudwatch;

namespace {

constexpr int kDay = 86'400;
constexpr int kMostQueries = 20;
constexpr std::string_view kOwnId = "m"; // of the one query of an alarm on a metric

absl::Status wrong(std::string message)
{
    return validationError(std::move(message));
}

absl::Status badCombination(std::string message)
{
    return makeError("InvalidParameterCombinationException", 400, std::move(message));
}

bool isPeriod(int seconds)
{
    return seconds == 10 || seconds == 20 || seconds == 30 || (seconds > 0 && seconds % 60 == 0);
}

bool returnsData(const pb::MetricDataQuery& query)
{
    return !query.has_return_data() || query.return_data();
}

// The period that the queries share; 0 when they do not.
int sharedPeriod(const google::protobuf::RepeatedPtrField<pb::MetricDataQuery>& queries)
{
    int period = 0;
    for (const pb::MetricDataQuery& query : queries) {
        const int own = query.has_metric_stat() ? query.metric_stat().period() : query.period();
        if (own != 0 && period != 0 && own != period)
            return 0;
        period = own != 0 ? own : period;
    }
    return period;
}

absl::Status checkStatistic(const pb::PutMetricAlarmInput& request)
{
    if (request.has_statistic() == request.has_extended_statistic())
        return badCombination("An alarm on a metric needs one of Statistic and ExtendedStatistic.");
    const auto statistic = cw::Statistic::parse(
        request.has_statistic() ? request.statistic() : request.extended_statistic());
    return statistic.status();
}

absl::Status checkMetric(const pb::PutMetricAlarmInput& request)
{
    if (!request.has_namespace_() || !request.has_period())
        return badCombination("An alarm on a metric needs Namespace and Period.");
    return checkStatistic(request);
}

absl::Status checkQueries(const pb::PutMetricAlarmInput& request)
{
    if (request.has_namespace_() || request.has_statistic() || request.has_extended_statistic() ||
        request.has_period() || request.dimensions_size() > 0 || request.has_unit())
        return badCombination("Metrics takes the place of MetricName, Namespace, Dimensions, Period, "
                              "Unit, Statistic and ExtendedStatistic.");
    if (request.metrics_size() > kMostQueries)
        return wrong("An alarm may have 20 queries at most.");
    const auto queries = cw::dataQueriesOf(request.metrics());
    if (!queries.ok())
        return queries.status();
    for (const cw::DataQuery& query : *queries) {
        if (!query.metric)
            continue;
        if (const auto statistic = cw::Statistic::parse(query.statistic); !statistic.ok())
            return statistic.status();
    }
    int watched = 0;
    int bands = 0;
    for (const pb::MetricDataQuery& query : request.metrics()) {
        if (query.id() == request.threshold_metric_id())
            bands += query.has_expression() ? 1 : 0;
        else
            watched += returnsData(query) ? 1 : 0;
    }
    if (watched != 1)
        return wrong("Exactly one of Metrics must return data: the one that the alarm watches.");
    if (request.has_threshold_metric_id() && bands != 1)
        return wrong("ThresholdMetricId must be the id of the expression that makes the band.");
    if (sharedPeriod(request.metrics()) == 0)
        return wrong("Every metric of an alarm must have the same period.");
    return absl::OkStatus();
}

absl::Status checkThreshold(const pb::PutMetricAlarmInput& request)
{
    const auto comparison = comparisonNamed(request.comparison_operator());
    if (!comparison)
        return wrong("ComparisonOperator is required.");
    const bool band = usesBand(*comparison);
    if (band != request.has_threshold_metric_id() || band == request.has_threshold())
        return badCombination(band ? "A band needs ThresholdMetricId and no Threshold."
                                   : "This ComparisonOperator needs Threshold and no "
                                     "ThresholdMetricId.");
    if (!band && !std::isfinite(request.threshold()))
        return wrong("Threshold must be a number.");
    return absl::OkStatus();
}

absl::Status checkPeriods(const pb::PutMetricAlarmInput& request)
{
    if (!request.has_evaluation_periods())
        return wrong("EvaluationPeriods is required.");
    if (request.has_datapoints_to_alarm() &&
        request.datapoints_to_alarm() > request.evaluation_periods())
        return wrong("DatapointsToAlarm must not exceed EvaluationPeriods.");
    const int period =
        request.has_metric_name() ? request.period() : sharedPeriod(request.metrics());
    if (!isPeriod(period))
        return wrong("Period must be 10, 20, 30 or a multiple of 60 seconds.");
    const std::int64_t longest = period >= 3'600 ? 7 * kDay : kDay;
    if (std::int64_t{period} * request.evaluation_periods() > longest)
        return wrong("The periods together must not exceed a day; a week where one is an hour or more.");
    return absl::OkStatus();
}

absl::Status checkSettings(const pb::PutMetricAlarmInput& request)
{
    if (request.has_treat_missing_data() && !missingNamed(request.treat_missing_data()))
        return wrong("TreatMissingData must be breaching, notBreaching, ignore or missing.");
    const std::string& low = request.evaluate_low_sample_count_percentile();
    if (!low.empty() && low != "evaluate" && low != "ignore")
        return wrong("EvaluateLowSampleCountPercentile must be evaluate or ignore.");
    return absl::OkStatus();
}

// "Percentile-based alarms and low data samples": 10/(1-p) values for an upper percentile, 10/p for a
// lower one.
double fewSamplesOf(const pb::MetricAlarm& alarm)
{
    double percent = 0;
    const std::string& statistic = alarm.extended_statistic();
    if (alarm.evaluate_low_sample_count_percentile() != "ignore" || statistic.empty() ||
        !absl::SimpleAtod(view(std::string_view(statistic).substr(1)), &percent))
        return 0;
    const double p = percent / 100;
    const double rarer = p >= 0.5 ? 1 - p : p;
    return rarer > 0 ? 10 / rarer - 1e-6 : 0; // 1 - 0.9 is not quite 0.1
}

} // namespace

absl::Status checkAlarmName(const std::string& name)
{
    // An ARN is also how a name is given elsewhere: they must not be taken for each other.
    if (name.starts_with("arn:") || name.find("alarm:") != std::string::npos)
        return wrong("The name of an alarm must not look like an ARN.");
    if (std::any_of(name.begin(), name.end(),
                    [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return wrong("The name of an alarm must not have control characters.");
    return absl::OkStatus();
}

absl::Status checkAlarm(const pb::PutMetricAlarmInput& request)
{
    if (request.has_metric_name() == (request.metrics_size() > 0))
        return badCombination("An alarm needs either MetricName or Metrics.");
    absl::Status status = checkAlarmName(request.alarm_name());
    const auto also = [&status](const auto& check, const auto& value) {
        if (status.ok())
            status = check(value);
    };
    also(request.has_metric_name() ? checkMetric : checkQueries, request);
    also(checkThreshold, request);
    also(checkPeriods, request);
    also(checkSettings, request);
    return status;
}

pb::MetricAlarm configurationOf(const pb::PutMetricAlarmInput& request)
{
    // The members of the two have the same names; what only one of them has is left.
    pb::MetricAlarm alarm;
    const auto* from = request.GetReflection();
    const auto* to = alarm.GetReflection();
    for (int i = 0; i < request.GetDescriptor()->field_count(); ++i) {
        const auto* source = request.GetDescriptor()->field(i);
        const auto* target = alarm.GetDescriptor()->FindFieldByName(source->name());
        if (!target)
            continue;
        if (source->is_repeated()) {
            for (int k = 0; k < from->FieldSize(request, source); ++k) {
                if (source->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE)
                    to->AddMessage(&alarm, target)
                        ->CopyFrom(from->GetRepeatedMessage(request, source, k));
                else
                    to->AddString(&alarm, target, from->GetRepeatedString(request, source, k));
            }
            continue;
        }
        if (!from->HasField(request, source))
            continue;
        switch (source->cpp_type()) {
        case google::protobuf::FieldDescriptor::CPPTYPE_STRING:
            to->SetString(&alarm, target, from->GetString(request, source));
            break;
        case google::protobuf::FieldDescriptor::CPPTYPE_INT32:
            to->SetInt32(&alarm, target, from->GetInt32(request, source));
            break;
        case google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE:
            to->SetDouble(&alarm, target, from->GetDouble(request, source));
            break;
        case google::protobuf::FieldDescriptor::CPPTYPE_BOOL:
            to->SetBool(&alarm, target, from->GetBool(request, source));
            break;
        default:
            break;
        }
    }
    if (!alarm.has_actions_enabled())
        alarm.set_actions_enabled(true);
    return alarm;
}

int periodOf(const pb::MetricAlarm& alarm)
{
    return std::max(1, alarm.metrics_size() == 0 ? alarm.period() : sharedPeriod(alarm.metrics()));
}

AlarmSpec specOf(const pb::MetricAlarm& alarm)
{
    AlarmSpec spec;
    spec.comparison = comparisonNamed(alarm.comparison_operator()).value_or(Comparison::Greater);
    spec.threshold = alarm.threshold();
    spec.band = alarm.threshold_metric_id();
    spec.rule.periods = static_cast<std::size_t>(std::max(1, alarm.evaluation_periods()));
    spec.rule.toAlarm = alarm.has_datapoints_to_alarm()
                            ? static_cast<std::size_t>(std::max(1, alarm.datapoints_to_alarm()))
                            : spec.rule.periods;
    spec.rule.missing = missingNamed(alarm.treat_missing_data()).value_or(Missing::Missing);
    spec.periodSeconds = periodOf(alarm);
    spec.fewSamples = fewSamplesOf(alarm);
    if (alarm.metrics_size() == 0) {
        spec.watched = kOwnId;
        spec.queries.push_back(
            {spec.watched, cw::metricOf(alarm.namespace_(), alarm.metric_name(), alarm.dimensions()),
             alarm.has_statistic() ? alarm.statistic() : alarm.extended_statistic(), alarm.period(),
             {}});
        return spec;
    }
    if (auto queries = cw::dataQueriesOf(alarm.metrics()); queries.ok())
        spec.queries = *std::move(queries);
    for (const pb::MetricDataQuery& query : alarm.metrics()) {
        if (query.id() != spec.band && returnsData(query))
            spec.watched = query.id();
    }
    return spec;
}

} // namespace gantry::observe::alarms
