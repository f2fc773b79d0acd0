#pragma once

#include <absl/status/status.h>

#include <string_view>

namespace gantry::api {

// Whether an event is JSON, found out without building anything of it. The error is the one that
// Invoke answers.
absl::Status checkEvent(std::string_view payload);

} // namespace gantry::api
