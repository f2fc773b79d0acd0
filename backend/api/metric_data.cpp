#include "backend/api/metric_data.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/cloudwatch/metric_math.h"
#include "backend/observe/cloudwatch/platform_metrics.h"
#include "backend/observe/recorder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <utility>

namespace gantry::api {

namespace cw = observe::cloudwatch;
namespace pb = aws::cloudwatch;

namespace {

constexpr std::int64_t kMostBins = 100'800;
constexpr int kMostQueries = 500;

absl::Status invalid(std::string message)
{
    return makeError("ValidationError", 400, std::move(message));
}

// Reads the metrics one after the other, then the expressions, in their order of need.
class DataRun final : public std::enable_shared_from_this<DataRun> {
public:
    DataRun(observe::Recorder& recorder, const pb::GetMetricDataInput& request,
            Reply<pb::GetMetricDataOutput> reply)
        : m_recorder(recorder), m_request(request), m_reply(std::move(reply))
    {
    }

    void start()
    {
        if (absl::Status status = check(); !status.ok())
            return m_reply(status);
        next();
    }

private:
    absl::Status check()
    {
        if (m_request.metric_data_queries_size() > kMostQueries)
            return invalid("A request may have 500 queries at most.");
        for (const pb::MetricDataQuery& query : m_request.metric_data_queries()) {
            if (query.has_metric_stat() == query.has_expression())
                return invalid(absl::StrCat("The query ", query.id(),
                                            " needs either MetricStat or Expression."));
            if (!m_ids.emplace(query.id(), false).second)
                return invalid(absl::StrCat("The id ", query.id(), " is there twice."));
        }
        return absl::OkStatus();
    }

    void next()
    {
        while (m_at < m_request.metric_data_queries_size() &&
               !m_request.metric_data_queries(m_at).has_metric_stat())
            ++m_at;
        if (m_at == m_request.metric_data_queries_size())
            return calculate();
        const pb::MetricStat& stat = m_request.metric_data_queries(m_at).metric_stat();
        const auto statistic = cw::Statistic::parse(stat.stat());
        const auto grid =
            gridOf(m_request.start_time(), m_request.end_time(), stat.period());
        if (!statistic.ok() || !grid.ok())
            return m_reply(statistic.ok() ? grid.status() : statistic.status());
        readMetric(m_recorder,
                   metricOf(stat.metric().namespace_(), stat.metric().metric_name(),
                            stat.metric().dimensions()),
                   *grid,
                   [self = shared_from_this(), statistic = *statistic,
                    grid = *grid](absl::StatusOr<std::vector<cw::Statistics>> bins) {
                       if (!bins.ok())
                           return self->m_reply(bins.status());
                       self->take(statistic, grid, *bins);
                   });
    }

    void take(const cw::Statistic& statistic, const cw::Grid& grid,
              const std::vector<cw::Statistics>& bins)
    {
        const std::string& id = m_request.metric_data_queries(m_at).id();
        cw::MathInput& input = m_inputs[grid.periodMs];
        input.grid = grid;
        cw::Values& values = input.values[id];
        for (const cw::Statistics& bin : bins)
            values.push_back(statistic.of(bin).value_or(std::numeric_limits<double>::quiet_NaN()));
        input.order.push_back(id);
        m_periods[id] = grid.periodMs;
        ++m_at;
        next();
    }

    // An expression may need another: goes round until nothing more can be worked out.
    void calculate()
    {
        std::vector<const pb::MetricDataQuery*> left;
        for (const pb::MetricDataQuery& query : m_request.metric_data_queries()) {
            if (query.has_expression())
                left.push_back(&query);
        }
        absl::Status problem;
        for (bool more = true; more && !left.empty();) {
            more = false;
            for (auto query = left.begin(); query != left.end();) {
                const absl::Status status = calculateOne(**query);
                if (!status.ok())
                    problem = status;
                more = more || status.ok();
                query = status.ok() ? left.erase(query) : query + 1;
            }
        }
        if (!left.empty())
            return m_reply(problem);
        answer();
    }

    absl::Status calculateOne(const pb::MetricDataQuery& query)
    {
        if (m_inputs.empty())
            return invalid("An expression needs a metric in the same request.");
        const auto wanted = m_inputs.find(std::int64_t{query.period()} * 1'000);
        auto& [period, input] = wanted != m_inputs.end() ? *wanted : *m_inputs.begin();
        auto series = cw::evaluate(query.expression(), input);
        if (!series.ok())
            return series.status();
        m_periods[query.id()] = period;
        if (series->size() == 1)
            input.values[query.id()] = series->front();
        m_lists[query.id()] = *std::move(series);
        return absl::OkStatus();
    }

    void answer()
    {
        pb::GetMetricDataOutput output;
        for (const pb::MetricDataQuery& query : m_request.metric_data_queries()) {
            if (query.has_return_data() && !query.return_data())
                continue;
            const cw::MathInput& input = m_inputs[m_periods[query.id()]];
            if (query.has_metric_stat())
                add(output, query, input.grid, input.values.find(query.id())->second);
            else
                for (const cw::Values& values : m_lists[query.id()])
                    add(output, query, input.grid, values);
        }
        m_reply(std::move(output));
    }

    void add(pb::GetMetricDataOutput& output, const pb::MetricDataQuery& query,
             const cw::Grid& grid, const cw::Values& values) const
    {
        pb::MetricDataResult& result = *output.add_metric_data_results();
        result.set_id(query.id());
        result.set_label(query.has_label()         ? query.label()
                         : query.has_metric_stat() ? query.metric_stat().metric().metric_name()
                                                   : query.id());
        result.set_status_code("Complete");
        const bool ascending = m_request.scan_by() == "TimestampAscending";
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::size_t bin = ascending ? i : values.size() - 1 - i;
            if (std::isnan(values[bin]))
                continue;
            setTime(*result.add_timestamps(),
                    grid.startMs + static_cast<std::int64_t>(bin) * grid.periodMs);
            result.add_values(values[bin]);
        }
    }

    observe::Recorder& m_recorder;
    const pb::GetMetricDataInput m_request;
    Reply<pb::GetMetricDataOutput> m_reply;
    int m_at = 0;
    std::map<std::string, bool> m_ids;
    std::map<std::int64_t, cw::MathInput> m_inputs; // by period
    std::map<std::string, std::int64_t> m_periods;
    std::map<std::string, std::vector<cw::Values>> m_lists; // of expressions
};

} // namespace

void setTime(google::protobuf::Timestamp& to, std::int64_t ms)
{
    to.set_seconds(ms / 1'000);
    to.set_nanos(static_cast<int>(ms % 1'000) * 1'000'000);
}

std::int64_t millisOf(const google::protobuf::Timestamp& time)
{
    return time.seconds() * 1'000 + time.nanos() / 1'000'000;
}

cw::Metric metricOf(const std::string& space, const std::string& name,
                    const google::protobuf::RepeatedPtrField<pb::Dimension>& dimensions)
{
    cw::Metric metric{space, name, {}};
    for (const pb::Dimension& dimension : dimensions)
        metric.dimensions.emplace_back(dimension.name(), dimension.value());
    metric.sortDimensions();
    return metric;
}

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

void readMetric(observe::Recorder& recorder, cw::Metric metric, cw::Grid grid,
                StatisticsAnswer done)
{
    const auto function = cw::functionOf(metric);
    if (!function)
        return recorder.custom().read(std::move(metric), grid, std::move(done));
    observe::MetricsQuery query;
    query.function = *function;
    query.fromMs = grid.startMs;
    query.toMs = grid.endMs();
    // So many points that no interval is wider than the period, as far as such are kept.
    const std::int64_t width = grid.periodMs < 60'000 ? 1'000 : 60'000;
    query.maxPoints = static_cast<int>((query.toMs - query.fromMs) / width);
    recorder.queryMetrics(query, [metric = std::move(metric), grid, done = std::move(done)](
                                     absl::StatusOr<observe::MetricsAnswer> answer) {
        if (!answer.ok())
            return done(answer.status());
        std::vector<cw::Statistics> bins(grid.bins);
        for (const observe::MetricsRow& row : answer->rows) {
            const std::size_t bin = grid.binOf(row.startMs);
            if (bin < bins.size())
                bins[bin].merge(cw::statisticsOf(row.bucket, metric));
        }
        done(std::move(bins));
    });
}

void getMetricData(observe::Recorder& recorder, const pb::GetMetricDataInput& request,
                   Reply<pb::GetMetricDataOutput> reply)
{
    std::make_shared<DataRun>(recorder, request, std::move(reply))->start();
}

} // namespace gantry::api
