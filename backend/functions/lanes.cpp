#include "backend/functions/lanes.h"

#include <absl/container/flat_hash_map.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <deque>
#include <utility>

namespace gantry::functions {

struct Lanes::State : std::enable_shared_from_this<State> {
    explicit State(boost::asio::io_context& io) : io(io) {}

    Pass pass(const std::string& name)
    {
        return Pass(this, [self = shared_from_this(), name](void*) { self->leave(name); });
    }

    // Posted, not called: a chain of short changes must not nest.
    void leave(const std::string& name)
    {
        const auto lane = waiting.find(name);
        if (lane == waiting.end())
            return;
        if (lane->second.empty()) {
            waiting.erase(lane);
            return;
        }
        auto begin = std::move(lane->second.front());
        lane->second.pop_front();
        boost::asio::post(io, [self = shared_from_this(), name, begin = std::move(begin)] {
            if (!self->closed)
                begin(self->pass(name));
        });
    }

    boost::asio::io_context& io;
    bool closed = false;
    // A lane exists while a change is under way in it.
    absl::flat_hash_map<std::string, std::deque<std::function<void(Pass)>>> waiting;
};

Lanes::Lanes(boost::asio::io_context& io) : m_state(std::make_shared<State>(io)) {}

Lanes::~Lanes()
{
    m_state->closed = true;
    m_state->waiting.clear();
}

void Lanes::enter(const std::string& name, std::function<void(Pass)> begin)
{
    const auto [lane, isFree] = m_state->waiting.try_emplace(name);
    if (isFree)
        begin(m_state->pass(name));
    else
        lane->second.push_back(std::move(begin));
}

} // namespace gantry::functions
