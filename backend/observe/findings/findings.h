#pragma once

#include "backend/observe/findings/facts.h"
#include "backend/store/record_map.h"
#include "gantry/store/findings.pb.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::observe::findings {

// The findings there are and what the user said to them, kept in findings.db: looked for once a minute, and
// whenever somebody asks. One that is over is kept for a week. I/O thread only.
class Findings final {
public:
    template <class T> using Done = std::function<void(absl::StatusOr<T>)>;
    static constexpr std::int64_t kEveryMs = 60'000;
    static constexpr std::int64_t kKeptMs = 7 * 86'400'000LL;

    // recorder must outlive it.
    static absl::StatusOr<std::unique_ptr<Findings>>
    open(boost::asio::io_context& io, const std::filesystem::path& file, Recorder& recorder,
         std::function<Surroundings()> surroundings);

    void start();
    // Looks now. What a look finds is on the disk when this calls back.
    void look(std::function<void(absl::Status)> done);

    void list(const v1::ListHealthFindingsRequest& request, Done<v1::ListHealthFindingsResponse> done);
    void dismiss(const v1::DismissHealthFindingRequest& request, Done<v1::HealthFinding> done);
    void restore(const v1::RestoreHealthFindingRequest& request, Done<v1::HealthFinding> done);

private:
    using Records = store::RecordMap<record::StoredFinding>;

    Findings(boost::asio::io_context& io, store::Database database, Recorder& recorder,
             std::function<Surroundings()> surroundings);
    void wait();
    void take(std::vector<v1::HealthFinding> found, std::int64_t nowMs, const Surroundings& there);
    void keep(v1::HealthFinding found, std::int64_t nowMs);
    void end(const std::string& id, std::int64_t nowMs, bool forget);
    void edit(const std::string& id, std::function<void(v1::HealthFinding&)> change,
              Done<v1::HealthFinding> done);
    v1::ListHealthFindingsResponse response() const;

    Recorder& m_recorder;
    const std::function<Surroundings()> m_surroundings;
    Records m_findings{"finding"};
    std::int64_t m_lookedMs = 0;
    std::vector<std::function<void(absl::Status)>> m_waiting; // for the look that is under way
    boost::asio::steady_timer m_timer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    std::unique_ptr<store::Writer> m_writer; // last: its end commits
};

} // namespace gantry::observe::findings
