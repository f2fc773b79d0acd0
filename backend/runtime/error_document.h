#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::runtime {

// What a runtime says about a failure: {"errorType","errorMessage","stackTrace"|"trace"}. Parsing
// never fails: a document that is no such JSON leaves the members empty.
struct ErrorDocument {
    std::string type;
    std::string message;
    std::vector<std::string> stackTrace;
};

ErrorDocument parseErrorDocument(std::string_view json);

// {"errorType":...,"errorMessage":...}, as the platform answers for a runtime that cannot.
std::string makeErrorDocument(std::string_view type, std::string_view message);

} // namespace gantry::runtime
