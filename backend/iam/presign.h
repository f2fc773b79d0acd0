#pragma once

#include "backend/base/uri.h"
#include "backend/iam/credential.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::iam {

// A GET that anyone who has the address may make for a while, in the name of the credential.
struct PresignedGet {
    std::string endpoint; // http://host:port, as clients will name it in the Host header
    std::string path;     // percent-encoded
    QueryParameters query;
    std::string region;
    std::string service; // of the credential scope
    int seconds = 600;   // that it is valid for
};

// The complete address, signed at now (Unix seconds).
std::string presign(const PresignedGet& request, const Credential& credential, std::int64_t now);

} // namespace gantry::iam
