#include "backend/api/url_cors.h"

#include "backend/base/text.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <string>

namespace gantry::api {
namespace {

bool matches(absl::string_view pattern, absl::string_view origin)
{
    const std::size_t star = pattern.find('*');
    if (star == absl::string_view::npos)
        return absl::EqualsIgnoreCase(pattern, origin);
    const absl::string_view before = pattern.substr(0, star), after = pattern.substr(star + 1);
    return origin.size() >= before.size() + after.size() &&
           absl::StartsWithIgnoreCase(origin, before) && absl::EndsWithIgnoreCase(origin, after);
}

bool allows(const aws::lambda::Cors& cors, absl::string_view origin)
{
    for (const std::string& pattern : cors.allow_origins()) {
        if (matches(pattern, origin))
            return true;
    }
    return false;
}

void add(CorsHeaders& headers, const char* name, std::string value)
{
    if (!value.empty())
        headers.emplace_back(name, std::move(value));
}

} // namespace

CorsHeaders corsHeaders(const aws::lambda::Cors& cors, const HttpRequest& request)
{
    CorsHeaders headers;
    const HttpHeader* origin = request.header("origin");
    if (!origin || !allows(cors, view(origin->value)))
        return headers;
    const bool all = cors.allow_origins(0) == "*" && !cors.allow_credentials();
    add(headers, "Access-Control-Allow-Origin", all ? "*" : std::string(origin->value));
    if (!all)
        add(headers, "Vary", "Origin");
    if (cors.allow_credentials())
        add(headers, "Access-Control-Allow-Credentials", "true");
    add(headers, "Access-Control-Expose-Headers", absl::StrJoin(cors.expose_headers(), ","));
    return headers;
}

std::optional<HttpReply> corsPreflight(const aws::lambda::Cors& cors, const HttpRequest& request)
{
    if (request.method != "OPTIONS" || !request.header("origin") ||
        !request.header("access-control-request-method"))
        return std::nullopt;
    HttpReply reply;
    reply.headers = corsHeaders(cors, request);
    if (reply.headers.empty())
        return reply;
    add(reply.headers, "Access-Control-Allow-Methods", absl::StrJoin(cors.allow_methods(), ","));
    add(reply.headers, "Access-Control-Allow-Headers", absl::StrJoin(cors.allow_headers(), ","));
    if (cors.has_max_age())
        add(reply.headers, "Access-Control-Max-Age", absl::StrCat(cors.max_age()));
    return reply;
}

void applyCors(const CorsHeaders& headers, HttpReply& reply)
{
    if (headers.empty())
        return;
    std::erase_if(reply.headers, [](const auto& header) {
        return absl::StartsWithIgnoreCase(header.first, "access-control-");
    });
    reply.headers.insert(reply.headers.end(), headers.begin(), headers.end());
}

} // namespace gantry::api
