#pragma once

#include "backend/functions/registry.h"
#include "gantry/v1/tuning.pb.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gantry::tuning {

// Puts a pick into effect: the size, a published version, and an alias moved there at once or in
// steps (10 %, 25 %, 50 %, all). Keeps itself alive until the alias has arrived; a platform that
// ends before leaves the alias where it is, and the next one resumes from what was reported.
class Application final : public std::enable_shared_from_this<Application> {
public:
    // The state so far; the first time when the version is published and the alias set up.
    using Progress = std::function<void(absl::StatusOr<v1::TuningApplication>)>;

    Application(boost::asio::io_context& io, functions::Registry& registry, const Clock& clock,
                std::string function, v1::ApplyTuningRequest request, Progress progress);

    void start();
    // Takes the steps that are left of an application that an earlier platform reported last.
    void resume(v1::TuningApplication applied);
    // No further steps: what is done stays.
    void cancel();

    // Back to the size and the alias' version before.
    static void undo(functions::Registry& registry, const std::string& function,
                     v1::TuningApplication applied, Progress done);

private:
    void setMemory();
    void publish();
    void setAlias();
    void step();
    void stepped(double weight, const absl::Status& status);
    void waitForStep();
    void report(const absl::Status& status);

    functions::Registry& m_registry;
    const Clock& m_clock;
    const std::string m_function;
    const v1::ApplyTuningRequest m_request;
    Progress m_progress;
    v1::TuningApplication m_applied;
    boost::asio::steady_timer m_timer;
    std::size_t m_step = 0;
    bool m_cancelled = false;
};

} // namespace gantry::tuning
