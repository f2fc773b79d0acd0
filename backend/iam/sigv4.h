#pragma once

#include "backend/base/http.h"
#include "backend/iam/credential.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::iam {

// The credential, if it is there, has this session token and has not expired; 403 with AWS's error
// otherwise. now in Unix seconds.
absl::StatusOr<const Credential*> checkToken(const Credential* credential, std::string_view token,
                                             std::int64_t now);

// Verifies AWS Signature Version 4 of requests, in the Authorization header or in the query of a
// presigned URL. Rules: "Signature Version 4 signing process" in the IAM user guide. Every failure
// has AWS's error name, status (403) and wording.
class SigV4Verifier final {
public:
    SigV4Verifier(CredentialLookup lookup, std::string region);

    // Whether the request carries any signature; one without needs no look at its body.
    static bool isSigned(const HttpRequest& request);

    // The service that the request says it is signed for; empty without a readable signature.
    static std::string scopeService(const HttpRequest& request);

    // The credential that signed the request, for the service (the name in the credential scope).
    // now in Unix seconds.
    absl::StatusOr<const Credential*> verify(const HttpRequest& request, std::string_view service,
                                             std::int64_t now);

private:
    const std::string& signingKey(const Credential& credential, std::string_view date,
                                  std::string_view service);

    CredentialLookup m_lookup;
    std::string m_region;
    // Four HMACs a day, key and service instead of four a request.
    absl::flat_hash_map<std::string, std::string> m_signingKeys;
};

} // namespace gantry::iam
