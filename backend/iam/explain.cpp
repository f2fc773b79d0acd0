#include "backend/iam/explain.h"

#include "backend/base/text.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

namespace gantry::iam {
namespace {

// A value of a hostile request must not fill a log.
constexpr std::size_t kShown = 200;

std::string shown(std::string_view text)
{
    return text.size() <= kShown ? std::string(text)
                                 : absl::StrCat(view(text.substr(0, kShown)), "...");
}

template <class Items> std::string sources(const Items& items)
{
    return shown(absl::StrJoin(items, ", ", [](std::string* out, const auto& item) {
        absl::StrAppend(out, item.source());
    }));
}

// "a policy of type": as in "no identity-based policy allows".
std::string_view typeName(PolicySource source)
{
    switch (source) {
    case PolicySource::Boundary:
        return "permissions boundary";
    case PolicySource::Session:
        return "session policy";
    case PolicySource::Resource:
        return "resource-based policy";
    default:
        return "identity-based policy";
    }
}

std::string conditionText(const AccessRequest& request, const Condition& condition)
{
    const PolicyContext::Value* value = request.context.find(condition.lowerKey());
    std::string has = "does not have it";
    if (value)
        has = absl::StrCat(
            "has ", value->values.empty() ? "no value" : shown(absl::StrJoin(value->values, ", ")));
    return absl::StrCat(condition.name(), " on ", condition.key(), " wants ",
                        shown(absl::StrJoin(condition.values(), " or ")), "; the request ", has);
}

std::string nameOf(const StatementRef& ref)
{
    return absl::StrCat(ref.statement().label(ref.index), " of ", view(typeName(ref.source)), " ",
                        ref.policy->name);
}

} // namespace

std::string_view sourceName(PolicySource source)
{
    return typeName(source);
}

std::string denialMessage(const AccessRequest& request, const Decision& decision)
{
    std::string text =
        absl::StrCat("User: ", request.caller.arn.empty() ? "anonymous" : request.caller.arn,
                     " is not authorized to perform: ", request.action,
                     request.resource == "*" ? "" : " on resource: ",
                     request.resource == "*" ? "" : shown(request.resource));
    const std::string_view type = typeName(decision.source);
    if (decision.verdict == Verdict::ExplicitDeny)
        absl::StrAppend(&text, " with an explicit deny in ",
                        decision.source == PolicySource::Identity ? "an " : "a ", view(type));
    else
        absl::StrAppend(&text, " because no ", view(type), " allows the ", request.action,
                        " action");
    return text;
}

std::string explain(const AccessRequest& request, const Decision& decision)
{
    if (decision.allowed())
        return absl::StrCat("Allowed by ", nameOf(*decision.statement), ".");
    if (decision.statement)
        return absl::StrCat("Denied explicitly by ", nameOf(*decision.statement),
                            "; no other policy can allow what it denies.");
    switch (decision.because) {
    case Because::NoBoundaryAllows:
        return absl::StrCat("Denied: the permissions boundary does not allow ", request.action,
                            ", so no other policy of this identity can grant it.");
    case Because::NoSessionAllows:
        return absl::StrCat("Denied: the session policy does not allow ", request.action, ".");
    case Because::NoResourceAllows:
        return absl::StrCat("Denied: the policy of the resource does not allow ", request.action,
                            " to ", request.caller.arn.empty() ? "everyone" : request.caller.arn,
                            ".");
    default:
        return absl::StrCat("Denied: no policy of ", request.caller.arn, " allows ", request.action,
                            " on ", shown(request.resource), ".");
    }
}

std::string explain(const AccessRequest& request, const StatementOutcome& outcome)
{
    const Statement& statement = outcome.statement.statement();
    switch (outcome.result) {
    case StatementOutcome::Result::OtherAction:
        return absl::StrCat(request.action,
                            statement.notAction ? " is excepted by NotAction " : " is not among ",
                            sources(statement.actions));
    case StatementOutcome::Result::OtherPrincipal:
        return absl::StrCat(
            request.caller.arn.empty() ? "An anonymous caller" : request.caller.arn,
            statement.notPrincipal ? " is excepted by NotPrincipal " : " is not among ",
            shown(absl::StrJoin(statement.principals, ", ",
                                [](std::string* out, const PrincipalPattern& principal) {
                                    absl::StrAppend(out, principal.source);
                                })));
    case StatementOutcome::Result::OtherResource:
        return absl::StrCat(shown(request.resource),
                            statement.notResource ? " is excepted by NotResource "
                                                  : " is not among ",
                            sources(statement.resources));
    case StatementOutcome::Result::ConditionFails:
        return conditionText(request, statement.conditions[outcome.condition]);
    default:
        return statement.allows ? "Applies: allows" : "Applies: denies";
    }
}

} // namespace gantry::iam
