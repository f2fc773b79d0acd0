#include "backend/invoke/application_log.h"

#include "backend/base/text.h"
#include "backend/runtime/environment.h"

#include <absl/strings/match.h>
#include <absl/time/time.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <string>

namespace gantry::invoke {
namespace {

namespace json = boost::json;

constexpr int kInfo = 2;

// By weight; -1: no level. The second names are those of Python's and Ruby's loggers.
int rankOf(std::string_view level)
{
    constexpr std::array<std::array<std::string_view, 2>, 6> kLevels = {{{"TRACE", "TRACE"},
                                                                         {"DEBUG", "DEBUG"},
                                                                         {"INFO", "INFORMATION"},
                                                                         {"WARN", "WARNING"},
                                                                         {"ERROR", "ERROR"},
                                                                         {"FATAL", "CRITICAL"}}};
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
        for (const std::string_view name : kLevels[i]) {
            if (absl::EqualsIgnoreCase(view(level), view(name)))
                return static_cast<int>(i);
        }
    }
    return -1;
}

std::string textOf(const json::object& line, std::initializer_list<const char*> names)
{
    for (const char* name : names) {
        if (const json::value* value = line.if_contains(name); value && value->is_string())
            return std::string(value->get_string());
    }
    return {};
}

bool isTime(const std::string& text)
{
    absl::Time time;
    std::string error;
    return absl::ParseTime(absl::RFC3339_full, text, &time, &error);
}

} // namespace

bool passesLevel(const runtime::LogSettings& settings, std::string_view line)
{
    const int threshold = settings.json ? rankOf(settings.applicationLevel) : 0;
    if (threshold <= 0 || line.empty() || line.front() != '{')
        return true;
    json::error_code error;
    const json::value parsed = json::parse(json::string_view(line.data(), line.size()), error);
    if (error || !parsed.is_object())
        return true;
    const json::object& object = parsed.get_object();
    int rank = isTime(textOf(object, {"timestamp", "time", "@timestamp", "Timestamp"}))
                   ? rankOf(textOf(object, {"level", "log_level"}))
                   : kInfo;
    if (rank < 0)
        rank = kInfo;
    return rank >= threshold;
}

} // namespace gantry::invoke
