#include "backend/api/cloudwatch.h"

#include "backend/api/metric_data.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/cloudwatch/platform_metrics.h"
#include "backend/observe/recorder.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace gantry::api {
namespace {

namespace cw = observe::cloudwatch;
namespace pb = aws::cloudwatch;
using cw::metricOf;
using cw::millisOf;
using cw::setTime;
using google::protobuf::Empty;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kPage = 500; // of ListMetrics
constexpr std::size_t kMostDatapoints = 1'440;
constexpr int kMostData = 1'000;

absl::Status invalid(std::string message)
{
    return makeError("InvalidParameterValueException", 400, std::move(message));
}

// What CloudWatch takes: values within 2^360, counts that are numbers of things.
bool isSane(const pb::MetricDatum& datum)
{
    const auto value = [](double each) { return std::isfinite(each) && std::abs(each) <= 0x1p360; };
    const auto count = [](double each) { return each >= 0 && each <= 1e15; };
    const pb::StatisticSet& set = datum.statistic_values();
    return value(datum.value()) && value(set.sum()) && value(set.minimum()) &&
           value(set.maximum()) && count(set.sample_count()) &&
           std::all_of(datum.values().begin(), datum.values().end(), value) &&
           std::all_of(datum.counts().begin(), datum.counts().end(), count);
}

absl::Status fill(cw::Statistics& statistics, const pb::MetricDatum& datum)
{
    if (!isSane(datum))
        return invalid(absl::StrCat("A value or a count of ", datum.metric_name(),
                                    " is not a number within CloudWatch's limits."));
    const int kinds = (datum.has_value() ? 1 : 0) + (datum.has_statistic_values() ? 1 : 0) +
                      (datum.values_size() > 0 ? 1 : 0);
    if (kinds != 1)
        return makeError("InvalidParameterCombinationException", 400,
                         absl::StrCat("The metric ", datum.metric_name(),
                                      " needs one of Value, Values and StatisticValues."));
    if (datum.has_value())
        statistics.add(datum.value());
    if (datum.has_statistic_values()) {
        const pb::StatisticSet& set = datum.statistic_values();
        statistics.addSet(set.sample_count(), set.sum(), set.minimum(), set.maximum());
    }
    if (datum.counts_size() > 0 && datum.counts_size() != datum.values_size())
        return invalid("Values and Counts must be of the same length.");
    for (int i = 0; i < datum.values_size(); ++i)
        statistics.add(datum.values(i), datum.counts_size() > 0
                                            ? static_cast<std::int64_t>(datum.counts(i))
                                            : 1);
    return absl::OkStatus();
}

// All of a request is taken, or none.
void put(observe::Recorder& recorder, const pb::PutMetricDataInput& request,
         const Reply<Empty>& reply)
{
    if (request.namespace_().starts_with("AWS/") || request.namespace_() == cw::kGantry)
        return reply(invalid(absl::StrCat("The namespace ", request.namespace_(),
                                          " belongs to the platform.")));
    if (request.metric_data_size() > kMostData)
        return reply(invalid("A request may have 1,000 metrics at most."));
    const std::int64_t now = recorder.clock().unixMillis();
    std::vector<cw::Datum> data;
    for (const pb::MetricDatum& from : request.metric_data()) {
        cw::Datum datum;
        datum.metric = metricOf(request.namespace_(), from.metric_name(), from.dimensions());
        datum.timeMs = from.has_timestamp() ? millisOf(from.timestamp()) : now;
        datum.unit = from.unit();
        datum.fine = from.storage_resolution() == 1;
        if (datum.timeMs < now - 14 * kDayMs || datum.timeMs > now + 2 * 3'600'000)
            return reply(invalid(absl::StrCat("The parameter Timestamp of ", from.metric_name(),
                                              " must be within two weeks before and two hours "
                                              "after now.")));
        if (absl::Status status = fill(datum.statistics, from); !status.ok())
            return reply(status);
        data.push_back(std::move(datum));
    }
    for (cw::Datum& datum : data)
        recorder.custom().put(std::move(datum));
    reply(Empty());
}

void addDatapoint(pb::GetMetricStatisticsOutput& output,
                  const pb::GetMetricStatisticsInput& request, const cw::Statistics& statistics,
                  std::int64_t timeMs, const std::string& unit)
{
    pb::Datapoint& point = *output.add_datapoints();
    setTime(*point.mutable_timestamp(), timeMs);
    point.set_unit(unit);
    const auto valueOf = [&statistics](const std::string& name) {
        const auto statistic = cw::Statistic::parse(name);
        return statistic.ok() ? statistic->of(statistics) : std::nullopt;
    };
    for (const std::string& name : request.statistics()) {
        const double value = valueOf(name).value_or(0);
        if (name == "SampleCount")
            point.set_sample_count(value);
        else if (name == "Average")
            point.set_average(value);
        else if (name == "Sum")
            point.set_sum(value);
        else if (name == "Minimum")
            point.set_minimum(value);
        else
            point.set_maximum(value);
    }
    for (const std::string& name : request.extended_statistics()) {
        if (const auto value = valueOf(name))
            (*point.mutable_extended_statistics())[name] = *value;
    }
}

void getStatistics(const cw::MetricReader& read, const pb::GetMetricStatisticsInput& request,
                   Reply<pb::GetMetricStatisticsOutput> reply)
{
    if (request.statistics_size() + request.extended_statistics_size() == 0)
        return reply(makeError("InvalidParameterCombinationException", 400,
                               "At least one of Statistics and ExtendedStatistics is required."));
    for (const std::string& name : request.extended_statistics()) {
        if (const auto statistic = cw::Statistic::parse(name); !statistic.ok())
            return reply(statistic.status());
    }
    const auto grid = gridOf(request.start_time(), request.end_time(), request.period());
    if (!grid.ok())
        return reply(invalid(std::string(view(grid.status().message()))));
    if (grid->bins > kMostDatapoints)
        return reply(makeError("InvalidParameterCombinationException", 400,
                               absl::StrCat("You have requested up to ", grid->bins,
                                            " datapoints, which exceeds the limit of 1,440.")));
    const cw::Metric metric =
        metricOf(request.namespace_(), request.metric_name(), request.dimensions());
    const std::string unit = request.has_unit() ? request.unit() : cw::unitOf(metric);
    read(metric, *grid,
               [request, grid = *grid, unit, reply = std::move(reply)](
                   absl::StatusOr<std::vector<cw::Statistics>> bins) {
                   if (!bins.ok())
                       return reply(bins.status());
                   pb::GetMetricStatisticsOutput output;
                   output.set_label(request.metric_name());
                   for (std::size_t i = 0; i < bins->size(); ++i) {
                       if (!(*bins)[i].empty())
                           addDatapoint(output, request, (*bins)[i],
                                        grid.startMs + static_cast<std::int64_t>(i) * grid.periodMs,
                                        unit);
                   }
                   reply(std::move(output));
               });
}

bool wanted(const cw::Metric& metric, const cw::MetricQuery& query)
{
    if ((!query.space.empty() && metric.space != query.space) ||
        (!query.name.empty() && metric.name != query.name))
        return false;
    return std::all_of(query.dimensions.begin(), query.dimensions.end(), [&](const auto& wanted) {
        return std::any_of(metric.dimensions.begin(), metric.dimensions.end(),
                           [&](const auto& each) {
                               return each.first == wanted.first &&
                                      (wanted.second.empty() || each.second == wanted.second);
                           });
    });
}

void addPage(const std::vector<cw::Metric>& metrics, std::size_t offset,
             pb::ListMetricsOutput& output)
{
    for (std::size_t i = offset; i < metrics.size(); ++i) {
        if (i == offset + kPage) {
            output.set_next_token(absl::StrCat(i));
            break;
        }
        pb::Metric& to = *output.add_metrics();
        to.set_namespace_(metrics[i].space);
        to.set_metric_name(metrics[i].name);
        for (const auto& [name, value] : metrics[i].dimensions) {
            pb::Dimension& dimension = *to.add_dimensions();
            dimension.set_name(name);
            dimension.set_value(value);
        }
    }
}

void list(observe::Recorder& recorder, const std::vector<cw::Metric>& derived,
          const pb::ListMetricsInput& request,
          Reply<pb::ListMetricsOutput> reply)
{
    std::size_t offset = 0;
    if (request.has_next_token() && !absl::SimpleAtoi(request.next_token(), &offset))
        return reply(makeError("InvalidNextToken", 400, "The next token is not valid."));
    cw::MetricQuery query;
    query.space = request.namespace_();
    query.name = request.metric_name();
    for (const pb::DimensionFilter& filter : request.dimensions())
        query.dimensions.emplace_back(filter.name(), filter.value());
    if (request.has_recently_active())
        query.sinceMs = recorder.clock().unixMillis() - 3 * 3'600'000;
    std::vector<cw::Metric> first;
    std::copy_if(derived.begin(), derived.end(), std::back_inserter(first),
                 [&query](const cw::Metric& metric) { return wanted(metric, query); });
    recorder.listSeries([&recorder, query, offset, own = std::move(first), reply = std::move(reply)](
                               absl::StatusOr<std::vector<std::string>> series) mutable {
        if (!series.ok())
            return reply(series.status());
        series->insert(series->begin(), std::string()); // the account
        for (const std::string& name : *series) {
            for (cw::Metric& metric : cw::metricsOf(name)) {
                if (wanted(metric, query))
                    own.push_back(std::move(metric));
            }
        }
        recorder.custom().list(query, [own = std::move(own), offset,
                                       reply](absl::StatusOr<std::vector<cw::Metric>> custom) {
            if (!custom.ok())
                return reply(custom.status());
            std::vector<cw::Metric> all = own;
            all.insert(all.end(), custom->begin(), custom->end());
            pb::ListMetricsOutput output;
            addPage(all, offset, output);
            reply(std::move(output));
        });
    });
}

} // namespace

void registerCloudWatch(OperationTable& table, observe::Recorder& recorder, cw::MetricData& data,
                        const MetricSource& source)
{
    table.on<pb::PutMetricDataInput, Empty>(
        [&recorder](CallPtr, const auto& request, const auto& reply) {
            put(recorder, request, reply);
        });
    table.on<pb::GetMetricDataInput, pb::GetMetricDataOutput>(
        [&data](CallPtr, const auto& request, Reply<pb::GetMetricDataOutput> reply) {
            getMetricData(data, request, std::move(reply));
        });
    table.on<pb::GetMetricStatisticsInput, pb::GetMetricStatisticsOutput>(
        [read = source.read](CallPtr, const auto& request, Reply<pb::GetMetricStatisticsOutput> reply) {
            getStatistics(read, request, std::move(reply));
        });
    table.on<pb::ListMetricsInput, pb::ListMetricsOutput>(
        [&recorder, derived = source.derived](CallPtr, const auto& request,
                                              Reply<pb::ListMetricsOutput> reply) {
            list(recorder, derived(), request, std::move(reply));
        });
}

} // namespace gantry::api
