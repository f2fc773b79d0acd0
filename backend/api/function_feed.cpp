#include "backend/api/function_feed.h"

#include "backend/functions/overview.h"
#include "backend/functions/registry.h"

#include <utility>

namespace gantry::api {
namespace {

v1::FunctionEvent eventOf(v1::FunctionEvent::Kind kind)
{
    v1::FunctionEvent event;
    event.set_kind(kind);
    return event;
}

v1::FunctionEvent eventOf(const functions::Change& change)
{
    using Kind = functions::Change::Kind;
    v1::FunctionEvent event = eventOf(change.kind == Kind::Created   ? v1::FunctionEvent::CREATED
                                      : change.kind == Kind::Deleted ? v1::FunctionEvent::DELETED
                                                                     : v1::FunctionEvent::UPDATED);
    if (change.function)
        *event.mutable_function() = functions::overviewOf(*change.function);
    else
        event.mutable_function()->set_name(change.functionName);
    return event;
}

} // namespace

void FunctionFeed::watch(CallPtr call, StreamPtr sink)
{
    auto watcher = std::make_shared<Watcher>();
    watcher->sink = std::move(sink);
    call->onCancelled = [weak = std::weak_ptr<Watcher>(watcher)] {
        if (const auto watcher = weak.lock())
            watcher->gone = true;
    };
    m_watchers.push_back(watcher);
    for (v1::FunctionOverview& overview : m_registry.overviews()) {
        v1::FunctionEvent event = eventOf(v1::FunctionEvent::PRESENT);
        *event.mutable_function() = std::move(overview);
        watcher->push(std::move(event));
    }
    watcher->push(eventOf(v1::FunctionEvent::SNAPSHOT_END));
}

void FunctionFeed::changed(const functions::Change& change)
{
    std::erase_if(m_watchers, [](const auto& watcher) { return watcher->gone; });
    if (m_watchers.empty())
        return;
    const v1::FunctionEvent event = eventOf(change);
    for (const auto& watcher : m_watchers)
        watcher->push(event);
}

void FunctionFeed::Watcher::push(v1::FunctionEvent event)
{
    queue.push_back(std::move(event));
    if (!waits)
        drain();
}

void FunctionFeed::Watcher::drain()
{
    waits = false;
    while (!gone && !queue.empty()) {
        if (!sink->write(queue.front())) {
            waits = true;
            sink->onWritable([weak = weak_from_this()] {
                if (const auto self = weak.lock())
                    self->drain();
            });
            return;
        }
        queue.pop_front();
    }
}

} // namespace gantry::api
