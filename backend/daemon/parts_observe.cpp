#include "backend/daemon/parts.h"

#include "backend/invoke/async_rules.h"

#include <filesystem>
#include <utility>

// What watches over the metrics: alarms, objectives and findings.
namespace gantry {
namespace {

namespace fs = std::filesystem;

} // namespace

absl::Status Daemon::Parts::openAlarms()
{
    metricData.emplace(metricReader(), clock);
    if (auto status = openObjectives(); !status.ok())
        return status;
    auto opened = observe::alarms::Alarms::open(
        io, fs::path(options.dataDirectory) / "alarms.db", *metricData,
        {account->id(), account->region()},
        [this](const std::string& action, const record::StoredAlarm& alarm, std::string event,
               auto done) {
            alarmActions->perform(action, alarm, std::move(event), std::move(done));
        });
    if (!opened.ok())
        return opened.status();
    alarms = *std::move(opened);
    alarmFeed.emplace(io, *alarms);
    alarmActions.emplace(io, *registry, *queue, *alarmFeed);
    auto boards = observe::cloudwatch::Dashboards::open(
        io, fs::path(options.dataDirectory) / "dashboards.db");
    if (!boards.ok())
        return boards.status();
    dashboards = *std::move(boards);
    return absl::OkStatus();
}

// Every metric that there is: burn rates of objectives, the platform's own, published ones.
observe::cloudwatch::MetricReader Daemon::Parts::metricReader()
{
    return [this](observe::cloudwatch::Metric metric, observe::cloudwatch::Grid grid, auto done) {
        if (observe::slo::Objectives::isBurnRate(metric))
            return objectives->readBurnRate(metric, grid, std::move(done));
        observe::cloudwatch::readMetric(*recorder, std::move(metric), grid, std::move(done));
    };
}

absl::Status Daemon::Parts::openObjectives()
{
    auto opened = observe::slo::Objectives::open(
        io, fs::path(options.dataDirectory) / "slo.db", *metricData,
        {account->id(), account->region()}, [this](const std::string& name) {
            return registry->functions().contains(name);
        });
    if (!opened.ok())
        return opened.status();
    objectives = *std::move(opened);
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openFindings()
{
    auto opened = observe::findings::Findings::open(
        io, fs::path(options.dataDirectory) / "findings.db", *recorder,
        [this] { return surroundings(); });
    if (!opened.ok())
        return opened.status();
    findings = *std::move(opened);
    return absl::OkStatus();
}

// What findings need beside metrics and records: how functions are set, and what their events do.
observe::findings::Surroundings Daemon::Parts::surroundings() const
{
    observe::findings::Surroundings all;
    for (const auto& [name, function] : registry->functions()) {
        observe::findings::FunctionSettings& settings = all[name];
        settings.memoryMb = function->latest->configuration.memory_size();
        settings.timeoutMs = function->latest->configuration.timeout() * 1'000;
        settings.isReserved = function->reservedConcurrency.has_value();
        settings.concurrencyLimit =
            function->reservedConcurrency.value_or(registry->unreservedConcurrency());
    }
    queue->forEach([&all](std::int64_t, invoke::AsyncQueue::State state, const record::EventRecord& event) {
        const auto settings = all.find(event.function_name());
        if (settings == all.end() || !event.target_arn().empty())
            return;
        if (state == invoke::AsyncQueue::State::Retrying)
            ++settings->second.retrying;
        if (event.condition() == invoke::conditions::kRecursion)
            settings->second.recursionsMs.push_back(event.died_us() / 1'000);
    });
    return all;
}

} // namespace gantry
