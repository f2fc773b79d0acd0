#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::iam {

// What temporary credentials bring besides their key.
struct SessionScope {
    std::string role;                  // name; empty: the session of a user
    std::string user;                  // name; of a user's session
    std::vector<std::string> policies; // documents: if any, one of them must allow as well
    std::vector<std::pair<std::string, std::string>> tags;
    std::string sourceIdentity;
    std::string sourceFunctionArn; // of an execution environment's
};

// One access key and whose it is.
struct Credential {
    std::string accessKeyId;
    std::string secretAccessKey;
    std::string sessionToken;            // empty: a permanent key
    std::int64_t expiresUnixSeconds = 0; // 0: never
    std::string accountId;
    std::string principalArn;
    std::shared_ptr<const SessionScope> session = nullptr; // of temporary credentials
};

// Null for an access key that does not exist. The result stays valid until the caller returns to
// its event loop.
using CredentialLookup = std::function<const Credential*(std::string_view accessKeyId)>;

} // namespace gantry::iam
