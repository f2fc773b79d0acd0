#include "backend/iam/policy_json.h"

#include "backend/base/text.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>

namespace gantry::iam {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 16;

// Builds the tree from the parser's events. The parser is fed line by line, so the current line is
// known at each of them.
class TreeBuilder final {
public:
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    int line = 1;
    PolicyJson root;
    std::string problem; // set before an event handler returns false

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return open(PolicyJson::Kind::Object); }
    bool on_object_end(std::size_t, json::error_code&) { return close(); }
    bool on_array_begin(json::error_code&) { return open(PolicyJson::Kind::Array); }
    bool on_array_end(std::size_t, json::error_code&) { return close(); }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&)
    {
        m_text.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t, json::error_code& error)
    {
        m_text.append(part.data(), part.size());
        if (m_open.back()->find(m_text)) {
            problem = absl::StrCat("the member \"", m_text, "\" is there twice");
            error = json::error::syntax;
            return false;
        }
        m_open.back()->members.push_back({std::move(m_text), PolicyJson()});
        m_text.clear();
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&)
    {
        m_text.append(part.data(), part.size());
        return true;
    }
    bool on_string(json::string_view part, std::size_t, json::error_code&)
    {
        m_text.append(part.data(), part.size());
        return scalar(PolicyJson::Kind::String);
    }
    bool on_number_part(json::string_view part, json::error_code&)
    {
        m_text.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t, json::string_view part, json::error_code&) { return number(part); }
    bool on_uint64(std::uint64_t, json::string_view part, json::error_code&)
    {
        return number(part);
    }
    bool on_double(double, json::string_view part, json::error_code&) { return number(part); }
    bool on_bool(bool value, json::error_code&)
    {
        m_text = value ? "true" : "false";
        return scalar(PolicyJson::Kind::Bool);
    }
    bool on_null(json::error_code&) { return scalar(PolicyJson::Kind::Null); }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    PolicyJson& slot()
    {
        if (m_open.empty())
            return root;
        PolicyJson& parent = *m_open.back();
        if (parent.kind == PolicyJson::Kind::Object)
            return parent.members.back().value;
        return parent.items.emplace_back();
    }
    bool open(PolicyJson::Kind kind)
    {
        PolicyJson& value = slot();
        value.kind = kind;
        value.line = line;
        // Pointers into the tree stay valid: only the innermost open value grows.
        m_open.push_back(&value);
        return true;
    }
    bool close()
    {
        m_open.pop_back();
        return true;
    }
    bool scalar(PolicyJson::Kind kind)
    {
        PolicyJson& value = slot();
        value.kind = kind;
        value.line = line;
        value.text = std::move(m_text);
        m_text.clear();
        return true;
    }
    bool number(json::string_view part)
    {
        m_text.append(part.data(), part.size());
        return scalar(PolicyJson::Kind::Number);
    }

    std::vector<PolicyJson*> m_open;
    std::string m_text;
};

} // namespace

const PolicyJson* PolicyJson::find(std::string_view name) const
{
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const auto& member) { return member.name == name; });
    return found == members.end() ? nullptr : &found->value;
}

std::string_view PolicyJson::kindName() const
{
    switch (kind) {
    case Kind::Object:
        return "an object";
    case Kind::Array:
        return "a list";
    case Kind::String:
        return "a string";
    case Kind::Number:
        return "a number";
    case Kind::Bool:
        return "a boolean";
    default:
        return "null";
    }
}

absl::StatusOr<PolicyJson> readPolicyJson(std::string_view text)
{
    json::parse_options options;
    options.max_depth = kMaxDepth;
    json::basic_parser<TreeBuilder> parser(options);
    TreeBuilder& builder = parser.handler();
    json::error_code error;
    while (!text.empty() && !error) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::size_t taken = parser.write_some(true, text.data(), end, error);
        if (!error && taken != end)
            error = json::error::extra_data;
        if (error)
            break;
        builder.line += text[end - 1] == '\n';
        text.remove_prefix(end);
    }
    if (!error)
        parser.write_some(false, nullptr, 0, error);
    if (error) {
        const std::string why = builder.problem.empty() ? error.message() : builder.problem;
        return absl::InvalidArgumentError(
            absl::StrCat("line ", builder.line, ": this is not valid JSON: ", why));
    }
    return std::move(builder.root);
}

} // namespace gantry::iam
