#include "backend/iam/role_sessions.h"

#include "backend/base/error.h"
#include "backend/iam/directory.h"
#include "backend/iam/evaluator.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::iam {
namespace {

constexpr std::string_view kLambda = "lambda.amazonaws.com";

bool trustsLambda(const Directory& directory, const record::Identity& role,
                  const std::string& functionArn)
{
    auto trust = Policy::parse(role.trust(), PolicyKind::Trust, {std::size_t(-1)});
    if (!trust.ok())
        return false;
    AccessRequest asked;
    asked.caller = Caller::of(kLambda);
    asked.action = "sts:AssumeRole";
    asked.resource = directory.arn(IdentityKind::Role, role);
    asked.resourceAccount = directory.account().id();
    asked.context.set("aws:SourceAccount", directory.account().id());
    asked.context.set("aws:SourceArn", functionArn);
    PolicySet policies;
    policies.resource = NamedPolicy{"trust of " + role.name(), *std::move(trust)};
    policies.resourceDelegates = true;
    return evaluate(asked, policies).allowed();
}

} // namespace

absl::StatusOr<std::shared_ptr<const Credential>>
RoleSessions::assume(const std::string& roleArn, const std::string& functionName,
                     const std::string& functionArn)
{
    const std::string& account = m_directory.account().id();
    const auto parts = splitArn(roleArn);
    if (!parts || (*parts)[4] != account)
        return nullptr;
    const std::string_view resource = (*parts)[5];
    const record::Identity* role =
        resource.starts_with("role/")
            ? m_directory.find(IdentityKind::Role, resource.substr(resource.rfind('/') + 1))
            : nullptr;
    if (!role || !trustsLambda(m_directory, *role, functionArn))
        return makeError("AccessDeniedException", 403,
                         "The role defined for the function cannot be assumed by Lambda.");
    record::Session session;
    Directory::makeKeys(session);
    session.set_expires_seconds(m_directory.nowMs() / 1000 + m_seconds);
    session.set_role(role->name());
    session.set_principal_arn(
        absl::StrCat("arn:aws:sts::", account, ":assumed-role/", role->name(), "/", functionName));
    session.set_source_function_arn(functionArn);
    auto own = std::make_unique<Credential>(*m_directory.addVolatileSession(std::move(session)));
    return std::shared_ptr<const Credential>(
        own.release(), [&directory = m_directory](const Credential* credential) {
            directory.dropVolatileSession(credential->accessKeyId);
            delete credential;
        });
}

} // namespace gantry::iam
