#include "backend/api/url_event.h"

#include "backend/api/http_prelude.h"
#include "backend/base/text.h"
#include "backend/base/uri.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_split.h>
#include <absl/time/time.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <google/protobuf/stubs/common.h>
#include <map>
#include <utility>

namespace gantry::api {
namespace {

namespace json = boost::json;

json::string_view js(std::string_view text)
{
    return {text.data(), text.size()};
}

// Later values of a name follow the first with a comma.
using Joined = std::map<std::string, std::string>;

void join(const std::string& name, std::string_view value, Joined& into)
{
    const auto [at, added] = into.emplace(name, std::string(value));
    if (!added)
        at->second.append(",").append(value);
}

json::object objectOf(const Joined& values)
{
    json::object object;
    for (const auto& [name, value] : values)
        object[name] = value;
    return object;
}

void putCookies(const std::vector<std::string>& cookies, json::object& event)
{
    if (cookies.empty())
        return;
    json::array& list = event["cookies"].emplace_array();
    for (const std::string& cookie : cookies)
        list.emplace_back(cookie);
}

Joined headersOf(const UrlRequest& request, std::vector<std::string>& cookies)
{
    Joined headers;
    for (const HttpHeader& header : request.http->headers) {
        const std::string name = absl::AsciiStrToLower(view(header.name));
        if (name == "cookie") {
            for (absl::string_view cookie : absl::StrSplit(view(header.value), ';')) {
                cookie = absl::StripAsciiWhitespace(cookie);
                if (!cookie.empty())
                    cookies.emplace_back(cookie);
            }
        } else if (name != "authorization" || !request.caller) {
            join(name, header.value, headers);
        }
    }
    // What the front of Lambda adds.
    headers["x-forwarded-for"] = request.http->remoteAddress;
    headers["x-forwarded-proto"] = request.http->secure ? "https" : "http";
    const std::string host = headers["host"];
    const std::size_t colon = host.rfind(':');
    const std::size_t bracket = host.rfind(']'); // of an IPv6 address, which has colons of its own
    const bool named = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
    headers["x-forwarded-port"] = named                  ? host.substr(colon + 1)
                                  : request.http->secure ? "443"
                                                         : "80";
    if (!request.traceId.empty())
        headers["x-amzn-trace-id"] = request.traceId;
    return headers;
}

Joined queryOf(const UrlRequest& request)
{
    Joined result;
    for (const auto& [name, value] : parseQuery(request.http->query).value_or(QueryParameters()))
        join(name, value, result);
    return result;
}

std::string headerText(const HttpRequest& http, std::string_view name)
{
    const HttpHeader* header = http.header(name);
    return header ? std::string(header->value) : std::string();
}

// Text goes in as it is; all else, and what only claims to be text, in base64.
bool isText(const HttpRequest& http)
{
    std::string type = absl::AsciiStrToLower(headerText(http, "content-type"));
    type = std::string(absl::StripAsciiWhitespace(type.substr(0, type.find(';'))));
    const bool named = absl::StartsWith(type, "text/") || absl::EndsWith(type, "+json") ||
                       absl::EndsWith(type, "+xml") || type == "application/json" ||
                       type == "application/xml" || type == "application/javascript" ||
                       type == "application/graphql";
    return named && http.header("content-encoding") == nullptr &&
           google::protobuf::internal::IsStructurallyValidUTF8(
               http.body.data(), static_cast<int>(http.body.size()));
}

void putBody(const HttpRequest& http, json::object& event)
{
    const bool text = http.body.empty() || isText(http);
    if (!http.body.empty())
        event["body"] = text ? http.body : absl::Base64Escape(http.body);
    event["isBase64Encoded"] = !text;
}

json::value authorizerOf(const UrlCaller& caller)
{
    return {{"iam",
             {{"accessKey", caller.accessKeyId},
              {"accountId", caller.accountId},
              {"callerId", caller.accessKeyId},
              {"cognitoIdentity", nullptr},
              {"principalOrgId", nullptr},
              {"userArn", caller.principalArn},
              {"userId", caller.accessKeyId}}}};
}

json::object contextOf(const UrlRequest& request, const std::string& host, std::int64_t unixMillis)
{
    const HttpRequest& http = *request.http;
    const std::string domain = host.substr(0, host.rfind(':'));
    json::object context;
    context["accountId"] = request.caller ? request.caller->accountId : "anonymous";
    context["apiId"] = request.urlId;
    context["domainName"] = domain;
    context["domainPrefix"] = request.urlId;
    context["http"] = {{"method", js(http.method)},
                       {"path", request.path},
                       {"protocol", "HTTP/1.1"},
                       {"sourceIp", http.remoteAddress},
                       {"userAgent", headerText(http, "user-agent")}};
    if (request.caller)
        context["authorizer"] = authorizerOf(*request.caller);
    context["requestId"] = request.requestId;
    context["routeKey"] = "$default";
    context["stage"] = "$default";
    context["time"] = absl::FormatTime("%d/%b/%Y:%H:%M:%S +0000",
                                       absl::FromUnixMillis(unixMillis), absl::UTCTimeZone());
    context["timeEpoch"] = unixMillis;
    return context;
}

bool hasHeader(const HttpReply& reply, std::string_view name)
{
    for (const auto& [present, value] : reply.headers) {
        if (absl::EqualsIgnoreCase(present, view(name)))
            return true;
    }
    return false;
}

// The body of a response object; anything but text is sent as its JSON.
bool readBody(const json::object& response, HttpReply& reply)
{
    const json::value* body = response.if_contains("body");
    if (!body || body->is_null())
        return true;
    if (!body->is_string()) {
        reply.body = json::serialize(*body);
        return true;
    }
    const std::string text(body->get_string());
    const json::value* encoded = response.if_contains("isBase64Encoded");
    if (!encoded || !encoded->is_bool() || !encoded->get_bool()) {
        reply.body = text;
        return true;
    }
    return absl::Base64Unescape(text, &reply.body);
}

} // namespace

std::string urlEvent(const UrlRequest& request, std::int64_t unixMillis)
{
    std::vector<std::string> cookies;
    const Joined headers = headersOf(request, cookies);
    const Joined query = queryOf(request);
    json::object event;
    event["version"] = "2.0";
    event["routeKey"] = "$default";
    event["rawPath"] = request.path;
    event["rawQueryString"] = js(request.http->query);
    putCookies(cookies, event);
    event["headers"] = objectOf(headers);
    if (!query.empty())
        event["queryStringParameters"] = objectOf(query);
    event["requestContext"] = contextOf(request, headers.at("host"), unixMillis);
    putBody(*request.http, event);
    return json::serialize(event);
}

HttpReply urlBadGateway()
{
    HttpReply reply;
    reply.status = 502;
    reply.headers.emplace_back("Content-Type", "application/json");
    reply.body = "Internal Server Error";
    return reply;
}

HttpReply urlReply(const std::string& response)
{
    json::error_code error;
    const json::value value = json::parse(response, error);
    if (error)
        return urlBadGateway();
    HttpReply reply;
    const json::object* object = value.if_object();
    if (!object || !object->contains("statusCode")) {
        reply.body = response;
    } else {
        HttpHead head;
        if (!readHttpHead(response, head) || !readBody(*object, reply))
            return urlBadGateway();
        reply.status = head.status;
        reply.headers = std::move(head.headers);
    }
    if (!hasHeader(reply, "content-type"))
        reply.headers.emplace_back("content-type", "application/json");
    return reply;
}

} // namespace gantry::api
