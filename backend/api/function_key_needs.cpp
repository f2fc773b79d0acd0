#include "backend/api/key_needs.h"

#include "aws/lambda.pb.h"
#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/iam/explain.h"

#include <absl/strings/str_cat.h>

#include <string>
#include <vector>

// What it needs to have a function's environment variables encrypted with a key of one's choice
// ("Securing Lambda environment variables" in the Lambda developer guide). The grant that Lambda
// makes with the caller's kms:CreateGrant is what lets the function read them later.
namespace gantry::api {
namespace {

using google::protobuf::Message;
using iam::AccessControl;
using iam::Need;

absl::Status refusal(const absl::Status& denied)
{
    return makeError("AccessDeniedException", 403,
                     absl::StrCat("Lambda was unable to configure access to your environment "
                                  "variables because the KMS access was denied. Please check your "
                                  "KMS permissions. KMS Exception: AccessDeniedException KMS "
                                  "Message: ",
                                  awsErrorOf(denied).message));
}

class VariableNeeds final {
public:
    explicit VariableNeeds(const KeyUses& uses) : m_uses(uses) {}

    void use(const char* action, const std::string& key, const std::string& functionArn,
             std::vector<Need>& needs) const
    {
        needs.push_back(m_uses.through("lambda", action, key,
                                       {{"aws:lambda:FunctionArn", functionArn}}));
        needs.back().context.set("kms:GrantIsForAWSResource", "true");
        needs.back().refusal = refusal;
    }

    void seal(const std::string& key, const std::string& functionArn,
              std::vector<Need>& needs) const
    {
        use("kms:Encrypt", key, functionArn, needs);
        use("kms:CreateGrant", key, functionArn, needs);
    }

private:
    const KeyUses m_uses;
};

void onUpdate(const VariableNeeds& variables, const functions::Registry& registry,
              const aws::lambda::UpdateFunctionConfigurationRequest& request,
              std::vector<Need>& needs)
{
    const auto found = registry.find(request.function_name());
    if (!found.ok())
        return;
    const auto& now = found->version->configuration;
    const std::string& key = request.has_kms_key_arn() ? request.kms_key_arn() : now.kms_key_arn();
    const std::string arn = functions::functionArn(registry.place(), found->function->name, {});
    const bool moves = key != now.kms_key_arn();
    // Variables that stay are read with the old key, to be encrypted with the new one.
    if (moves && !request.has_environment() && !now.kms_key_arn().empty() &&
        !found->version->sealedVariables.empty())
        variables.use("kms:Decrypt", now.kms_key_arn(), arn, needs);
    if (!key.empty() && (moves || request.has_environment()))
        variables.seal(key, arn, needs);
}

} // namespace

void addFunctionKeyNeeds(AccessControl& access, const KeyUses& uses,
                         const functions::Registry& registry)
{
    const VariableNeeds variables(uses);
    access.addNeeds(aws::lambda::CreateFunctionRequest::descriptor(),
                    [variables](const Message& message, std::vector<Need>& needs) {
                        const auto& request =
                            static_cast<const aws::lambda::CreateFunctionRequest&>(message);
                        if (!request.kms_key_arn().empty())
                            variables.seal(request.kms_key_arn(),
                                           std::string(needs.front().resource), needs);
                    });
    access.addNeeds(
        aws::lambda::UpdateFunctionConfigurationRequest::descriptor(),
        [variables, &registry](const Message& message, std::vector<Need>& needs) {
            onUpdate(variables, registry,
                     static_cast<const aws::lambda::UpdateFunctionConfigurationRequest&>(message),
                     needs);
        });
}

namespace {

// The function's ARN without a version, which its variables are bound to.
std::string unqualified(const aws::lambda::FunctionConfiguration& configuration)
{
    const std::string& arn = configuration.function_arn();
    const std::size_t name = arn.find(":function:") + sizeof(":function:") - 1;
    return arn.substr(0, arn.find(':', name));
}

Need decryptNeed(const KeyUses& uses, const aws::lambda::FunctionConfiguration& configuration)
{
    return uses.through("lambda", "kms:Decrypt", configuration.kms_key_arn(),
                        {{"aws:lambda:FunctionArn", unqualified(configuration)}});
}

std::string deniedText(const absl::Status& denied)
{
    return absl::StrCat("Lambda was unable to decrypt your environment variables because the KMS "
                        "access was denied. Please check your KMS permissions. KMS Exception: "
                        "AccessDeniedException KMS Message: ",
                        awsErrorOf(denied).message);
}

} // namespace

std::function<void(aws::lambda::FunctionConfiguration&)>
concealFor(const AccessControl& access, const KeyUses& uses, const Call& call)
{
    if (!call.credential || access.isRoot(*call.credential))
        return nullptr;
    return [&access, uses, credential = *call.credential](
               aws::lambda::FunctionConfiguration& configuration) {
        if (configuration.kms_key_arn().empty() ||
            configuration.environment().variables().empty())
            return;
        const absl::Status denied = access.authorize(
            credential, access.describe(credential, decryptNeed(uses, configuration)));
        if (denied.ok())
            return;
        auto& environment = *configuration.mutable_environment();
        environment.clear_variables();
        environment.mutable_error()->set_error_code("AccessDeniedException");
        environment.mutable_error()->set_message(deniedText(denied));
    };
}

absl::Status checkVariablesKey(const AccessControl& access, const KeyUses& uses,
                               const aws::lambda::FunctionConfiguration& configuration,
                               const iam::Credential& session)
{
    if (configuration.kms_key_arn().empty() || configuration.environment().variables().empty())
        return absl::OkStatus();
    const iam::AccessRequest asked =
        access.describe(session, decryptNeed(uses, configuration));
    const iam::PolicySet policies = access.policiesFor(session, asked);
    const iam::Decision decision = access.decide(asked, policies);
    if (decision.verdict != iam::Verdict::ExplicitDeny)
        return absl::OkStatus();
    return makeError("KMSAccessDeniedException", 502,
                     absl::StrCat("Lambda was unable to decrypt the environment variables because "
                                  "KMS access was denied. Please check the function's KMS key "
                                  "settings. KMS Exception: AccessDeniedException KMS Message: ",
                                  iam::denialMessage(asked, decision)));
}

} // namespace gantry::api
