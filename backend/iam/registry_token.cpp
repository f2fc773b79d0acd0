#include "backend/iam/registry_token.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <vector>

namespace gantry::iam {
namespace {

std::string signatureOf(const Credential& credential, std::string_view accessKeyId,
                        std::string_view expires)
{
    const std::string text =
        absl::StrCat("gantry-registry\n", view(accessKeyId), "\n", view(expires), "\n",
                     credential.sessionToken);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    ::HMAC(EVP_sha256(), credential.secretAccessKey.data(),
           static_cast<int>(credential.secretAccessKey.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
    return toHex(std::string_view(reinterpret_cast<const char*>(digest), size));
}

} // namespace

std::string makeRegistryPassword(const Credential& credential, std::int64_t expires)
{
    const std::string until = absl::StrCat(expires);
    return absl::StrCat(credential.accessKeyId, ".", until, ".",
                        signatureOf(credential, credential.accessKeyId, until));
}

absl::StatusOr<const Credential*> checkRegistryPassword(const CredentialLookup& lookup,
                                                        std::string_view password, std::int64_t now)
{
    const std::vector<std::string> parts = absl::StrSplit(view(password), '.');
    std::int64_t expires = 0;
    const Credential* credential = parts.size() == 3 ? lookup(parts[0]) : nullptr;
    const std::string expected = credential ? signatureOf(*credential, parts[0], parts[1]) : "";
    const bool good = credential && expected.size() == parts[2].size() &&
                      ::CRYPTO_memcmp(expected.data(), parts[2].data(), expected.size()) == 0 &&
                      absl::SimpleAtoi(parts[1], &expires);
    const bool expired =
        good && (now >= expires || (credential->expiresUnixSeconds > 0 &&
                                    now >= credential->expiresUnixSeconds));
    if (good && !expired)
        return credential;
    return makeError("Unauthorized", 401,
                     expired ? "Your authorization token has expired. Reauthenticate and try again."
                             : "The registry wants the user AWS and a password from "
                               "GetAuthorizationToken.");
}

} // namespace gantry::iam
