#pragma once

#include "backend/functions/registry.h"
#include "backend/observe/recorder.h"
#include "backend/tuning/application.h"
#include "backend/tuning/experiment.h"
#include "backend/tuning/history.h"

#include <map>
#include <memory>
#include <string>

namespace gantry::tuning {

struct PriceList {
    Prices prices;
    std::string region, asOf;
};

// The experiments of this platform: what runs, what ran, and what was made of it. I/O thread.
class Tuner final {
public:
    using OnRun = std::function<void(const v1::TuningRun&)>;
    template <class T> using Reply = std::function<void(absl::StatusOr<T>)>;

    struct Parts {
        boost::asio::io_context& io;
        const Clock& clock;
        functions::Registry& registry;
        invoke::Dispatcher& dispatcher;
        observe::Recorder& recorder;
        std::function<PriceList()> priceList; // in use now
    };

    // Opens or creates the file. The parts must outlive it.
    static absl::StatusOr<std::unique_ptr<Tuner>> open(Parts parts,
                                                       const std::filesystem::path& file);
    ~Tuner();

    // Tells every step to onRun, the last time with a state that is not RUNNING; the first is told
    // before this returns. The id leads to stop and find.
    absl::StatusOr<std::string> start(const v1::StartTuningRequest& request, OnRun onRun);
    absl::Status stop(const std::string& id);

    // With code_changed as it is now.
    absl::StatusOr<v1::TuningRun> find(const std::string& id) const;
    v1::ListTuningRunsResponse list(const std::string& function) const;
    void remove(const std::string& id, Reply<v1::DeleteTuningRunResponse> reply);
    void apply(const v1::ApplyTuningRequest& request, Reply<v1::TuningApplication> reply);
    void undo(const std::string& id, Reply<v1::TuningApplication> reply);
    void import(const v1::ImportTuningRequest& request, Reply<v1::TuningRun> reply);

private:
    Tuner(Parts parts, std::unique_ptr<History> history);

    void begin(v1::TuningRun run, const Prices& prices, OnRun onRun);
    void launch(v1::TuningRun run, const Prices& prices, const Traffic& traffic, OnRun onRun);
    void progress(const v1::TuningRun& run, const OnRun& onRun);
    Traffic trafficOf(const std::string& function,
                      const std::vector<invoke::InvocationRecord>& records) const;
    std::shared_ptr<Application> move(const v1::TuningRun& run,
                                      const v1::ApplyTuningRequest& request,
                                      Reply<v1::TuningApplication> onProgress);
    void resumeShifts();
    void addCodeState(v1::TuningRun& run) const;
    void save(v1::TuningRun run);
    void applied(const std::string& id, const v1::TuningApplication& application);

    Parts m_parts;
    std::unique_ptr<History> m_history;
    std::map<std::string, std::shared_ptr<Experiment>>
        m_running; // by run id; null before its start
    std::map<std::string, std::shared_ptr<Application>> m_moving; // by run id
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
    WorkerPool m_workers{1};
};

} // namespace gantry::tuning
