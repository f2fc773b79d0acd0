#include "backend/tuning/tuner.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/tuning/arrivals.h"
#include "backend/tuning/options.h"
#include "backend/tuning/result_file.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::tuning {
namespace {

constexpr double kDayMs = 86'400'000, kMonthDays = 30;
constexpr int kTrafficRecords = 10'000;
constexpr std::size_t kMostImportBytes = 1 << 20;

absl::Status noRun(const std::string& id)
{
    return notFound(absl::StrCat("There is no tuning run ", id, "."));
}

} // namespace

absl::StatusOr<std::unique_ptr<Tuner>> Tuner::open(Parts parts, const std::filesystem::path& file)
{
    auto history = History::open(parts.io, file);
    if (!history.ok())
        return history.status();
    std::unique_ptr<Tuner> tuner(new Tuner(std::move(parts), *std::move(history)));
    tuner->resumeShifts();
    return tuner;
}

Tuner::Tuner(Parts parts, std::unique_ptr<History> history)
    : m_parts(std::move(parts)), m_history(std::move(history))
{
}

Tuner::~Tuner() = default;

absl::StatusOr<std::string> Tuner::start(const v1::StartTuningRequest& request, OnRun onRun)
{
    auto options = checked(request.options());
    if (!options.ok())
        return options.status();
    const auto found = m_parts.registry.find(request.function_name());
    if (!found.ok())
        return found.status();
    const std::string& name = found->function->name;
    for (const auto& [id, experiment] : m_running)
        if (m_history->find(id) && m_history->find(id)->function_name() == name)
            return conflict(absl::StrCat("The function ", name, " is being tuned already."));
    const functions::Configuration& configuration = found->version->configuration;
    v1::TuningRun run;
    run.set_id(randomUuid());
    run.set_function_name(name);
    run.set_started_at_ms(m_parts.clock.unixMillis());
    *run.mutable_options() = *std::move(options);
    run.set_start_memory_mb(configuration.memory_size());
    run.set_start_architecture(
        configuration.architectures().empty() ? "x86_64" : configuration.architectures(0));
    run.set_code_sha256(configuration.code_sha256());
    const PriceList list = m_parts.priceList();
    run.set_price_region(list.region);
    run.set_price_as_of(list.asOf);
    m_running[run.id()] = nullptr;
    save(run);
    onRun(run);
    const std::string id = run.id();
    begin(std::move(run), list.prices, std::move(onRun));
    return id;
}

// The function's real traffic first: savings and the share of cold starts come from it.
void Tuner::begin(v1::TuningRun run, const Prices& prices, OnRun onRun)
{
    observe::InvocationsQuery query;
    query.function = run.function_name();
    query.limit = kTrafficRecords;
    m_parts.recorder.listInvocations(
        query, [this, alive = std::weak_ptr<bool>(m_alive), run = std::move(run), prices,
                onRun = std::move(onRun)](
                   const absl::StatusOr<std::vector<invoke::InvocationRecord>>& records) mutable {
            if (alive.expired())
                return;
            Traffic traffic;
            if (records.ok())
                traffic = trafficOf(run.function_name(), *records);
            if (run.options().cold_share() < 0)
                run.mutable_options()->set_cold_share(traffic.coldShare);
            run.set_cold_share(run.options().cold_share());
            launch(std::move(run), prices, traffic, std::move(onRun));
        });
}

void Tuner::launch(v1::TuningRun run, const Prices& prices, const Traffic& traffic,
                   OnRun onRun)
{
    const std::string id = run.id();
    const Platform platform{
        m_parts.io, m_parts.dispatcher, m_workers,
        [this](const std::string& function) { return m_parts.registry.resolve(function, {}, 0); }};
    auto experiment = std::make_shared<Experiment>(
        platform, std::move(run), prices, traffic,
        [this, alive = std::weak_ptr<bool>(m_alive), onRun](const v1::TuningRun& now) {
            if (!alive.expired())
                progress(now, onRun);
        });
    const bool stopped = !m_running.contains(id);
    m_running[id] = experiment;
    if (stopped)
        experiment->stop();
    experiment->start();
}

void Tuner::progress(const v1::TuningRun& run, const OnRun& onRun)
{
    save(run);
    if (run.state() == v1::TUNING_RUNNING)
        return onRun(run);
    m_running.erase(run.id());
    onRun(run);
    const bool answered = run.state() == v1::TUNING_SURE || run.state() == v1::TUNING_BUDGET;
    if (!run.options().auto_optimize() || !answered || run.options().dry_run() ||
        run.pick().index() < 0)
        return;
    v1::ApplyTuningRequest request;
    request.set_id(run.id());
    request.set_memory_mb(run.estimates(run.pick().index()).memory_mb());
    request.set_alias(run.options().auto_optimize_alias());
    apply(request, [name = run.function_name()](const absl::StatusOr<v1::TuningApplication>& done) {
        if (!done.ok())
            log::warning("The tuned size of ", name,
                         " was not applied: ", awsErrorOf(done.status()).message);
    });
}

// Invocations that earlier experiments made are left out, and the time they took.
Traffic Tuner::trafficOf(const std::string& function,
                         const std::vector<invoke::InvocationRecord>& records) const
{
    const std::vector<const v1::TuningRun*> runs = m_history->list(function);
    const auto ofTuning = [&](std::int64_t atMs) {
        return std::any_of(runs.begin(), runs.end(), [atMs](const v1::TuningRun* run) {
            return atMs >= run->started_at_ms() &&
                   atMs <= run->started_at_ms() + run->elapsed_ms() + 1000;
        });
    };
    std::vector<Arrival> arrivals;
    Traffic traffic;
    double restoredMs = 0;
    for (auto record = records.rbegin(); record != records.rend(); ++record) // oldest first
        if (!ofTuning(record->acceptedAtMicros / 1000)) {
            arrivals.push_back({record->acceptedAtMicros / 1000,
                                static_cast<double>(record->durationMicros) / 1000});
            traffic.restores += record->restoreMicros > 0;
            restoredMs += static_cast<double>(record->restoreMicros) / 1000;
        }
    if (arrivals.empty())
        return traffic;
    if (traffic.restores > 0)
        traffic.restoreMs = restoredMs / traffic.restores;
    const auto seen = static_cast<double>(m_parts.clock.unixMillis() - arrivals.front().atMs);
    traffic.days = seen / kDayMs;
    traffic.perMonth =
        static_cast<double>(arrivals.size()) / std::max(seen, 1.0) * kDayMs * kMonthDays;
    traffic.coldShare = coldShare(arrivals);
    return traffic;
}

absl::Status Tuner::stop(const std::string& id)
{
    const auto found = m_running.find(id);
    if (found == m_running.end())
        return m_history->find(id) ? absl::OkStatus() : noRun(id);
    if (found->second)
        found->second->stop();
    else
        m_running.erase(found); // launch sees it
    return absl::OkStatus();
}

void Tuner::addCodeState(v1::TuningRun& run) const
{
    const auto found = m_parts.registry.find(run.function_name());
    run.set_code_changed(found.ok() && !run.code_sha256().empty() &&
                         found->function->latest->configuration.code_sha256() != run.code_sha256());
}

absl::StatusOr<v1::TuningRun> Tuner::find(const std::string& id) const
{
    const v1::TuningRun* run = m_history->find(id);
    if (!run)
        return noRun(id);
    v1::TuningRun found = *run;
    addCodeState(found);
    return found;
}

v1::ListTuningRunsResponse Tuner::list(const std::string& function) const
{
    v1::ListTuningRunsResponse response;
    for (const v1::TuningRun* run : m_history->list(function)) {
        v1::TuningRun& summary = *response.add_runs();
        summary = *run;
        // The pick's own figures stay.
        const int pick = run->pick().index();
        summary.clear_estimates();
        if (pick >= 0 && pick < run->estimates_size()) {
            *summary.add_estimates() = run->estimates(pick);
            summary.mutable_pick()->set_index(0);
        }
        summary.clear_probes();
        summary.clear_balanced();
        addCodeState(summary);
    }
    return response;
}

void Tuner::save(v1::TuningRun run)
{
    m_history->save(std::move(run), [](const absl::Status& status) {
        if (!status.ok())
            log::warning("A tuning run could not be kept: ", awsErrorOf(status).message);
    });
}

void Tuner::remove(const std::string& id, Reply<v1::DeleteTuningRunResponse> reply)
{
    if (!m_history->find(id))
        return reply(noRun(id));
    if (m_running.contains(id))
        return reply(conflict("This run is under way: stop it first."));
    m_history->remove(id, [reply = std::move(reply)](const absl::Status& status) {
        if (status.ok())
            reply(v1::DeleteTuningRunResponse());
        else
            reply(status);
    });
}

void Tuner::applied(const std::string& id, const v1::TuningApplication& application)
{
    const v1::TuningRun* run = m_history->find(id);
    if (!run)
        return;
    v1::TuningRun changed = *run;
    *changed.mutable_application() = application;
    save(std::move(changed));
}

void Tuner::apply(const v1::ApplyTuningRequest& request, Reply<v1::TuningApplication> reply)
{
    const v1::TuningRun* run = m_history->find(request.id());
    if (!run)
        return reply(noRun(request.id()));
    if (!(request.shift_minutes() >= 0 && request.shift_minutes() <= 24 * 60))
        return reply(validationError("An alias may move over at most a day (1440 minutes)."));
    if (run->function_name().empty())
        return reply(validationError("This imported run belongs to no function."));
    auto answer = std::make_shared<Reply<v1::TuningApplication>>(std::move(reply));
    move(*run, request, [answer](absl::StatusOr<v1::TuningApplication> now) {
        if (*answer)
            std::exchange(*answer, {})(std::move(now));
    })->start();
}

// An application of this run that keeps its record as it goes; it stands in for one before.
std::shared_ptr<Application> Tuner::move(const v1::TuningRun& run,
                                         const v1::ApplyTuningRequest& request,
                                         Reply<v1::TuningApplication> onProgress)
{
    const std::string id = run.id();
    auto& moving = m_moving[id];
    if (moving)
        moving->cancel();
    moving = std::make_shared<Application>(
        m_parts.io, m_parts.registry, m_parts.clock, run.function_name(), request,
        [this, alive = std::weak_ptr<bool>(m_alive), id,
         onProgress = std::move(onProgress)](absl::StatusOr<v1::TuningApplication> now) {
            if (alive.expired())
                return;
            if (now.ok())
                applied(id, *now);
            onProgress(std::move(now));
        });
    return moving;
}

// Aliases that were on their way when the platform before this one ended.
void Tuner::resumeShifts()
{
    for (const v1::TuningRun* run : m_history->list({})) {
        const v1::TuningApplication& applied = run->application();
        if (applied.undone() || applied.next_step_at_ms() == 0)
            continue;
        v1::ApplyTuningRequest request;
        request.set_id(run->id());
        request.set_memory_mb(applied.memory_mb());
        request.set_alias(applied.alias());
        request.set_shift_minutes(applied.shift_minutes());
        move(*run, request, [](const absl::StatusOr<v1::TuningApplication>&) {})->resume(applied);
    }
}

void Tuner::undo(const std::string& id, Reply<v1::TuningApplication> reply)
{
    const v1::TuningRun* run = m_history->find(id);
    if (!run)
        return reply(noRun(id));
    if (!run->has_application() || run->application().undone())
        return reply(conflict("Nothing of this run is applied."));
    if (const auto moving = m_moving.find(id); moving != m_moving.end()) {
        moving->second->cancel();
        m_moving.erase(moving);
    }
    Application::undo(m_parts.registry, run->function_name(), run->application(),
                      [this, alive = std::weak_ptr<bool>(m_alive), id,
                       reply = std::move(reply)](absl::StatusOr<v1::TuningApplication> done) {
                          if (!alive.expired() && done.ok())
                              applied(id, *done);
                          reply(std::move(done));
                      });
}

void Tuner::import(const v1::ImportTuningRequest& request, Reply<v1::TuningRun> reply)
{
    if (request.content().size() > kMostImportBytes)
        return reply(validationError("The file is larger than 1 MB."));
    const auto points = result_file::parse(request.content());
    if (!points.ok())
        return reply(points.status());
    v1::TuningRun run = result_file::imported(*points);
    run.set_id(randomUuid());
    run.set_function_name(request.function_name());
    run.set_started_at_ms(m_parts.clock.unixMillis());
    m_history->save(run, [run, reply = std::move(reply)](const absl::Status& status) {
        if (status.ok())
            reply(run);
        else
            reply(status);
    });
}

} // namespace gantry::tuning
