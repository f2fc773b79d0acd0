#pragma once

#include "backend/base/http.h"
#include "backend/base/unique_fd.h"

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::images {
class ImageStore;
}

namespace gantry::wire {

// Errors as the distribution API words them; the name of a status' error chooses the code.
HttpReply registryError(const absl::Status& status);
absl::Status registryStatus(int status, std::string_view code, std::string message);

// The value of a query parameter; empty without.
std::string registryParameter(const HttpRequest& request, std::string_view name);

HttpReply registryReply(int status);
HttpReply registryJson(std::string body);

// A file as a body, read piece by piece.
HttpReply fileReply(images::ImageStore& images, UniqueFd file, std::int64_t size);

} // namespace gantry::wire
