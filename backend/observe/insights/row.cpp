#include "backend/observe/insights/row.h"

#include "backend/base/text.h"

#include <absl/strings/numbers.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace gantry::observe::insights {
namespace {

namespace json = boost::json;

constexpr double kMegabyte = 1024 * 1024;

struct ReportField {
    std::string_view name;
    std::string_view label; // in the REPORT line, before the number
    double scale;
};
constexpr ReportField kReport[] = {{"@duration", "\tDuration: ", 1},
                                   {"@billedDuration", "\tBilled Duration: ", 1},
                                   {"@initDuration", "\tInit Duration: ", 1},
                                   {"@memorySize", "\tMemory Size: ", kMegabyte},
                                   {"@maxMemoryUsed", "\tMax Memory Used: ", kMegabyte}};

Value reportField(std::string_view message, std::string_view name)
{
    if (name == "@type") {
        for (const std::string_view type : {"START", "END", "REPORT", "INIT_START", "INIT_REPORT"}) {
            if (message.starts_with(type) && message.substr(type.size()).starts_with(' '))
                return std::string(type);
        }
        return {};
    }
    if (!message.starts_with("REPORT "))
        return {};
    for (const ReportField& field : kReport) {
        const std::size_t at =
            field.name == name ? message.find(field.label) : std::string_view::npos;
        if (at == std::string_view::npos)
            continue;
        const std::string_view rest = message.substr(at + field.label.size());
        if (double number = 0; absl::SimpleAtod(view(rest.substr(0, rest.find(' '))), &number))
            return number * field.scale;
    }
    return {};
}

Value valueOf(const json::value& value)
{
    if (value.is_string())
        return std::string(value.get_string().data(), value.get_string().size());
    if (value.is_number())
        return value.to_number<double>();
    if (value.is_bool())
        return std::string(value.get_bool() ? "true" : "false");
    if (value.is_null())
        return {};
    return json::serialize(value);
}

// A member's own name may have dots in it: the longest that fits goes first.
const json::value* find(const json::value& value, std::string_view path)
{
    if (path.empty())
        return &value;
    if (const json::array* array = value.if_array()) {
        const std::size_t end = std::min(path.find('.'), path.size());
        std::uint32_t index = 0;
        if (!absl::SimpleAtoi(view(path.substr(0, end)), &index) || index >= array->size())
            return nullptr;
        return find((*array)[index], path.substr(std::min(end + 1, path.size())));
    }
    const json::object* object = value.if_object();
    for (std::size_t end = path.size(); object && end != std::string_view::npos;
         end = end == 0 ? std::string_view::npos : path.rfind('.', end - 1)) {
        const auto* member = object->if_contains({path.data(), end});
        if (member)
            return find(*member, path.substr(std::min(end + 1, path.size())));
    }
    return nullptr;
}

} // namespace

std::optional<std::string_view> Row::lineText(std::string_view name) const
{
    if (m_owned) {
        if (name == "@message")
            return m_owned->entry.message;
        if (name == "@logStream")
            return m_owned->entry.logStream;
        if (name == "@log")
            return m_owned->entry.logGroup;
        if (name == "@requestId" && !m_owned->entry.requestId.empty())
            return m_owned->entry.requestId;
    } else if (m_line) {
        if (name == "@message")
            return m_line->message;
        if (name == "@logStream")
            return m_line->stream;
        if (name == "@log")
            return m_line->group;
        if (name == "@requestId" && !m_line->requestId.empty())
            return m_line->requestId;
    }
    return std::nullopt;
}

std::optional<std::string_view> Row::text(std::string_view name) const
{
    for (const auto& [known, value] : m_computed) {
        if (known != name)
            continue;
        const auto* text = std::get_if<std::string>(&value);
        return text ? std::optional<std::string_view>(*text) : std::nullopt;
    }
    return lineText(name);
}

Value Row::field(std::string_view name) const
{
    for (const auto& [known, value] : m_computed) {
        if (known == name)
            return value;
    }
    if (!m_owned && !m_line)
        return {};
    if (const auto text = lineText(name))
        return std::string(*text);
    return lineField(name);
}

Value Row::lineField(std::string_view name) const
{
    if (!name.starts_with('@'))
        return jsonField(name);
    if (name == "@timestamp")
        return Time{(m_owned ? m_owned->entry.timeMicros : m_line->timeMicros) / 1'000};
    if (name == "@ingestionTime")
        return Time{(m_owned ? m_owned->ingestedMicros : m_line->ingestedMicros) / 1'000};
    return reportField(*lineText("@message"), name);
}

const json::value* Row::json() const
{
    if (!m_json) {
        const std::string_view message = lineText("@message").value_or(std::string_view());
        const std::size_t brace = message.find('{');
        boost::system::error_code error;
        m_json.emplace(nullptr);
        // Node.js and Python write a prefix of time and request id before what was logged.
        if (brace != std::string_view::npos) {
            const std::string_view document = message.substr(brace);
            json::value parsed = json::parse({document.data(), document.size()}, error);
            if (!error)
                *m_json = std::move(parsed);
        }
    }
    return m_json->is_null() ? nullptr : &*m_json;
}

Value Row::jsonField(std::string_view name) const
{
    const json::value* document = json();
    const json::value* found = document ? find(*document, name) : nullptr;
    return found ? valueOf(*found) : Value();
}

void Row::set(std::string name, Value value)
{
    for (auto& [known, old] : m_computed) {
        if (known == name) {
            old = std::move(value);
            return;
        }
    }
    m_computed.emplace_back(std::move(name), std::move(value));
}

void Row::own()
{
    if (m_line && !m_owned)
        m_owned = logs::lineOf(*m_line);
    m_line = nullptr;
}

} // namespace gantry::observe::insights
