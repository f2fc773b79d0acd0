#include "backend/observe/slo/indicator.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::observe::slo {
namespace {

namespace pb = aws::applicationsignals;
namespace cw = cloudwatch;
using Queries = google::protobuf::RepeatedPtrField<pb::MetricDataQuery>;

constexpr int kPeriodSeconds = 60;

std::string valueOf(const google::protobuf::Map<std::string, std::string>& keys, const char* key)
{
    const auto found = keys.find(key);
    return found == keys.end() ? std::string() : found->second;
}

// One that reads a statistic of a function's metric.
void addMetric(Queries& queries, const char* id, const std::string& function, const char* name,
               const std::string& statistic, int period, bool result)
{
    pb::MetricDataQuery& query = *queries.Add();
    query.set_id(id);
    query.set_return_data(result);
    pb::MetricStat& stat = *query.mutable_metric_stat();
    stat.set_period(period);
    stat.set_stat(statistic);
    stat.mutable_metric()->set_namespace_("AWS/Lambda");
    stat.mutable_metric()->set_metric_name(name);
    pb::Dimension& dimension = *stat.mutable_metric()->add_dimensions();
    dimension.set_name("FunctionName");
    dimension.set_value(function);
}

// What is the same in all kinds of configurations.
template <class Config> absl::Status checkSupported(const Config& config)
{
    const char* unknown = config.has_dependency_config()      ? "DependencyConfig"
                          : config.has_composite_sli_config() ? "CompositeSliConfig"
                          : config.has_metric_source()        ? "MetricSource"
                                                              : nullptr;
    if (unknown)
        return validationError(absl::StrCat(unknown, " is not supported by Gantry: an objective is about a "
                                                     "function, or about metrics by MetricDataQueries."));
    return absl::OkStatus();
}

template <class Config>
absl::StatusOr<std::string> checkFunction(const Config& config, const IsFunction& isFunction)
{
    const std::string function = functionOf(config.key_attributes());
    if (function.empty())
        return validationError("KeyAttributes must name a function: Type is Service, Name is its name, "
                               "Environment is lambda:default.");
    if (!isFunction(function))
        return validationError(absl::StrCat("There is no function ", function, "."));
    const std::string& operation = config.operation_name();
    if (!operation.empty() && operation != "FunctionHandler" &&
        operation != function + "/FunctionHandler")
        return validationError(absl::StrCat("A function has one operation: ", function, "/FunctionHandler."));
    if (!config.has_metric_type())
        return validationError("MetricType must be LATENCY or AVAILABILITY.");
    return function;
}

absl::Status checkCondition(bool hasThreshold, bool hasOperator)
{
    if (!hasThreshold || !hasOperator)
        return validationError("MetricThreshold and ComparisonOperator are required.");
    return absl::OkStatus();
}

// The part of the latencies that meets the condition.
std::string countStatistic(double threshold, const std::string& comparison)
{
    return comparison.starts_with("Less") ? absl::StrCat("TC(:", threshold, ")")
                                          : absl::StrCat("TC(", threshold, ":)");
}

absl::Status checkQueries(const Queries& queries)
{
    const auto query = queryOf(queries);
    return query.ok() ? absl::OkStatus() : query.status();
}

} // namespace

google::protobuf::Map<std::string, std::string> keyAttributesOf(const std::string& function)
{
    google::protobuf::Map<std::string, std::string> keys;
    keys["Type"] = "Service";
    keys["Name"] = function;
    keys["Environment"] = kEnvironment;
    return keys;
}

std::string functionOf(const google::protobuf::Map<std::string, std::string>& keys)
{
    const std::string type = valueOf(keys, "Type");
    if (type == "Service") {
        const std::string environment = valueOf(keys, "Environment");
        return environment.empty() || environment == kEnvironment ? valueOf(keys, "Name") : std::string();
    }
    if ((type != "Resource" && type != "AWS::Resource") ||
        valueOf(keys, "ResourceType") != "AWS::Lambda::Function")
        return {};
    const std::string identifier = valueOf(keys, "Identifier");
    return identifier.substr(identifier.rfind(':') + 1); // of an ARN, or the name itself
}

std::string functionOf(const pb::ServiceLevelObjective& slo)
{
    return slo.has_request_based_sli()
               ? functionOf(slo.request_based_sli().request_based_sli_metric().key_attributes())
               : functionOf(slo.sli().sli_metric().key_attributes());
}

absl::Status resolve(const pb::ServiceLevelIndicatorConfig& config, const IsFunction& isFunction,
                     pb::ServiceLevelObjective& slo)
{
    const pb::ServiceLevelIndicatorMetricConfig& from = config.sli_metric_config();
    absl::Status status = checkSupported(from);
    status.Update(checkCondition(config.has_metric_threshold(), config.has_comparison_operator()));
    if (!status.ok())
        return status;
    const int period = from.has_period_seconds() ? from.period_seconds() : kPeriodSeconds;
    if (period % 60 != 0)
        return validationError("PeriodSeconds must be a multiple of 60.");
    pb::ServiceLevelIndicator& sli = *slo.mutable_sli();
    sli.Clear();
    sli.set_metric_threshold(config.metric_threshold());
    sli.set_comparison_operator(config.comparison_operator());
    pb::ServiceLevelIndicatorMetric& metric = *sli.mutable_sli_metric();
    slo.set_evaluation_type("PeriodBased");
    if (from.metric_data_queries_size() > 0) {
        slo.set_metric_source_type("CloudWatchMetric");
        *metric.mutable_metric_data_queries() = from.metric_data_queries();
        return checkQueries(from.metric_data_queries());
    }
    const auto function = checkFunction(from, isFunction);
    if (!function.ok())
        return function.status();
    slo.set_metric_source_type("ServiceOperation");
    *metric.mutable_key_attributes() = keyAttributesOf(*function);
    metric.set_operation_name(*function + "/FunctionHandler");
    metric.set_metric_type(from.metric_type());
    Queries& queries = *metric.mutable_metric_data_queries();
    if (from.metric_type() == "LATENCY") {
        addMetric(queries, "latency", *function, "Duration",
                  from.has_statistic() ? from.statistic() : "p99", period, true);
    } else {
        addMetric(queries, "requests", *function, "Invocations", "Sum", period, false);
        addMetric(queries, "faults", *function, "Errors", "Sum", period, false);
        pb::MetricDataQuery& share = *queries.Add();
        share.set_id("availability");
        share.set_expression("(requests - faults) * 100 / requests");
        share.set_return_data(true);
    }
    return checkQueries(queries);
}

absl::Status resolve(const pb::RequestBasedServiceLevelIndicatorConfig& config,
                     const IsFunction& isFunction, pb::ServiceLevelObjective& slo)
{
    const pb::RequestBasedServiceLevelIndicatorMetricConfig& from =
        config.request_based_sli_metric_config();
    if (absl::Status status = checkSupported(from); !status.ok())
        return status;
    pb::RequestBasedServiceLevelIndicator& sli = *slo.mutable_request_based_sli();
    sli.Clear();
    pb::RequestBasedServiceLevelIndicatorMetric& metric = *sli.mutable_request_based_sli_metric();
    auto& total = *metric.mutable_total_request_count_metric();
    pb::MonitoredRequestCountMetricDataQueries& monitored =
        *metric.mutable_monitored_request_count_metric();
    slo.set_evaluation_type("RequestBased");
    if (from.total_request_count_metric_size() > 0) {
        slo.set_metric_source_type("CloudWatchMetric");
        total = from.total_request_count_metric();
        monitored = from.monitored_request_count_metric();
        if ((monitored.good_count_metric_size() > 0) == (monitored.bad_count_metric_size() > 0))
            return validationError("MonitoredRequestCountMetric needs one of GoodCountMetric and BadCountMetric.");
        absl::Status status = checkQueries(total);
        status.Update(checkQueries(monitored.good_count_metric_size() > 0
                                       ? monitored.good_count_metric()
                                       : monitored.bad_count_metric()));
        return status;
    }
    const auto function = checkFunction(from, isFunction);
    if (!function.ok())
        return function.status();
    slo.set_metric_source_type("ServiceOperation");
    *metric.mutable_key_attributes() = keyAttributesOf(*function);
    metric.set_operation_name(*function + "/FunctionHandler");
    metric.set_metric_type(from.metric_type());
    addMetric(total, "requests", *function, "Invocations", "Sum", kPeriodSeconds, true);
    if (from.metric_type() == "AVAILABILITY") {
        addMetric(*monitored.mutable_bad_count_metric(), "faults", *function, "Errors", "Sum",
                  kPeriodSeconds, true);
        return absl::OkStatus();
    }
    absl::Status status =
        checkCondition(config.has_metric_threshold(), config.has_comparison_operator());
    if (!status.ok())
        return status;
    sli.set_metric_threshold(config.metric_threshold());
    sli.set_comparison_operator(config.comparison_operator());
    addMetric(*monitored.mutable_good_count_metric(), "good", *function, "Duration",
              countStatistic(config.metric_threshold(), config.comparison_operator()),
              kPeriodSeconds, true);
    return checkQueries(monitored.good_count_metric());
}

absl::StatusOr<Query> queryOf(const Queries& from)
{
    Query made;
    for (const pb::MetricDataQuery& each : from) {
        cw::DataQuery query;
        query.id = each.id();
        if (each.has_metric_stat() == each.has_expression())
            return validationError(absl::StrCat("The query ", each.id(), " needs one of MetricStat and Expression."));
        query.expression = each.expression();
        if (each.has_metric_stat()) {
            const pb::Metric& metric = each.metric_stat().metric();
            if (metric.namespace_() == kNamespace)
                return validationError("An objective cannot be about burn rates.");
            cw::Metric& to = query.metric.emplace();
            to.space = metric.namespace_();
            to.name = metric.metric_name();
            for (const pb::Dimension& dimension : metric.dimensions())
                to.dimensions.emplace_back(dimension.name(), dimension.value());
            to.sortDimensions();
            query.statistic = each.metric_stat().stat();
            query.periodSeconds = each.metric_stat().period();
            if (const auto statistic = cw::Statistic::parse(query.statistic); !statistic.ok())
                return validationError(awsErrorOf(statistic.status()).message);
        }
        if (!each.has_return_data() || each.return_data()) {
            if (!made.result.empty())
                return validationError("Exactly one query may have ReturnData true.");
            made.result = each.id();
        }
        made.queries.push_back(std::move(query));
    }
    if (made.result.empty())
        return validationError("One query must have ReturnData true.");
    return made;
}

std::int64_t periodMsOf(const pb::ServiceLevelObjective& slo)
{
    if (slo.has_request_based_sli())
        return 0;
    for (const pb::MetricDataQuery& query : slo.sli().sli_metric().metric_data_queries()) {
        if (query.has_metric_stat())
            return std::int64_t{(std::clamp(query.metric_stat().period(), 1, 3'600) + 59) / 60} * 60'000;
    }
    return std::int64_t{kPeriodSeconds} * 1'000;
}

bool isGood(const pb::ServiceLevelIndicator& indicator, double value)
{
    const std::string& comparison = indicator.comparison_operator();
    const double threshold = indicator.metric_threshold();
    if (comparison == "GreaterThanOrEqualTo")
        return value >= threshold;
    if (comparison == "GreaterThan")
        return value > threshold;
    return comparison == "LessThan" ? value < threshold : value <= threshold;
}

} // namespace gantry::observe::slo
