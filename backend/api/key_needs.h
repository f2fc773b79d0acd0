#pragma once

#include "backend/iam/access.h"
#include "backend/keys/key_store.h"

#include <functional>
#include <string>
#include <string_view>

namespace gantry::aws::lambda {
class FunctionConfiguration;
}
namespace gantry::functions {
class Registry;
}
namespace gantry::secrets {
class Vault;
}

namespace gantry::api {

struct Call;

// What a use of a KMS key needs: the action on the key, with the condition keys of KMS.
class KeyUses final {
public:
    KeyUses(const iam::AccessControl& access, const keys::KeyStore& keys)
        : m_access(access), m_keys(keys)
    {
    }

    // By the caller: fills in what the need is on.
    void direct(const std::string& keyId, const keys::Context& encryption, iam::Need& need) const;
    // By a service for the caller: "lambda", "secretsmanager", "ssm".
    iam::Need through(std::string_view service, std::string action, const std::string& keyId,
                      const keys::Context& encryption) const;

    const keys::KeyStore& keys() const { return m_keys; }

private:
    const iam::AccessControl& m_access;
    const keys::KeyStore& m_keys;
};

// Tells the access control which keys requests use: those of KMS, and those of services that
// encrypt with a caller's key.
void addKmsNeeds(iam::AccessControl& access, const KeyUses& uses);
void addVaultKeyNeeds(iam::AccessControl& access, const KeyUses& uses, secrets::Vault& vault);
void addFunctionKeyNeeds(iam::AccessControl& access, const KeyUses& uses,
                         const functions::Registry& registry);

// See LambdaControl::concealFor.
std::function<void(aws::lambda::FunctionConfiguration&)>
concealFor(const iam::AccessControl& access, const KeyUses& uses, const Call& call);

// What Lambda needs to read the variables of an environment with the session of its role. The grant
// allows it; only an explicit denial is an error, KMSAccessDeniedException.
absl::Status checkVariablesKey(const iam::AccessControl& access, const KeyUses& uses,
                               const aws::lambda::FunctionConfiguration& configuration,
                               const iam::Credential& session);

} // namespace gantry::api
