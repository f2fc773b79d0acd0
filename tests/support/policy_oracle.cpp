// Decides access cases, one JSON object a line on stdin, one verdict a line on stdout: our end of
// the differential test (tests/clients/iam_simulate_test.py). A case has principal, action,
// resource, resourceAccount, context, and the policies identity[], boundary, session and resource;
// delegates: the resource's policy must let the account in, as that of a key. trust: it is a role's.
#include "backend/iam/evaluator.h"

#include <boost/json.hpp>

#include <cstdio>
#include <iostream>
#include <string>

namespace {

using namespace gantry;
namespace json = boost::json;

std::string text(const json::value& value)
{
    const json::string& string = value.as_string();
    return {string.data(), string.size()};
}

bool load(const json::value& document, iam::PolicyKind kind, std::optional<iam::NamedPolicy>& out,
          std::string& fault)
{
    const auto parsed = iam::Policy::parse(json::serialize(document), kind, {100'000});
    if (!parsed.ok()) {
        fault = std::string(parsed.status().message());
        return false;
    }
    out = iam::NamedPolicy{"policy", *parsed};
    return true;
}

std::string decide(const json::object& one)
{
    iam::AccessRequest request;
    request.caller = iam::Caller::of(text(one.at("principal")));
    request.action = text(one.at("action"));
    request.resource = text(one.at("resource"));
    request.resourceAccount = text(one.at("resourceAccount"));
    for (const auto& [key, value] : one.at("context").as_object()) {
        if (value.is_string()) {
            request.context.set({key.data(), key.size()}, text(value));
            continue;
        }
        std::vector<std::string> values;
        for (const json::value& each : value.as_array())
            values.push_back(text(each));
        request.context.setMany({key.data(), key.size()}, std::move(values));
    }
    iam::PolicySet policies;
    std::string fault;
    for (const json::value& each : one.at("identity").as_array()) {
        std::optional<iam::NamedPolicy> policy;
        if (!load(each, iam::PolicyKind::Identity, policy, fault))
            return "Invalid: " + fault;
        policies.identity.push_back(*std::move(policy));
    }
    const auto optional = [&](const char* name, iam::PolicyKind kind, auto& slot) {
        const json::value* document = one.if_contains(name);
        return !document || load(*document, kind, slot, fault);
    };
    std::optional<iam::NamedPolicy> session;
    if (!optional("boundary", iam::PolicyKind::Identity, policies.boundary) ||
        !optional("session", iam::PolicyKind::Identity, session) ||
        !optional("resourcePolicy",
                  one.contains("trust") ? iam::PolicyKind::Trust : iam::PolicyKind::Resource,
                  policies.resource))
        return "Invalid: " + fault;
    if (const json::value* delegates = one.if_contains("delegates"))
        policies.resourceDelegates = delegates->as_bool();
    if (session)
        policies.session = {*std::move(session)};
    switch (iam::evaluate(request, policies).verdict) {
    case iam::Verdict::Allowed:
        return "Allowed";
    case iam::Verdict::ExplicitDeny:
        return "ExplicitlyDenied";
    default:
        return "ImplicitlyDenied";
    }
}

} // namespace

int main()
{
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);)
        std::puts(decide(json::parse(line).as_object()).c_str());
    return 0;
}
