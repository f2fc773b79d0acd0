#pragma once

#include "backend/base/http.h"
#include "backend/base/uri.h"

#include <absl/strings/string_view.h>

#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

// The canonical forms that both ends of a signature compute.

// S3 signs the path as it was sent; every other service signs it encoded once more, without dot
// segments and repeated slashes.
std::string canonicalPath(std::string_view rawPath, bool s3);

// Sorted and encoded; without the parameter X-Amz-Signature.
std::string canonicalQuery(const QueryParameters& parameters);

// The lines "name:value\n" of the signed headers, in their order.
std::string canonicalHeaders(const HttpRequest& request,
                             const std::vector<absl::string_view>& names);

std::string hmacSha256(std::string_view key, std::string_view data);

// The key that signs one day's requests to a service; date as in 20250131.
std::string deriveSigningKey(std::string_view secretAccessKey, std::string_view date,
                             std::string_view region, std::string_view service);

} // namespace gantry::iam
