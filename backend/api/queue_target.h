#pragma once

#include "backend/invoke/async_queue.h"

#include <absl/status/status.h>

#include <functional>
#include <string>

namespace gantry::functions {
class Registry;
}
namespace gantry::iam {
class AccessControl;
class RoleSessions;
} // namespace gantry::iam
namespace gantry::queues {
class Queues;
}

namespace gantry::api {

// Sends what is left of asynchronous events to queues, as the function: its execution role must be
// allowed to send to the queue, then and when the queue is configured.
class QueueTarget final : public invoke::EventTarget {
public:
    QueueTarget(queues::Queues& queues, const functions::Registry& registry,
                const iam::AccessControl& access, iam::RoleSessions& sessions);

    void send(const invoke::EventMessage& message, std::function<void(absl::Status)> done) override;

    // Whether a function with that role could send to the queue. Errors as SQS has them, or
    // AccessDeniedException.
    absl::Status check(const std::string& queueArn, const std::string& roleArn,
                       const std::string& functionName) const;

private:
    queues::Queues& m_queues;
    const functions::Registry& m_registry;
    const iam::AccessControl& m_access;
    iam::RoleSessions& m_sessions;
};

} // namespace gantry::api
