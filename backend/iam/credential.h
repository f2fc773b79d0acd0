#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace gantry::iam {

// One access key and whose it is.
struct Credential {
    std::string accessKeyId;
    std::string secretAccessKey;
    std::string sessionToken;            // empty: a permanent key
    std::int64_t expiresUnixSeconds = 0; // 0: never
    std::string accountId;
    std::string principalArn;
};

// Null for an access key that does not exist. The result stays valid until the caller returns to
// its event loop.
using CredentialLookup = std::function<const Credential*(std::string_view accessKeyId)>;

} // namespace gantry::iam
