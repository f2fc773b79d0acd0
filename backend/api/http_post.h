#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <string>
#include <vector>

namespace gantry::api {

struct PostRequest {
    std::string url; // http or https
    std::vector<std::string> headers; // "Name: value"
    std::string body;
    std::size_t keptBytes = 0; // of the answer's body; what is beyond is read and dropped
};

struct PostAnswer {
    int status = 0;
    std::string body;
    int retryAfterSeconds = 0; // 0: not said
};

// One try, ten seconds, no redirects. Blocks: not on the I/O thread. Another thread breaks it off by
// setting stop. The error says in words why there is no answer.
absl::StatusOr<PostAnswer> post(const PostRequest& request, const std::atomic<bool>& stop);

} // namespace gantry::api
