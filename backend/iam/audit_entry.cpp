#include "backend/iam/audit_entry.h"

#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

namespace gantry::iam {
namespace {

namespace json = boost::json;

constexpr std::string_view kDecisions[] = {"unknown", "allowed", "denied", "rejected"};

void put(json::object& object, const char* name, const std::string& value)
{
    if (!value.empty())
        object[name] = value;
}

std::string text(const json::object& object, const char* name)
{
    const json::value* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::int64_t number(const json::object& object, const char* name)
{
    const json::value* value = object.if_contains(name);
    return value && value->is_int64() ? value->as_int64() : 0;
}

v1::AuditDecision decisionOf(std::string_view name)
{
    for (int i = 1; i < 4; ++i) {
        if (kDecisions[i] == name)
            return static_cast<v1::AuditDecision>(i);
    }
    return v1::AUDIT_DECISION_UNSPECIFIED;
}

// A single-valued key is a string, a multivalued one a list.
json::object contextOf(const v1::AuditEntry& entry)
{
    json::object context;
    for (const v1::ContextValue& value : entry.context()) {
        if (!value.many() && value.values_size() == 1) {
            context[value.key()] = value.values(0);
            continue;
        }
        json::array values;
        for (const std::string& each : value.values())
            values.emplace_back(each);
        context[value.key()] = std::move(values);
    }
    return context;
}

json::array alsoOf(const v1::AuditEntry& entry)
{
    json::array also;
    for (const v1::AuditedUse& use : entry.also())
        also.push_back(json::object{{"action", use.action()}, {"resource", use.resource()}});
    return also;
}

void readAlso(const json::array& also, v1::AuditEntry& entry)
{
    for (const json::value& each : also) {
        if (!each.is_object())
            continue;
        v1::AuditedUse& use = *entry.add_also();
        use.set_action(text(each.as_object(), "action"));
        use.set_resource(text(each.as_object(), "resource"));
    }
}

void readContext(const json::object& context, v1::AuditEntry& entry)
{
    for (const json::key_value_pair& pair : context) {
        v1::ContextValue& value = *entry.add_context();
        value.set_key(std::string(pair.key()));
        if (pair.value().is_string())
            value.add_values(std::string(pair.value().as_string()));
        if (!pair.value().is_array())
            continue;
        value.set_many(true);
        for (const json::value& each : pair.value().as_array()) {
            if (each.is_string())
                value.add_values(std::string(each.as_string()));
        }
    }
}

} // namespace

std::string auditLine(const v1::AuditEntry& entry, std::string_view previousHash)
{
    json::object line;
    line["previousHash"] = json::string_view(previousHash.data(), previousHash.size());
    line["sequence"] = entry.sequence();
    line["timeMs"] = entry.time_ms();
    if (entry.count() > 1) {
        line["lastTimeMs"] = entry.last_time_ms();
        line["count"] = entry.count();
    }
    put(line, "requestId", entry.request_id());
    put(line, "door", entry.door());
    put(line, "principal", entry.principal_arn());
    put(line, "accessKeyId", entry.access_key_id());
    put(line, "action", entry.action());
    put(line, "resource", entry.resource());
    const std::string_view decision = kDecisions[entry.decision() & 3];
    line["decision"] = json::string_view(decision.data(), decision.size());
    put(line, "reason", entry.reason());
    put(line, "policy", entry.policy());
    put(line, "policySource", entry.policy_source());
    put(line, "statement", entry.statement());
    put(line, "sourceIp", entry.source_ip());
    put(line, "userAgent", entry.user_agent());
    if (entry.context_size() > 0)
        line["context"] = contextOf(entry);
    if (entry.also_size() > 0)
        line["also"] = alsoOf(entry);
    return json::serialize(line);
}

std::optional<AuditLine> readAuditLine(std::string_view line)
{
    json::error_code error;
    const json::value parsed = json::parse(json::string_view(line.data(), line.size()), error);
    if (error || !parsed.is_object())
        return std::nullopt;
    const json::object& object = parsed.as_object();
    AuditLine read;
    read.previousHash = text(object, "previousHash");
    v1::AuditEntry& entry = read.entry;
    entry.set_sequence(number(object, "sequence"));
    entry.set_time_ms(number(object, "timeMs"));
    entry.set_count(object.contains("count") ? number(object, "count") : 1);
    entry.set_last_time_ms(object.contains("lastTimeMs") ? number(object, "lastTimeMs")
                                                         : entry.time_ms());
    entry.set_request_id(text(object, "requestId"));
    entry.set_door(text(object, "door"));
    entry.set_principal_arn(text(object, "principal"));
    entry.set_access_key_id(text(object, "accessKeyId"));
    entry.set_action(text(object, "action"));
    entry.set_resource(text(object, "resource"));
    entry.set_decision(decisionOf(text(object, "decision")));
    entry.set_reason(text(object, "reason"));
    entry.set_policy(text(object, "policy"));
    entry.set_policy_source(text(object, "policySource"));
    entry.set_statement(text(object, "statement"));
    entry.set_source_ip(text(object, "sourceIp"));
    entry.set_user_agent(text(object, "userAgent"));
    if (const json::value* context = object.if_contains("context"); context && context->is_object())
        readContext(context->as_object(), entry);
    if (const json::value* also = object.if_contains("also"); also && also->is_array())
        readAlso(also->as_array(), entry);
    return read;
}

std::string auditHash(std::string_view line)
{
    return toHex(sha256(line));
}

std::string auditPrincipal(std::string_view arn)
{
    const auto parts = splitArn(arn);
    if (!parts)
        return std::string(arn);
    std::string_view resource = (*parts)[5];
    constexpr std::string_view kSession = "assumed-role/";
    if (resource.starts_with(kSession)) {
        resource.remove_prefix(kSession.size());
        return absl::StrCat("role/", view(resource.substr(0, resource.find('/'))));
    }
    // Paths tell nothing: names are unique without them.
    const std::size_t first = resource.find('/');
    if (first == std::string_view::npos)
        return std::string(resource);
    return absl::StrCat(view(resource.substr(0, first + 1)),
                        view(resource.substr(resource.rfind('/') + 1)));
}

} // namespace gantry::iam
