#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::api {

// The content type of a streamed response that begins with its own HTTP head: what
// awslambda.HttpResponseStream.from() makes.
inline constexpr std::string_view kHttpIntegration =
    "application/vnd.awslambda.http-integration-response";

// The HTTP head that a function answers with, in the JSON of payload format 2.0.
struct HttpHead {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers; // cookies are among them
};

// Takes the head off the front of a streamed response: JSON, eight NULs, then the body. Where the
// chunks are cut means nothing.
class HttpPrelude final {
public:
    enum class State { Incomplete, Complete, Malformed };

    // More bytes of the response; not after it is complete or malformed.
    State add(std::string_view bytes);

    HttpHead takeHead() { return std::move(m_head); }
    // What came behind the head.
    std::string takeRest() { return std::move(m_buffer); }

private:
    std::string m_buffer;
    HttpHead m_head;
};

// statusCode, headers and cookies of a JSON object. False when one of them has a type that it
// must not have.
bool readHttpHead(std::string_view json, HttpHead& head);

} // namespace gantry::api
