#include "backend/api/metric_data.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/str_cat.h>

#include <cmath>
#include <map>
#include <memory>
#include <utility>

namespace gantry::api {

namespace cw = observe::cloudwatch;
namespace pb = aws::cloudwatch;
using cw::millisOf;
using cw::setTime;

namespace {

constexpr std::int64_t kMostBins = 100'800;
constexpr std::size_t kMostBinsOfAll = 1'000'000;

absl::Status invalid(std::string message)
{
    return makeError("ValidationError", 400, std::move(message));
}

std::string labelOf(const pb::MetricDataQuery& query)
{
    return query.has_label()         ? query.label()
           : query.has_metric_stat() ? query.metric_stat().metric().metric_name()
                                     : query.id();
}

void add(const pb::GetMetricDataInput& request, const pb::MetricDataQuery& query,
         const cw::DataSeries& series, pb::GetMetricDataOutput& output)
{
    pb::MetricDataResult& result = *output.add_metric_data_results();
    result.set_id(query.id());
    result.set_label(labelOf(query));
    result.set_status_code("Complete");
    const bool ascending = request.scan_by() == "TimestampAscending";
    for (std::size_t i = 0; i < series.values.size(); ++i) {
        const std::size_t bin = ascending ? i : series.values.size() - 1 - i;
        if (std::isnan(series.values[bin]))
            continue;
        setTime(*result.add_timestamps(),
                series.grid.startMs + static_cast<std::int64_t>(bin) * series.grid.periodMs);
        result.add_values(series.values[bin]);
    }
}

pb::GetMetricDataOutput outputOf(const pb::GetMetricDataInput& request,
                                 const std::vector<cw::DataSeries>& all)
{
    std::map<std::string, const pb::MetricDataQuery*> shown;
    for (const pb::MetricDataQuery& query : request.metric_data_queries()) {
        if (!query.has_return_data() || query.return_data())
            shown.emplace(query.id(), &query);
    }
    pb::GetMetricDataOutput output;
    for (const cw::DataSeries& series : all) {
        if (const auto query = shown.find(series.id); query != shown.end())
            add(request, *query->second, series, output);
    }
    return output;
}

} // namespace

absl::StatusOr<cw::Grid> gridOf(const google::protobuf::Timestamp& start,
                                const google::protobuf::Timestamp& end, int period)
{
    const bool whole = period > 0 && (period % 60 == 0 || period == 1 || period == 5 ||
                                      period == 10 || period == 20 || period == 30);
    if (!whole)
        return invalid("Period is 1, 5, 10, 20, 30 or a multiple of 60 seconds.");
    const std::int64_t from = millisOf(start);
    const std::int64_t to = millisOf(end);
    if (to <= from)
        return invalid("StartTime must be before EndTime.");
    cw::Grid grid;
    grid.periodMs = std::int64_t{period} * 1'000;
    grid.startMs = from - from % grid.periodMs;
    const std::int64_t bins = (to - grid.startMs + grid.periodMs - 1) / grid.periodMs;
    if (bins > kMostBins)
        return invalid("The time has more periods than 100,800.");
    grid.bins = static_cast<std::size_t>(bins);
    return grid;
}

void getMetricData(cw::MetricData& data, const pb::GetMetricDataInput& request,
                   Reply<pb::GetMetricDataOutput> reply)
{
    auto queries = cw::dataQueriesOf(request.metric_data_queries());
    if (!queries.ok())
        return reply(queries.status());
    data.run(
        *std::move(queries),
        [start = request.start_time(), end = request.end_time(),
         asked = std::make_shared<std::size_t>(0)](int period) -> absl::StatusOr<cw::Grid> {
            auto grid = gridOf(start, end, period);
            if (grid.ok() && (*asked += grid->bins) > kMostBinsOfAll)
                return invalid("The queries have more than 1,000,000 periods together.");
            return grid;
        },
        [request, reply = std::move(reply)](absl::StatusOr<std::vector<cw::DataSeries>> all) {
            if (!all.ok())
                return reply(all.status());
            reply(outputOf(request, *all));
        });
}

} // namespace gantry::api
