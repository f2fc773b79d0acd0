#include "backend/functions/variables.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/functions/arn.h"
#include "backend/keys/key_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/message_differencer.h>

#include <utility>

namespace gantry::functions {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr const char* kDefaultKey = "alias/aws/lambda";

std::string keyOf(const Configuration& configuration)
{
    return configuration.kms_key_arn().empty() ? kDefaultKey : configuration.kms_key_arn();
}

// The function's ARN without a version: a published version has the variables of $LATEST.
keys::Context contextOf(const Configuration& configuration)
{
    std::string arn = configuration.function_arn();
    constexpr int kColonsOfUnqualified = 6;
    int colons = 0;
    for (std::size_t i = 0; i < arn.size(); ++i) {
        if (arn[i] == ':' && ++colons > kColonsOfUnqualified)
            arn.resize(i);
    }
    return {{"aws:lambda:FunctionArn", arn}};
}

// Lambda's wording of what KMS says.
absl::Status lambdaError(const absl::Status& status, std::string_view verb)
{
    const std::string name = awsErrorOf(status).name;
    const std::string begin =
        absl::StrCat("Lambda was unable to ", view(verb), " the environment variables because the "
                                                          "KMS key ");
    if (name == "DisabledException")
        return makeError("KMSDisabledException", 502,
                         absl::StrCat(begin, "used is disabled. Please check the KMS key "
                                             "settings."));
    if (name == "KMSInvalidStateException")
        return makeError("KMSInvalidStateException", 502,
                         absl::StrCat(begin, "used is in an invalid state. Please check the KMS "
                                             "key settings."));
    if (name == "NotFoundException")
        return makeError("KMSNotFoundException", 502,
                         absl::StrCat(begin, "was not found. Please check the function's KMS key "
                                             "settings."));
    return status;
}

} // namespace

absl::StatusOr<std::string> sealVariables(const keys::KeyStore& keys,
                                          const Configuration& configuration,
                                          const VersionPtr& before)
{
    const bool sameKey =
        before && before->configuration.kms_key_arn() == configuration.kms_key_arn();
    if (sameKey && !before->sealedVariables.empty() &&
        MessageDifferencer::Equals(before->configuration.environment(),
                                   configuration.environment()))
        return before->sealedVariables;
    if (configuration.environment().has_error())
        return makeError("KMSNotFoundException", 502, configuration.environment().error().message());
    if (configuration.environment().variables().empty())
        return std::string();
    const keys::CleansedString text(configuration.environment().SerializeAsString());
    auto sealed = keys.sealValue(keyOf(configuration), contextOf(configuration), text.get());
    if (!sealed.ok())
        return lambdaError(sealed.status(), "encrypt");
    return sealed;
}

void openVariables(const keys::KeyStore& keys, const std::string& sealed,
                   Configuration& configuration)
{
    const auto text =
        keys.openValue(sealed, contextOf(configuration), keys::KeyStore::Use::Stored);
    if (text.ok() && configuration.mutable_environment()->ParseFromArray(
                         text->view().data(), static_cast<int>(text->size())))
        return;
    auto& error = *configuration.mutable_environment()->mutable_error();
    error.set_error_code("NotFoundException");
    error.set_message("Lambda was unable to decrypt your environment variables because the KMS key "
                      "is gone. Set the variables again.");
}

absl::Status checkVariables(const keys::KeyStore& keys, const Version& version)
{
    if (version.sealedVariables.empty())
        return absl::OkStatus();
    if (version.configuration.environment().has_error())
        return makeError("KMSNotFoundException", 502,
                         version.configuration.environment().error().message());
    const absl::Status usable = keys.checkUsable(keyOf(version.configuration));
    return usable.ok() ? usable : lambdaError(usable, "decrypt");
}

void hideUnreadable(const keys::KeyStore& keys, const Version& version,
                    Configuration& configuration)
{
    if (version.sealedVariables.empty() || configuration.environment().has_error())
        return;
    const absl::Status usable = keys.checkUsable(keyOf(version.configuration));
    if (usable.ok())
        return;
    auto& environment = *configuration.mutable_environment();
    environment.clear_variables();
    environment.mutable_error()->set_error_code(awsErrorOf(usable).name);
    environment.mutable_error()->set_message(awsErrorOf(lambdaError(usable, "decrypt")).message);
}

} // namespace gantry::functions
