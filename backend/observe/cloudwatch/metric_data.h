#pragma once

#include "backend/base/clock.h"
#include "backend/observe/cloudwatch/anomaly_model.h"
#include "backend/observe/cloudwatch/metric_math.h"
#include "backend/observe/cloudwatch/metric_reader.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry::observe::cloudwatch {

// A statistic of a metric, or an expression over the queries beside it.
struct DataQuery {
    std::string id;
    std::optional<Metric> metric; // nothing: an expression
    std::string statistic;
    int periodSeconds = 0; // of an expression: which metrics it is about, where they differ; may be 0
    std::string expression;
};

// One series. An expression may make several, which then have the same id.
struct DataSeries {
    std::string id;
    Grid grid;
    Values values;             // NaN where a bin has none
    std::vector<double> counts; // of a metric: the values behind each bin
};

// Reads metrics and works out expressions over them: what GetMetricData, alarms and charts ask. Learns
// what metrics are usually like when an expression asks for a band, and keeps that for a while. I/O
// thread only.
class MetricData final {
public:
    using GridOf = std::function<absl::StatusOr<Grid>(int periodSeconds)>;
    using Answer = std::function<void(absl::StatusOr<std::vector<DataSeries>>)>;

    MetricData(MetricReader read, const Clock& clock);

    // The series in the order of their queries. What is wrong with a query comes as ValidationError.
    void run(std::vector<DataQuery> queries, GridOf gridOf, Answer done);
    const Clock& clock() const { return m_clock; }

private:
    class Run;
    using Model = std::shared_ptr<const AnomalyModel>;
    struct Learnt {
        std::int64_t atMs;
        Model model;
    };

    void learn(const Metric& metric, const std::string& statistic, const Grid& before,
               std::function<void(absl::StatusOr<Model>)> done);

    MetricReader m_read;
    const Clock& m_clock;
    std::map<std::string, Learnt> m_learnt;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace gantry::observe::cloudwatch
