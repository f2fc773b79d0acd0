#pragma once

#include "backend/iam/credential.h"
#include "backend/iam/directory.h"
#include "backend/iam/evaluator.h"

#include <absl/status/status.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

// Decides every call of a signed caller. The root of the account may do everything, as the profile
// gantry promises. I/O thread only.
class AccessControl final {
public:
    // The policy of a resource, as its service keeps it; nothing when it has none.
    using ResourcePolicy = std::function<std::optional<std::string>(const std::string& arn)>;

    explicit AccessControl(const Directory& directory) : m_directory(directory) {}

    const Directory& directory() const { return m_directory; }
    bool isRoot(const Credential& credential) const;

    // service: as in the ARN.
    void addResourcePolicies(std::string service, ResourcePolicy policies);

    // Fills in the caller and the global condition keys that follow from the credential and the time.
    AccessRequest describe(const Credential& credential, std::string action,
                           std::string resource) const;

    // OK, or AccessDeniedException (403) in AWS's words, with the reason.
    absl::Status authorize(const Credential& credential, const AccessRequest& request) const;

    // The decision with the policies that made it, for who wants to explain it.
    Decision decide(const AccessRequest& request, const PolicySet& policies) const
    {
        return evaluate(request, policies);
    }
    PolicySet policiesFor(const Credential& credential, const AccessRequest& request) const;

private:
    const Directory& m_directory;
    std::vector<std::pair<std::string, ResourcePolicy>> m_resourcePolicies;
};

} // namespace gantry::iam
