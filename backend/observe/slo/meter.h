#pragma once

#include "backend/observe/slo/budget.h"
#include "backend/observe/slo/indicator.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace gantry::observe::slo {

// What one objective measured, step by step: read from the metrics when somebody asks, and kept as far as it
// cannot change any more. Minutes are kept for 15 days: periods before that are judged by the hour. I/O
// thread only.
class Meter final : public std::enable_shared_from_this<Meter> {
public:
    using Done = std::function<void(absl::Status)>;

    // data must outlive it.
    Meter(cloudwatch::MetricData& data, aws::applicationsignals::ServiceLevelObjective slo);

    // Calls back when bins() is of all the time from then up to now.
    void cover(std::int64_t fromMs, Done done);
    const std::vector<Bin>& bins() const { return m_bins; }
    std::int64_t periodMs() const { return m_periodMs; }

private:
    struct Asked {
        std::int64_t fromMs;
        Done done;
    };

    void next();
    void plan(std::int64_t fromMs, std::int64_t nowMs);
    void readPiece();
    void readPeriods(const cloudwatch::Grid& grid);
    void readRequests(const cloudwatch::Grid& grid);
    void readMonitored(const cloudwatch::Grid& grid, cloudwatch::Values total);
    void run(const google::protobuf::RepeatedPtrField<aws::applicationsignals::MetricDataQuery>& from,
             const cloudwatch::Grid& grid, std::function<void(cloudwatch::Values)> done);
    void add(const cloudwatch::Grid& grid, std::size_t index, double good, double bad);
    void finish(const absl::Status& status);

    cloudwatch::MetricData& m_data;
    const aws::applicationsignals::ServiceLevelObjective m_slo;
    const std::int64_t m_periodMs; // 0: requests
    std::vector<Bin> m_bins;
    std::int64_t m_fromMs = 0; // of what is there
    std::int64_t m_doneMs = 0; // what is before this stays as it is
    std::deque<Asked> m_asked;
    std::deque<cloudwatch::Grid> m_pieces; // still to be read for the first that asked
    bool m_busy = false;
};

} // namespace gantry::observe::slo
