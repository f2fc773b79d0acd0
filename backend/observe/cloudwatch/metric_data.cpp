#include "backend/observe/cloudwatch/metric_data.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace gantry::observe::cloudwatch {
namespace {

constexpr std::size_t kMostQueries = 500;
constexpr std::size_t kMostModels = 1'000;
constexpr std::int64_t kModelAgeMs = 15 * 60'000;

absl::Status invalid(std::string message)
{
    return makeError("ValidationError", 400, std::move(message));
}

Values valuesOf(const Statistic& statistic, const std::vector<Statistics>& bins)
{
    Values values;
    for (const Statistics& bin : bins)
        values.push_back(statistic.of(bin).value_or(std::numeric_limits<double>::quiet_NaN()));
    return values;
}

} // namespace

// Reads the metrics one after the other, then what bands need, then works out the expressions in the
// order in which they need each other.
class MetricData::Run final : public std::enable_shared_from_this<Run> {
public:
    Run(MetricData& data, std::vector<DataQuery> queries, GridOf gridOf, Answer done)
        : m_data(data), m_alive(data.m_alive), m_queries(std::move(queries)),
          m_gridOf(std::move(gridOf)), m_done(std::move(done))
    {
    }

    void start()
    {
        if (m_queries.size() > kMostQueries)
            return m_done(invalid("A request may have 500 queries at most."));
        std::set<std::string> ids;
        for (const DataQuery& query : m_queries) {
            if (!ids.insert(query.id).second)
                return m_done(invalid(absl::StrCat("The id ", query.id, " is there twice.")));
            for (std::string& id : AnomalyModel::idsIn(query.expression))
                m_bands.insert(std::move(id));
        }
        next();
    }

private:
    void next()
    {
        while (m_at < m_queries.size() && !m_queries[m_at].metric)
            ++m_at;
        if (m_alive.expired())
            return;
        if (m_at == m_queries.size())
            return calculate();
        const DataQuery& query = m_queries[m_at];
        const auto statistic = Statistic::parse(query.statistic);
        const auto grid = m_gridOf(query.periodSeconds);
        if (!statistic.ok() || !grid.ok())
            return m_done(statistic.ok() ? grid.status() : statistic.status());
        m_data.m_read(*query.metric, *grid,
                      [self = shared_from_this(), statistic = *statistic,
                       grid = *grid](absl::StatusOr<std::vector<Statistics>> bins) {
                          if (!bins.ok())
                              return self->m_done(bins.status());
                          self->take(statistic, grid, *bins);
                      });
    }

    void take(const Statistic& statistic, const Grid& grid, const std::vector<Statistics>& bins)
    {
        const DataQuery& query = m_queries[m_at];
        MathInput& input = m_inputs[grid.periodMs];
        input.grid = grid;
        input.order.push_back(query.id);
        DataSeries series{query.id, grid, valuesOf(statistic, bins), {}};
        for (const Statistics& bin : bins)
            series.counts.push_back(bin.count);
        input.values[query.id] = series.values;
        m_series[query.id] = {std::move(series)};
        if (!m_bands.contains(query.id) || m_alive.expired())
            return advance();
        m_data.learn(*query.metric, query.statistic, grid,
                     [self = shared_from_this(), id = query.id,
                      period = grid.periodMs](absl::StatusOr<Model> model) {
                         if (!model.ok())
                             return self->m_done(model.status());
                         self->m_inputs[period].models[id] = *std::move(model);
                         self->advance();
                     });
    }

    void advance()
    {
        ++m_at;
        next();
    }

    // An expression may need another: goes round until nothing more can be worked out.
    void calculate()
    {
        std::vector<const DataQuery*> left;
        for (const DataQuery& query : m_queries) {
            if (!query.metric)
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
            return m_done(problem);
        std::vector<DataSeries> all;
        for (const DataQuery& query : m_queries)
            std::ranges::move(m_series[query.id], std::back_inserter(all));
        m_done(std::move(all));
    }

    absl::Status calculateOne(const DataQuery& query)
    {
        if (m_inputs.empty())
            return invalid("An expression needs a metric in the same request.");
        const auto wanted = m_inputs.find(std::int64_t{query.periodSeconds} * 1'000);
        MathInput& input = wanted != m_inputs.end() ? wanted->second : m_inputs.begin()->second;
        auto made = evaluate(query.expression, input);
        if (!made.ok())
            return made.status();
        if (made->size() == 1)
            input.values[query.id] = made->front();
        for (Values& values : *made)
            m_series[query.id].push_back({query.id, input.grid, std::move(values), {}});
        return absl::OkStatus();
    }

    MetricData& m_data;
    const std::weak_ptr<int> m_alive;
    const std::vector<DataQuery> m_queries;
    const GridOf m_gridOf;
    const Answer m_done;
    std::size_t m_at = 0;
    std::set<std::string> m_bands; // ids of metrics
    std::map<std::int64_t, MathInput> m_inputs; // by period
    std::map<std::string, std::vector<DataSeries>> m_series;
};

MetricData::MetricData(MetricReader read, const Clock& clock)
    : m_read(std::move(read)), m_clock(clock)
{
}

void MetricData::run(std::vector<DataQuery> queries, GridOf gridOf, Answer done)
{
    std::make_shared<Run>(*this, std::move(queries), std::move(gridOf), std::move(done))->start();
}

// What was learnt is for whoever asks about the time soon after; a chart of last week learns again.
void MetricData::learn(const Metric& metric, const std::string& statistic, const Grid& before,
                       std::function<void(absl::StatusOr<Model>)> done)
{
    const std::string key = absl::StrCat(metric.key(), "\x1d", statistic, "\x1d", before.periodMs);
    const auto known = m_learnt.find(key);
    if (known != m_learnt.end() && before.startMs >= known->second.atMs &&
        before.startMs < known->second.atMs + kModelAgeMs)
        return done(known->second.model);
    const auto parsed = Statistic::parse(statistic);
    if (!parsed.ok())
        return done(parsed.status());
    const Grid grid = AnomalyModel::trainingGrid(before);
    m_read(metric, grid,
           [this, alive = std::weak_ptr<int>(m_alive), key, grid, statistic = *parsed,
            at = before.startMs, done](absl::StatusOr<std::vector<Statistics>> bins) {
               if (!bins.ok())
                   return done(bins.status());
               auto model = std::make_shared<const AnomalyModel>(grid, valuesOf(statistic, *bins));
               if (!alive.expired()) {
                   if (m_learnt.size() >= kMostModels)
                       m_learnt.clear();
                   m_learnt[key] = Learnt{at, model};
               }
               done(std::move(model));
           });
}

} // namespace gantry::observe::cloudwatch
