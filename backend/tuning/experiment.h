#pragma once

#include "backend/base/worker_pool.h"
#include "backend/functions/target.h"
#include "backend/invoke/dispatcher.h"
#include "backend/tuning/report.h"
#include "backend/tuning/search.h"
#include "gantry/v1/tuning.pb.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::tuning {

// What an experiment needs of the platform; outlives it.
struct Platform {
    boost::asio::io_context& io;
    invoke::Dispatcher& dispatcher;
    WorkerPool& workers; // the model's arithmetic, tens of milliseconds a round
    std::function<absl::StatusOr<functions::Target>(const std::string& function)> resolve;
};

// One experiment: rounds of probes, each in an environment of its own size that nothing else uses,
// until the search is sure, the budget ends, somebody stops it, or the function fails. The
// function's configuration is not touched. I/O thread; keeps itself alive while it runs.
class Experiment final : public std::enable_shared_from_this<Experiment> {
public:
    // The run as far as it is; its state is not RUNNING in the last call.
    using Progress = std::function<void(const v1::TuningRun&)>;

    // The run brings checked options and what is known of the function.
    Experiment(Platform platform, v1::TuningRun run, Prices prices, Traffic traffic,
               Progress progress);
    ~Experiment();

    void start();
    void stop(); // after the calls under way; the answer comes by progress
    const v1::TuningRun& run() const { return m_run; }

private:
    struct Measuring; // one probe under way
    using MeasuringPtr = std::shared_ptr<Measuring>;

    void plan();
    void planned(std::vector<Candidate> round, Stop stop, v1::TuningRun described);
    void measure(const Candidate& candidate);
    void begin(const MeasuringPtr& probe);
    void send(const MeasuringPtr& probe, std::shared_ptr<const std::string> event);
    void answered(const MeasuringPtr& probe, absl::StatusOr<invoke::Result> result);
    void afterwards(const MeasuringPtr& probe, std::string answer);
    void next(const MeasuringPtr& probe);
    void done(const MeasuringPtr& probe);
    void endEnvironments();
    void callOther(const std::string& function, std::shared_ptr<const std::string> event,
                   std::function<void(absl::StatusOr<std::string>)> reply);
    void fail(std::string message);
    void end(v1::TuningState state, std::string message);
    std::shared_ptr<const std::string> nextPayload();
    Call callOf(const invoke::InvocationRecord& record) const;
    bool outOfTime() const;

    Platform m_platform;
    v1::TuningRun m_run;
    const Prices m_prices;
    const Traffic m_traffic;
    Progress m_progress;
    functions::Target m_target; // of the function as it was at the start
    std::unique_ptr<Search> m_search; // the worker's while it plans, else the I/O thread's
    std::vector<double> m_payloadDebt; // by payload: how far it is behind its weight
    std::vector<Candidate> m_round;    // still to be measured
    int m_measuring = 0;
    int m_made = 0; // environments, for their pools' names
    std::int64_t m_begin = 0; // monotonic
    bool m_stopping = false;
    std::string m_failure;
    bool m_ended = false;
};

} // namespace gantry::tuning
