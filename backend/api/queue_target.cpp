#include "backend/api/queue_target.h"

#include "aws/sqs.pb.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/iam/access.h"
#include "backend/iam/role_sessions.h"
#include "backend/queues/queues.h"

#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::api {

QueueTarget::QueueTarget(queues::Queues& queues, const functions::Registry& registry,
                         const iam::AccessControl& access, iam::RoleSessions& sessions)
    : m_queues(queues), m_registry(registry), m_access(access), m_sessions(sessions)
{
}

absl::Status QueueTarget::check(const std::string& queueArn, const std::string& roleArn,
                                const std::string& functionName) const
{
    if (!m_queues.exists(queueArn))
        return queues::noSuchQueue();
    const auto session = m_sessions.assume(
        roleArn, functionName, functions::functionArn(m_registry.place(), functionName));
    if (!session.ok())
        return session.status();
    if (!*session)
        return makeError("AccessDeniedException", 403,
                         absl::StrCat("The role ", roleArn, " is of another account."));
    return m_access.authorize(**session,
                              m_access.describe(**session, "sqs:SendMessage", queueArn));
}

void QueueTarget::send(const invoke::EventMessage& message, std::function<void(absl::Status)> done)
{
    const auto target = m_registry.find(message.functionName, message.qualifier);
    if (!target.ok())
        return done(target.status());
    const std::string role = target->version->configuration.role();
    if (absl::Status allowed = check(message.arn, role, message.functionName); !allowed.ok())
        return done(allowed);
    aws::sqs::SendMessageRequest request;
    request.set_queue_url(queues::nameFromArn(message.arn));
    request.set_message_body(*message.body);
    for (const auto& [name, value] : message.attributes) {
        if (value.empty())
            continue; // SQS takes no empty ones
        auto& attribute = (*request.mutable_message_attributes())[name];
        attribute.set_data_type(name == "ErrorCode" ? "Number" : "String");
        attribute.set_string_value(value);
    }
    auto& trace = (*request.mutable_message_system_attributes())["AWSTraceHeader"];
    trace.set_data_type("String");
    trace.set_string_value(message.traceId);
    m_queues.send(request, role, [done = std::move(done)](const auto& sent) { done(sent.status()); });
}

} // namespace gantry::api
