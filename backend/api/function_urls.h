#pragma once

#include "backend/api/url_event.h"
#include "backend/functions/registry.h"

#include <functional>
#include <memory>
#include <random>

namespace gantry {
class Clock;
}
namespace gantry::invoke {
class Dispatcher;
struct Result;
}

namespace gantry::api {

// Serves function URLs: the request becomes an event, what the function answers becomes the reply,
// at once or as it comes. Where the request came in and who may send it is the front's business.
// I/O thread only; everything given must outlive it.
class FunctionUrls final {
public:
    using Reply = std::function<void(HttpReply)>;

    FunctionUrls(functions::Registry& registry, invoke::Dispatcher& dispatcher, const Clock& clock)
        : m_registry(registry), m_dispatcher(dispatcher), m_clock(clock)
    {
    }

    // Null when no URL has that id.
    const functions::UrlPlace* find(const std::string& id) const { return m_registry.findUrl(id); }

    // Replies once. A caller that goes away changes nothing: the function runs to its end.
    void serve(const functions::UrlPlace& place, const UrlRequest& request, Reply reply);

private:
    functions::Registry& m_registry;
    invoke::Dispatcher& m_dispatcher;
    const Clock& m_clock;
    std::mt19937_64 m_random{std::random_device{}()}; // spreads a routed alias
    std::uniform_real_distribution<double> m_uniform{0, 1};
};

// An error as a function URL words it.
HttpReply urlError(const absl::Status& status);

} // namespace gantry::api
