#include "backend/iam/presign.h"

#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/iam/sigv4_canonical.h"

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

namespace gantry::iam {
namespace {

constexpr const char* kAlgorithm = "AWS4-HMAC-SHA256";

} // namespace

std::string presign(const PresignedGet& request, const Credential& credential, std::int64_t now)
{
    const std::string timestamp =
        absl::FormatTime("%Y%m%dT%H%M%SZ", absl::FromUnixSeconds(now), absl::UTCTimeZone());
    const std::string date = timestamp.substr(0, 8);
    const std::string scope =
        absl::StrCat(date, "/", request.region, "/", request.service, "/aws4_request");
    QueryParameters query = request.query;
    query.emplace_back("X-Amz-Algorithm", kAlgorithm);
    query.emplace_back("X-Amz-Credential", absl::StrCat(credential.accessKeyId, "/", scope));
    query.emplace_back("X-Amz-Date", timestamp);
    query.emplace_back("X-Amz-Expires", absl::StrCat(request.seconds));
    query.emplace_back("X-Amz-SignedHeaders", "host");
    if (!credential.sessionToken.empty())
        query.emplace_back("X-Amz-Security-Token", credential.sessionToken);
    const std::string sent = canonicalQuery(query);
    const std::string host = request.endpoint.substr(request.endpoint.find("//") + 2);
    const std::string canonical =
        absl::StrCat("GET\n", canonicalPath(request.path, false), "\n", sent, "\nhost:", host,
                     "\n\nhost\n", toHex(sha256({})));
    const std::string toSign =
        absl::StrCat(kAlgorithm, "\n", timestamp, "\n", scope, "\n", toHex(sha256(canonical)));
    const std::string key =
        deriveSigningKey(credential.secretAccessKey, date, request.region, request.service);
    return absl::StrCat(request.endpoint, request.path, "?", sent,
                        "&X-Amz-Signature=", toHex(hmacSha256(key, toSign)));
}

} // namespace gantry::iam
