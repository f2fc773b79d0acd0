#pragma once

#include "backend/api/operation_table.h"
#include "gantry/v1/monitor.pb.h"

#include <deque>
#include <memory>
#include <vector>

namespace gantry::functions {
class Registry;
struct Change;
} // namespace gantry::functions

namespace gantry::api {

// The functions there are and every change of one, for whoever watches. Nothing is left out: what a
// slow reader has no room for waits in its queue.
class FunctionFeed final {
public:
    explicit FunctionFeed(functions::Registry& registry) : m_registry(registry) {}

    void watch(CallPtr call, StreamPtr sink);
    void changed(const functions::Change& change);

private:
    struct Watcher : std::enable_shared_from_this<Watcher> {
        void push(v1::FunctionEvent event);
        void drain();

        StreamPtr sink;
        std::deque<v1::FunctionEvent> queue;
        bool waits = false; // for room
        bool gone = false;
    };

    functions::Registry& m_registry;
    std::vector<std::shared_ptr<Watcher>> m_watchers;
};

} // namespace gantry::api
