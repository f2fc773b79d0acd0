#include "backend/iam/sigv4.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/base/uri.h"
#include "backend/iam/sigv4_canonical.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <optional>

namespace gantry::iam {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::int64_t kSkewSeconds = 5 * 60;
constexpr std::int64_t kMaxExpiresSeconds = 7 * 24 * 3600;
constexpr std::size_t kMaxCachedKeys = 256;

// What a request says about its signature, wherever it says it. The views are of the request or of
// the query here, so that this can be moved but not copied.
struct Signature {
    Signature() = default;
    Signature(Signature&&) = default;
    Signature& operator=(Signature&&) = default;

    std::string_view accessKeyId, date, region, service, terminator;
    std::vector<absl::string_view> signedHeaders;
    std::string_view signature;
    std::string_view timestamp;
    std::string_view sessionToken;
    std::string_view payloadHash;        // as the request declares it; may be empty
    std::optional<std::int64_t> expires; // presigned: seconds from the timestamp
    QueryParameters query;
};

absl::Status denied(std::string_view name, std::string message)
{
    return makeError(name, 403, std::move(message));
}

absl::Status incomplete(std::string message)
{
    return denied("IncompleteSignatureException", std::move(message));
}

absl::Status invalidSignature(std::string message)
{
    return denied("InvalidSignatureException", std::move(message));
}

bool equalInConstantTime(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view headerText(const HttpRequest& request, std::string_view name)
{
    const HttpHeader* header = request.header(name);
    return header ? header->value : std::string_view();
}

std::string_view standard(absl::string_view text)
{
    return {text.data(), text.size()};
}

absl::Status splitCredential(std::string_view text, Signature& out)
{
    const std::vector<absl::string_view> parts = absl::StrSplit(view(text), '/');
    if (parts.size() != 5) {
        return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. "
                          "keyid/date/region/service/term.");
    }
    out.accessKeyId = standard(parts[0]);
    out.date = standard(parts[1]);
    out.region = standard(parts[2]);
    out.service = standard(parts[3]);
    out.terminator = standard(parts[4]);
    return absl::OkStatus();
}

absl::StatusOr<Signature> readHeader(const HttpRequest& request, std::string_view authorization)
{
    Signature out;
    std::string_view credential;
    std::string_view signedHeaders;
    for (absl::string_view part : absl::StrSplit(view(authorization), ',')) {
        const std::pair<absl::string_view, absl::string_view> item =
            absl::StrSplit(absl::StripAsciiWhitespace(part), absl::MaxSplits('=', 1));
        if (item.first == "Credential")
            credential = standard(item.second);
        else if (item.first == "SignedHeaders")
            signedHeaders = standard(item.second);
        else if (item.first == "Signature")
            out.signature = standard(item.second);
    }
    out.timestamp = headerText(request, "x-amz-date");
    std::string missing;
    for (const auto& [name, value] :
         {std::pair{"Credential", credential}, std::pair{"Signature", out.signature},
          std::pair{"SignedHeaders", signedHeaders}}) {
        if (value.empty())
            absl::StrAppend(&missing, "Authorization header requires '", name, "' parameter. ");
    }
    if (out.timestamp.empty())
        missing += "Authorization header requires existence of a 'X-Amz-Date' header. ";
    if (!missing.empty())
        return incomplete(missing);
    out.signedHeaders = absl::StrSplit(view(signedHeaders), ';');
    out.sessionToken = headerText(request, "x-amz-security-token");
    out.payloadHash = headerText(request, "x-amz-content-sha256");
    if (absl::Status status = splitCredential(credential, out); !status.ok())
        return status;
    return out;
}

std::string_view parameter(const QueryParameters& query, std::string_view name)
{
    const auto found = std::find_if(query.begin(), query.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    return found == query.end() ? std::string_view() : found->second;
}

absl::StatusOr<Signature> readQuery(const HttpRequest& request, QueryParameters parameters)
{
    Signature out;
    out.query = std::move(parameters);
    const QueryParameters& query = out.query;
    out.timestamp = parameter(query, "X-Amz-Date");
    out.signature = parameter(query, "X-Amz-Signature");
    const std::string_view signedHeaders = parameter(query, "X-Amz-SignedHeaders");
    const std::string_view expires = parameter(query, "X-Amz-Expires");
    if (parameter(query, "X-Amz-Algorithm") != kAlgorithm || out.timestamp.empty() ||
        out.signature.empty() || signedHeaders.empty() || expires.empty()) {
        return incomplete("AWS query-string parameters must include 'X-Amz-Algorithm', "
                          "'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', "
                          "'X-Amz-Date' and 'X-Amz-Expires'.");
    }
    std::int64_t seconds = 0;
    if (!absl::SimpleAtoi(view(expires), &seconds) || seconds < 1 || seconds > kMaxExpiresSeconds)
        return incomplete("X-Amz-Expires must be between 1 and 604800 seconds.");
    out.expires = seconds;
    out.signedHeaders = absl::StrSplit(view(signedHeaders), ';');
    out.sessionToken = parameter(query, "X-Amz-Security-Token");
    out.payloadHash = parameter(query, "X-Amz-Content-Sha256");
    if (out.payloadHash.empty())
        out.payloadHash = headerText(request, "x-amz-content-sha256");
    if (absl::Status status = splitCredential(parameter(query, "X-Amz-Credential"), out);
        !status.ok())
        return status;
    return out;
}

absl::StatusOr<Signature> read(const HttpRequest& request)
{
    auto query = parseQuery(request.query);
    if (!query)
        return invalidSignature("The query string is not properly percent-encoded.");
    if (const HttpHeader* authorization = request.header("authorization")) {
        if (!absl::StartsWith(view(authorization->value), absl::StrCat(view(kAlgorithm), " "))) {
            return incomplete("The Authorization header must begin with 'AWS4-HMAC-SHA256'; no "
                              "other signature is accepted.");
        }
        auto signature = readHeader(request, authorization->value.substr(kAlgorithm.size() + 1));
        if (signature.ok())
            signature->query = *std::move(query);
        return signature;
    }
    return readQuery(request, *std::move(query));
}

std::string isoText(std::int64_t seconds)
{
    return absl::FormatTime("%Y%m%dT%H%M%SZ", absl::FromUnixSeconds(seconds), absl::UTCTimeZone());
}

// ISO 8601's basic format: 20250131T235959Z. (absl::ParseTime cannot: its %Y takes every digit.)
std::optional<std::int64_t> parseIso(std::string_view text)
{
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z')
        return std::nullopt;
    bool digits = true;
    const auto number = [&](std::size_t start, std::size_t length) {
        int value = 0;
        for (const char c : text.substr(start, length)) {
            digits = digits && absl::ascii_isdigit(static_cast<unsigned char>(c));
            value = value * 10 + (c - '0');
        }
        return value;
    };
    const int year = number(0, 4), month = number(4, 2), day = number(6, 2);
    const int hour = number(9, 2), minute = number(11, 2), second = number(13, 2);
    const absl::CivilSecond civil(year, month, day, hour, minute, second);
    // What is no date (month 13) does not come back as it was.
    if (!digits || civil.year() != year || civil.month() != month || civil.day() != day ||
        civil.hour() != hour || civil.minute() != minute || civil.second() != second)
        return std::nullopt;
    return civil - absl::CivilSecond(); // of UTC, since 1970
}

absl::Status checkTime(const Signature& signature, std::int64_t now)
{
    const std::optional<std::int64_t> signedAt = parseIso(signature.timestamp);
    if (!signedAt)
        return incomplete("Date must be in ISO-8601 'basic format', as in 20250131T235959Z.");
    if (!signature.timestamp.starts_with(signature.date)) {
        return invalidSignature(
            absl::StrCat("Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
                         "of date from HTTP: '",
                         view(signature.date), "' != '", view(signature.timestamp.substr(0, 8)),
                         "', from '", view(signature.timestamp), "'."));
    }
    if (*signedAt > now + kSkewSeconds) {
        return invalidSignature(absl::StrCat("Signature not yet current: ", view(signature.timestamp),
                                             " is still later than ", isoText(now + kSkewSeconds),
                                             " (", isoText(now), " + 5 min.)"));
    }
    if (signature.expires) {
        if (now > *signedAt + *signature.expires)
            return invalidSignature(absl::StrCat("Signature expired: ", view(signature.timestamp),
                                                 " is now earlier than ",
                                                 isoText(now - *signature.expires), "."));
    } else if (*signedAt < now - kSkewSeconds) {
        return invalidSignature(absl::StrCat("Signature expired: ", view(signature.timestamp),
                                             " is now earlier than ", isoText(now - kSkewSeconds),
                                             " (", isoText(now), " - 5 min.)"));
    }
    return absl::OkStatus();
}

absl::Status checkScope(const Signature& signature, std::string_view region,
                        std::string_view service)
{
    if (signature.terminator != "aws4_request")
        return invalidSignature(
            "Credential should be scoped with a valid terminator: 'aws4_request'.");
    if (signature.region != region)
        return invalidSignature("Credential should be scoped to a valid region.");
    if (signature.service != service)
        return invalidSignature(
            absl::StrCat("Credential should be scoped to correct service: '", view(service), "'."));
    const auto& names = signature.signedHeaders;
    if (std::find(names.begin(), names.end(), "host") == names.end())
        return invalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS "
                                "Authorization.");
    return absl::OkStatus();
}


bool isHash(std::string_view text)
{
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

// The last line of the canonical request. A declared hash must be that of the body.
absl::StatusOr<std::string> payloadLine(const HttpRequest& request, const Signature& signature)
{
    if (signature.payloadHash == "UNSIGNED-PAYLOAD" ||
        (signature.payloadHash.empty() && signature.expires && signature.service == "s3"))
        return std::string("UNSIGNED-PAYLOAD");
    const std::string actual = toHex(sha256(request.body));
    if (signature.payloadHash.empty() || signature.payloadHash == actual)
        return actual;
    if (!isHash(signature.payloadHash))
        return invalidSignature("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or the SHA-256 of "
                                "the body in lower-case hexadecimal.");
    return invalidSignature("The provided 'x-amz-content-sha256' header does not match what was "
                            "computed.");
}

} // namespace

absl::StatusOr<const Credential*> checkToken(const Credential* credential, std::string_view token,
                                             std::int64_t now)
{
    if (!credential || !equalInConstantTime(credential->sessionToken, token))
        return denied("UnrecognizedClientException",
                      "The security token included in the request is invalid.");
    if (credential->expiresUnixSeconds != 0 && now >= credential->expiresUnixSeconds)
        return denied("ExpiredTokenException",
                      "The security token included in the request is expired");
    return credential;
}

SigV4Verifier::SigV4Verifier(CredentialLookup lookup, std::string region)
    : m_lookup(std::move(lookup)), m_region(std::move(region))
{
}

bool SigV4Verifier::isSigned(const HttpRequest& request)
{
    return request.header("authorization") ||
           absl::StrContains(view(request.query), "X-Amz-Signature=");
}

std::string SigV4Verifier::scopeService(const HttpRequest& request)
{
    const absl::StatusOr<Signature> signature = read(request);
    return signature.ok() ? std::string(signature->service) : std::string();
}

absl::StatusOr<const Credential*> SigV4Verifier::verify(const HttpRequest& request,
                                                        std::string_view service, std::int64_t now)
{
    if (!isSigned(request))
        return denied("MissingAuthenticationTokenException", "Missing Authentication Token");
    const absl::StatusOr<Signature> signature = read(request);
    if (!signature.ok())
        return signature.status();
    const Credential* credential = m_lookup(signature->accessKeyId);
    for (absl::Status status :
         {checkToken(credential, signature->sessionToken, now).status(), checkScope(*signature, m_region, service),
          checkTime(*signature, now)}) {
        if (!status.ok())
            return status;
    }
    const absl::StatusOr<std::string> payload = payloadLine(request, *signature);
    if (!payload.ok())
        return payload.status();
    const bool s3 = signature->service == "s3";
    const std::string canonical = absl::StrCat(
        view(request.method), "\n", canonicalPath(request.path, s3), "\n",
        canonicalQuery(signature->query), "\n", canonicalHeaders(request, signature->signedHeaders),
        "\n", absl::StrJoin(signature->signedHeaders, ";"), "\n", *payload);
    const std::string toSign = absl::StrCat(
        view(kAlgorithm), "\n", view(signature->timestamp), "\n", view(signature->date), "/",
        view(signature->region), "/", view(signature->service), "/", view(signature->terminator),
        "\n", toHex(sha256(canonical)));
    const std::string expected =
        toHex(hmacSha256(signingKey(*credential, signature->date, service), toSign));
    if (!equalInConstantTime(expected, signature->signature)) {
        return invalidSignature(
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.");
    }
    return credential;
}

const std::string& SigV4Verifier::signingKey(const Credential& credential, std::string_view date,
                                             std::string_view service)
{
    // The secret is in the name, unhashed as the credential itself is in memory: a key id may get a
    // new one.
    const std::string name = absl::StrCat(view(date), "/", view(service), "/", credential.accessKeyId,
                                          "/", credential.secretAccessKey);
    if (const auto found = m_signingKeys.find(name); found != m_signingKeys.end())
        return found->second;
    if (m_signingKeys.size() >= kMaxCachedKeys)
        m_signingKeys.clear();
    return m_signingKeys
        .emplace(name, deriveSigningKey(credential.secretAccessKey, date, m_region, service))
        .first->second;
}

} // namespace gantry::iam
