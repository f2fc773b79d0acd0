#pragma once

#include "backend/base/http.h"

#include <cstdint>
#include <string>

namespace gantry::api {

// Who called a function URL, when it demands a signature.
struct UrlCaller {
    std::string accessKeyId, accountId, principalArn;
};

// A request to a function URL.
struct UrlRequest {
    std::string urlId;
    std::string path;      // as sent, behind the URL's own part
    std::string requestId;
    std::string traceId;   // may be empty
    const UrlCaller* caller = nullptr; // null: anonymous
    const HttpRequest* http = nullptr;
};

// The event that the function gets: payload format 2.0 ("Lambda function URLs" in the Lambda
// developer guide).
std::string urlEvent(const UrlRequest& request, std::int64_t unixMillis);

// What a function's buffered response means to the caller of its URL: an object with a statusCode
// is the response, any other JSON is its body. Internal Server Error (502) when it is neither.
HttpReply urlReply(const std::string& response);

// The answer when the function failed, timed out or answered nonsense.
HttpReply urlBadGateway();

} // namespace gantry::api
