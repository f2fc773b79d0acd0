#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::api {

struct ErrorLocation {
    std::string file; // relative to the package; empty when unknown
    int line = 0;     // from 1; 0 when unknown
};

// Where in the package a failed init went wrong, read from what Python and Node say: their stack
// traces, the places that their syntax errors name, and the log when there is no trace.
ErrorLocation findErrorLocation(const std::vector<std::string>& stackTrace,
                                std::string_view message, const std::vector<std::string>& log);

} // namespace gantry::api
