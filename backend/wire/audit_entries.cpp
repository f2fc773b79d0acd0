#include "backend/wire/audit_entries.h"

#include "backend/base/error.h"
#include "backend/iam/sigv4.h"

#include <algorithm>
#include <utility>

namespace gantry::wire {
namespace {

constexpr int kDepth = 4; // to which an answer is looked at
constexpr int kMostUses = 110; // 100 alarms, with room

bool showsSensitive(const MessageSchema* message, int depth)
{
    return message && depth > 0 &&
           std::any_of(message->fields.begin(), message->fields.end(),
                       [depth](const FieldSchema& field) {
                           return field.sensitive || showsSensitive(field.message, depth - 1);
                       });
}

// The platform's own operations say by their first word what they do.
bool onlyReads(const OperationSchema& operation)
{
    const std::string& name = operation.method->name();
    constexpr std::string_view kReading[] = {"Get",    "List",     "Watch",    "Query",   "Audit",
                                             "Export", "Simulate", "Validate", "Preview", "Verify",
                                             "Generate"};
    return operation.options->read_only() ||
           (operation.method->file()->package() == "gantry.v1" &&
            std::any_of(std::begin(kReading), std::end(kReading),
                        [&name](std::string_view word) { return name.starts_with(word); }));
}

} // namespace

bool isKept(const OperationSchema& operation)
{
    return !onlyReads(operation) || showsSensitive(operation.output, kDepth);
}

void addDecision(const iam::AccessRequest& asked, iam::Judgement judged, v1::AuditEntry& entry)
{
    entry.set_decision(judged.allowed ? v1::AUDIT_ALLOWED : v1::AUDIT_DENIED);
    entry.set_reason(std::move(judged.reason));
    entry.set_policy(std::move(judged.policy));
    entry.set_policy_source(std::move(judged.policySource));
    entry.set_statement(std::move(judged.statement));
    if (judged.allowed)
        return;
    entry.set_action(asked.action);
    entry.set_resource(asked.resource);
    entry.clear_also();
    for (const auto& [key, value] : asked.context.all()) {
        v1::ContextValue& kept = *entry.add_context();
        kept.set_key(key);
        kept.set_many(value.many);
        for (const std::string& each : value.values)
            kept.add_values(each);
    }
}

void addUse(const std::string& action, const std::string& resource, v1::AuditEntry& entry)
{
    if (entry.also_size() >= kMostUses)
        return;
    v1::AuditedUse& use = *entry.add_also();
    use.set_action(action);
    use.set_resource(resource);
}

void addSource(std::string_view door, const HttpRequest& request, v1::AuditEntry& entry)
{
    entry.set_door(std::string(door));
    entry.set_source_ip(request.remoteAddress);
    if (const HttpHeader* agent = request.header("user-agent"))
        entry.set_user_agent(std::string(agent->value));
}

v1::AuditEntry rejectedEntry(std::string_view door, const HttpRequest& request,
                             const std::string& requestId, const absl::Status& status)
{
    v1::AuditEntry entry;
    addSource(door, request, entry);
    entry.set_request_id(requestId);
    entry.set_principal_arn("anonymous");
    const std::string service = iam::SigV4Verifier::scopeService(request);
    entry.set_action(service.size() <= 32 && !service.empty() ? service + ":*" : "*");
    entry.set_resource("*");
    entry.set_decision(v1::AUDIT_REJECTED);
    entry.set_reason(awsErrorOf(status).name); // the message repeats what was sent
    return entry;
}

} // namespace gantry::wire
