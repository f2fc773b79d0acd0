#pragma once

#include "backend/api/webhook.h"
#include "gantry/store/alarms.pb.h"

#include <absl/status/status.h>

#include <functional>
#include <string>
#include <string_view>

namespace gantry::functions {
class Registry;
}
namespace gantry::invoke {
class AsyncQueue;
}

namespace gantry::api {

class AlarmFeed;

// The action that shows a desktop notification in the console.
inline constexpr std::string_view kDesktopAction = "gantry:desktop";

// Whether an alarm may have such an action: an ARN, the URL of a webhook or kDesktopAction.
absl::Status checkAlarmAction(const std::string& action);
bool isFunctionAction(std::string_view action);

// Does what alarms ask for: gives the event to a function's queue, posts it to a URL, notifies. What is
// given here must outlive it.
class AlarmActions final {
public:
    AlarmActions(boost::asio::io_context& io, functions::Registry& registry,
                 invoke::AsyncQueue& queue, AlarmFeed& feed)
        : m_webhook(io), m_registry(registry), m_queue(queue), m_feed(feed)
    {
    }

    void perform(const std::string& action, const record::StoredAlarm& alarm, std::string event,
                 std::function<void(absl::Status)> done);

private:
    void invoke(const std::string& arn, std::string event, std::function<void(absl::Status)> done);

    Webhook m_webhook;
    functions::Registry& m_registry;
    invoke::AsyncQueue& m_queue;
    AlarmFeed& m_feed;
};

} // namespace gantry::api
