#include "backend/runtime/error_document.h"

#include <boost/json.hpp>

namespace gantry::runtime {

namespace json = boost::json;

namespace {

// Beyond this a document is passed on unread: parsing it would hold up the I/O thread.
constexpr std::size_t kParseLimit = 256 * 1024;
constexpr std::size_t kMaxFrames = 200;

std::string stringMember(const json::object& object, std::string_view name)
{
    const json::value* found = object.if_contains(name);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

} // namespace

ErrorDocument parseErrorDocument(std::string_view text)
{
    ErrorDocument document;
    if (text.size() > kParseLimit)
        return document;
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object())
        return document;
    const json::object& object = value.get_object();
    document.type = stringMember(object, "errorType");
    document.message = stringMember(object, "errorMessage");
    for (const char* name : {"stackTrace", "trace"}) {
        const json::value* frames = object.if_contains(name);
        if (!frames || !frames->is_array())
            continue;
        for (const json::value& frame : frames->get_array()) {
            if (frame.is_string() && document.stackTrace.size() < kMaxFrames)
                document.stackTrace.emplace_back(frame.get_string());
        }
    }
    return document;
}

std::string makeErrorDocument(std::string_view type, std::string_view message)
{
    return json::serialize(json::object{{"errorType", type}, {"errorMessage", message}});
}

} // namespace gantry::runtime
