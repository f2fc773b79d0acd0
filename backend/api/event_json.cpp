#include "backend/api/event_json.h"

#include "backend/base/error.h"

#include <absl/strings/str_cat.h>
#include <boost/json/basic_parser_impl.hpp>

#include <cstdint>

namespace gantry::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 1000; // as AWS's own parser

// Takes the parser's events and keeps nothing.
struct Ignore {
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return true; }
    bool on_object_end(std::size_t, json::error_code&) { return true; }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t, json::error_code&) { return true; }
    bool on_key_part(json::string_view, std::size_t, json::error_code&) { return true; }
    bool on_key(json::string_view, std::size_t, json::error_code&) { return true; }
    bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
    bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
    bool on_double(double, json::string_view, json::error_code&) { return true; }
    bool on_bool(bool, json::error_code&) { return true; }
    bool on_null(json::error_code&) { return true; }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

} // namespace

absl::Status checkEvent(std::string_view payload)
{
    json::parse_options options;
    options.max_depth = kMaxDepth;
    json::basic_parser<Ignore> parser(options);
    json::error_code error;
    const std::size_t parsed = parser.write_some(false, payload.data(), payload.size(), error);
    if (!error && parsed == payload.size())
        return absl::OkStatus();
    const std::string what = error ? error.message() : std::string("text after the value");
    return makeError(
        "InvalidRequestContentException", 400,
        absl::StrCat("Could not parse request body into json: ", what, " at byte ", parsed));
}

} // namespace gantry::api
