#pragma once

#include "aws/lambda.pb.h"
#include "backend/base/http.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry::api {

// Cross-origin resource sharing of a function URL, as Lambda does it before and after the function.

using CorsHeaders = std::vector<std::pair<std::string, std::string>>;

// The answer to a preflight request, which the function does not see; nothing for any other
// request.
std::optional<HttpReply> corsPreflight(const aws::lambda::Cors& cors, const HttpRequest& request);

// What an answer to the request says; nothing for an origin that is not allowed.
CorsHeaders corsHeaders(const aws::lambda::Cors& cors, const HttpRequest& request);

// Puts them in place of those that the function sent.
void applyCors(const CorsHeaders& headers, HttpReply& reply);

} // namespace gantry::api
