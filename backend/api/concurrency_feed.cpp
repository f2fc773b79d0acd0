#include "backend/api/concurrency_feed.h"

#include "backend/base/clock.h"
#include "backend/functions/registry.h"
#include "backend/invoke/fleet.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace gantry::api {
namespace {

constexpr int kMaxEnvironments = 2'000;
constexpr int kDefaultHertz = 4;

v1::LiveEnvironment::State stateOf(invoke::EnvironmentView::State state)
{
    switch (state) {
    case invoke::EnvironmentView::State::Starting:
        return v1::LiveEnvironment::STARTING;
    case invoke::EnvironmentView::State::Idle:
        return v1::LiveEnvironment::IDLE;
    case invoke::EnvironmentView::State::Busy:
        return v1::LiveEnvironment::BUSY;
    }
    return v1::LiveEnvironment::STATE_UNSPECIFIED;
}

} // namespace

ConcurrencyFeed::ConcurrencyFeed(boost::asio::io_context& io, const functions::Registry& registry,
                                 const invoke::Fleet& fleet, const Clock& clock)
    : m_registry(registry), m_fleet(fleet), m_clock(clock), m_timer(io, [this] { return beat(); })
{
}

void ConcurrencyFeed::watch(CallPtr call, const v1::WatchConcurrencyRequest& request,
                            StreamPtr sink)
{
    auto watcher = std::make_shared<Watcher>();
    watcher->sink = std::move(sink);
    const int hertz = request.max_rate_hz() > 0 ? std::min(request.max_rate_hz(), 10)
                                                : kDefaultHertz;
    watcher->everyBeats = std::max(1000 / FeedTimer::kPeriodMs / hertz, 1);
    call->onCancelled = [weak = std::weak_ptr<Watcher>(watcher)] {
        if (const auto watcher = weak.lock())
            watcher->gone = true;
    };
    m_watchers.push_back(watcher);
    watcher->sink->write(frame());
    m_timer.start();
}

bool ConcurrencyFeed::beat()
{
    std::erase_if(m_watchers, [](const auto& watcher) { return watcher->gone; });
    std::optional<v1::ConcurrencyFrame> cut; // one for all
    for (const auto& watcher : m_watchers) {
        if (++watcher->beats < watcher->everyBeats)
            continue;
        if (!cut)
            cut = frame();
        if (watcher->sink->write(*cut))
            watcher->beats = 0;
    }
    return !m_watchers.empty();
}

v1::ConcurrencyFrame ConcurrencyFeed::frame() const
{
    v1::ConcurrencyFrame frame;
    frame.set_time_ms(m_clock.unixMillis());
    frame.set_account_limit(m_registry.options().accountConcurrency);
    frame.set_unreserved_limit(m_registry.unreservedConcurrency());
    frame.set_unreserved_running(m_fleet.unreservedRunning());
    frame.set_least_unreserved(functions::kLeastUnreserved);
    addFunctions(frame);
    addEnvironments(frame);
    return frame;
}

void ConcurrencyFeed::addFunctions(v1::ConcurrencyFrame& frame) const
{
    std::map<std::string, v1::FunctionConcurrency> shown;
    for (const auto& [name, function] : m_registry.functions()) {
        if (function->reservedConcurrency)
            shown[name].set_reserved(*function->reservedConcurrency);
        for (const auto& [qualifier, config] : function->provisioned)
            shown[name].add_provisioned()->set_qualifier(qualifier);
    }
    for (const invoke::FunctionConcurrency& load : m_fleet.load()) {
        if (load.running == 0 && load.environments == 0 && !shown.contains(load.name))
            continue;
        shown[load.name].set_running(load.running);
        shown[load.name].set_environments(load.environments);
    }
    const std::vector<invoke::ProvisionedState> states = m_fleet.provisioned();
    for (auto& [name, concurrency] : shown) {
        concurrency.set_name(name);
        for (v1::ProvisionedConcurrency& item : *concurrency.mutable_provisioned()) {
            const auto& config =
                m_registry.functions().at(name)->provisioned.at(item.qualifier());
            item.set_requested(config.requested);
            item.set_status("IN_PROGRESS");
            for (const invoke::ProvisionedState& state : states) {
                if (state.functionName != name || state.qualifier != item.qualifier())
                    continue;
                item.set_allocated(state.allocated);
                item.set_in_use(state.inUse);
                item.set_status(state.status);
                item.set_status_reason(state.statusReason);
                item.set_invocations(state.invocations);
                item.set_spillovers(state.spillovers);
            }
        }
        *frame.add_functions() = std::move(concurrency);
    }
}

void ConcurrencyFeed::addEnvironments(v1::ConcurrencyFrame& frame) const
{
    std::vector<invoke::EnvironmentView> views = m_fleet.environments();
    // In an order that stays while they live, so that a cell does not move under the pointer.
    std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) {
        return std::tie(a.functionName, a.startedAtMicros, a.id) <
               std::tie(b.functionName, b.startedAtMicros, b.id);
    });
    frame.set_environments_total(static_cast<int>(views.size()));
    if (views.size() > kMaxEnvironments)
        views.resize(kMaxEnvironments);
    const std::string zone = zoneId(m_registry.place().region);
    for (const invoke::EnvironmentView& view : views) {
        v1::LiveEnvironment& added = *frame.add_environments();
        added.set_id(view.id);
        added.set_function_name(view.functionName);
        added.set_version(view.version);
        added.set_qualifier(view.qualifier);
        added.set_state(stateOf(view.state));
        added.set_started_at_ms(view.startedAtMicros / 1000);
        added.set_idle_ms(view.idleMicros / 1000);
        added.set_invocations(view.invocations);
        added.set_memory_peak_bytes(view.memoryPeakBytes);
        added.set_memory_mb(view.memoryMb);
        added.set_tenant_id(view.tenantId);
        added.set_zone(zone);
    }
}

} // namespace gantry::api
