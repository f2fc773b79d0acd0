#include "backend/api/key_needs.h"

#include "aws/secretsmanager.pb.h"
#include "aws/ssm.pb.h"
#include "backend/base/error.h"
#include "backend/secrets/secret_rules.h"
#include "backend/secrets/vault.h"
#include "gantry/v1/extension.pb.h"

#include <absl/strings/str_cat.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

// Which keys secrets and SecureStrings are encrypted with, and so what reading and changing them
// needs ("Secret encryption and decryption" in the Secrets Manager user guide, "AWS KMS encryption
// for AWS Systems Manager Parameter Store SecureString parameters").
namespace gantry::api {
namespace {

namespace sm = aws::secretsmanager;
namespace ssm = aws::ssm;
using google::protobuf::Message;
using iam::AccessControl;
using iam::Need;
using secrets::ParameterStore;
using secrets::SecretStore;

absl::Status secretsRefusal(const absl::Status&)
{
    return makeError("AccessDeniedException", 400, "Access to KMS is not allowed");
}

absl::Status parameterRefusal(const absl::Status&)
{
    return makeError("AccessDeniedException", 400,
                     "The ciphertext refers to a customer master key that does not exist, does not "
                     "exist in this region, or you are not allowed to access.");
}

class SecretNeeds final {
public:
    SecretNeeds(const KeyUses& uses, SecretStore& secrets) : m_uses(uses), m_secrets(secrets) {}

    void use(const std::string& action, const std::string& key, const std::string& arn,
             const std::string& version, std::vector<Need>& needs) const
    {
        needs.push_back(m_uses.through("secretsmanager", "kms:" + action, key,
                                       {{"SecretARN", arn}, {"SecretVersionId", version}}));
        needs.back().refusal = secretsRefusal;
    }

    // "When you establish or change the KMS key": whether the caller may use it both ways.
    void establish(const std::string& key, const std::string& arn, std::vector<Need>& needs) const
    {
        for (const char* action : {"GenerateDataKey", "Decrypt"})
            use(action, key, arn, "RequestToValidateKeyAccess", needs);
    }

    void read(const std::string& id, const std::string& version, const std::string& stage,
              std::vector<Need>& needs) const
    {
        const auto secret = m_secrets.find(id);
        if (!secret.ok())
            return;
        const std::string label = stage.empty() ? secrets::kCurrent : stage;
        const std::string wanted =
            version.empty() ? secrets::versionWith(**secret, label) : version;
        const auto found = (*secret)->versions().find(wanted);
        if (found == (*secret)->versions().end())
            return;
        if (const auto key = m_uses.keys().keyOfValue(found->second.value()); key.ok())
            use("Decrypt", *key, (*secret)->arn(), wanted, needs);
    }

    void write(const std::string& id, const std::string& version, std::vector<Need>& needs) const
    {
        const auto secret = m_secrets.find(id);
        if (!secret.ok())
            return;
        use("GenerateDataKey", m_secrets.keyOf(**secret), (*secret)->arn(), version, needs);
        // It is compared with what is there.
        if ((*secret)->versions().contains(version))
            read(id, version, {}, needs);
    }

    // All values that have a label move to the new key.
    void move(const std::string& id, const std::string& key, std::vector<Need>& needs) const
    {
        const auto secret = m_secrets.find(id);
        if (!secret.ok())
            return;
        for (const auto& [version, record] : (*secret)->versions()) {
            if (!record.stages().empty())
                read(id, version, {}, needs);
        }
        establish(key, (*secret)->arn(), needs);
    }

    SecretStore& secrets() const { return m_secrets; }

private:
    const KeyUses m_uses;
    SecretStore& m_secrets;
};

void addSecretNeeds(AccessControl& access, const SecretNeeds& keys)
{
    access.addNeeds(sm::CreateSecretRequest::descriptor(),
                    [keys](const Message& message, std::vector<Need>& needs) {
                        const auto& request = static_cast<const sm::CreateSecretRequest&>(message);
                        keys.establish(request.has_kms_key_id() ? request.kms_key_id()
                                                                : "alias/aws/secretsmanager",
                                       std::string(needs.front().resource), needs);
                    });
    access.addNeeds(sm::PutSecretValueRequest::descriptor(),
                    [keys](const Message& message, std::vector<Need>& needs) {
                        const auto& request =
                            static_cast<const sm::PutSecretValueRequest&>(message);
                        keys.write(request.secret_id(), request.client_request_token(), needs);
                    });
    access.addNeeds(sm::UpdateSecretRequest::descriptor(),
                    [keys](const Message& message, std::vector<Need>& needs) {
                        const auto& request = static_cast<const sm::UpdateSecretRequest&>(message);
                        if (request.has_kms_key_id())
                            keys.move(request.secret_id(), request.kms_key_id(), needs);
                        if (request.has_secret_string() || request.has_secret_binary())
                            keys.write(request.secret_id(), request.client_request_token(), needs);
                    });
    // "You also need lambda:InvokeFunction permission on the rotation function."
    access.addNeeds(sm::RotateSecretRequest::descriptor(),
                    [keys](const Message& message, std::vector<Need>& needs) {
                        const auto& request = static_cast<const sm::RotateSecretRequest&>(message);
                        const auto secret = keys.secrets().find(request.secret_id());
                        std::string function = request.rotation_lambda_arn();
                        if (function.empty() && secret.ok())
                            function = (*secret)->rotation_function();
                        if (!function.empty())
                            needs.push_back({"lambda:InvokeFunction", function});
                    });
    const auto read = [keys](const auto& request, std::vector<Need>& needs) {
        keys.read(request.secret_id(), request.version_id(), request.version_stage(), needs);
    };
    access.addNeeds(sm::GetSecretValueRequest::descriptor(),
                    [read](const Message& message, std::vector<Need>& needs) {
                        read(static_cast<const sm::GetSecretValueRequest&>(message), needs);
                    });
    access.addNeeds(v1::ExtensionSecretRequest::descriptor(),
                    [read](const Message& message, std::vector<Need>& needs) {
                        read(static_cast<const v1::ExtensionSecretRequest&>(message), needs);
                    });
    // "You must have secretsmanager:BatchGetSecretValue, and secretsmanager:GetSecretValue for each
    // secret. If you use filters, you must also have secretsmanager:ListSecrets."
    access.addNeeds(sm::BatchGetSecretValueRequest::descriptor(),
                    [keys](const Message& message, std::vector<Need>& needs) {
                        const auto& request =
                            static_cast<const sm::BatchGetSecretValueRequest&>(message);
                        if (request.filters_size() > 0)
                            needs.push_back({"secretsmanager:ListSecrets", "*"});
                        // "If Secrets Manager encounters errors such as AccessDeniedException
                        // while attempting to retrieve any of the secrets, you can see the errors
                        // in Errors in the response."
                        for (const std::string& id : keys.secrets().wantedBy(request)) {
                            const auto secret = keys.secrets().find(id);
                            const std::size_t first = needs.size();
                            needs.push_back({"secretsmanager:GetSecretValue",
                                             secret.ok() ? (*secret)->arn() : "*"});
                            keys.read(id, {}, {}, needs);
                            for (std::size_t i = first; i < needs.size(); ++i)
                                needs[i].refusal = [&secrets = keys.secrets(), &request, id,
                                                    words = needs[i].refusal](const absl::Status& denied) {
                                    secrets.refuse(request, id, words ? words(denied) : denied);
                                    return absl::OkStatus();
                                };
                        }
                    });
}

void addParameterNeeds(AccessControl& access, const KeyUses& uses,
                       const ParameterStore& parameters)
{
    const auto decrypt = [uses](const ParameterStore::Secure& secure, std::vector<Need>& needs) {
        needs.push_back(uses.through("ssm", "kms:Decrypt", secure.key,
                                     {{"PARAMETER_ARN", secure.arn}}));
        needs.back().refusal = parameterRefusal;
    };
    const auto decryptNamed = [decrypt, &parameters](const std::string& name,
                                                     std::vector<Need>& needs) {
        if (const auto secure = parameters.secureOf(name))
            decrypt(*secure, needs);
    };
    access.addNeeds(ssm::GetParameterRequest::descriptor(),
                    [decryptNamed](const Message& message, std::vector<Need>& needs) {
                        const auto& request = static_cast<const ssm::GetParameterRequest&>(message);
                        if (request.with_decryption())
                            decryptNamed(request.name(), needs);
                    });
    access.addNeeds(v1::ExtensionParameterRequest::descriptor(),
                    [decryptNamed](const Message& message, std::vector<Need>& needs) {
                        const auto& request =
                            static_cast<const v1::ExtensionParameterRequest&>(message);
                        std::string name = request.name();
                        if (request.has_version())
                            absl::StrAppend(&name, ":", request.version());
                        else if (request.has_label())
                            absl::StrAppend(&name, ":", request.label());
                        if (request.with_decryption())
                            decryptNamed(name, needs);
                    });
    access.addNeeds(ssm::GetParametersRequest::descriptor(),
                    [decryptNamed](const Message& message, std::vector<Need>& needs) {
                        const auto& request =
                            static_cast<const ssm::GetParametersRequest&>(message);
                        for (const std::string& name : request.names()) {
                            if (request.with_decryption())
                                decryptNamed(name, needs);
                        }
                    });
    access.addNeeds(ssm::GetParametersByPathRequest::descriptor(),
                    [decrypt, &parameters](const Message& message, std::vector<Need>& needs) {
                        const auto& request =
                            static_cast<const ssm::GetParametersByPathRequest&>(message);
                        if (!request.with_decryption())
                            return;
                        for (const auto& secure :
                             parameters.secureBelow(request.path(), request.recursive()))
                            decrypt(secure, needs);
                    });
    access.addNeeds(ssm::GetParameterHistoryRequest::descriptor(),
                    [decrypt, &parameters](const Message& message, std::vector<Need>& needs) {
                        const auto& request =
                            static_cast<const ssm::GetParameterHistoryRequest&>(message);
                        if (!request.with_decryption())
                            return;
                        for (const auto& secure : parameters.secureHistory(request.name()))
                            decrypt(secure, needs);
                    });
    access.addNeeds(ssm::PutParameterRequest::descriptor(),
                    [uses, &parameters](const Message& message, std::vector<Need>& needs) {
                        const auto secure = parameters.securePut(
                            static_cast<const ssm::PutParameterRequest&>(message));
                        if (secure)
                            needs.push_back(uses.through(
                                "ssm", secure->advanced ? "kms:GenerateDataKey" : "kms:Encrypt",
                                secure->key, {{"PARAMETER_ARN", secure->arn}}));
                    });
}

} // namespace

void addVaultKeyNeeds(AccessControl& access, const KeyUses& uses, secrets::Vault& vault)
{
    addSecretNeeds(access, SecretNeeds(uses, vault.secrets()));
    addParameterNeeds(access, uses, vault.parameters());
}

} // namespace gantry::api
