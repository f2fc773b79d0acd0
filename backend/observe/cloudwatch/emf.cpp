#include "backend/observe/cloudwatch/emf.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace gantry::observe::cloudwatch {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostMetrics = 100; // of a directive
constexpr std::size_t kMostDimensions = 30;

std::string textOf(const json::value* value)
{
    const auto* text = value ? value->if_string() : nullptr;
    return text ? std::string(text->data(), text->size()) : std::string();
}

// A number or a list of them.
bool addValues(const json::value& value, Statistics& statistics)
{
    if (value.is_number()) {
        const double number = value.to_number<double>();
        if (!std::isfinite(number))
            return false;
        statistics.add(number);
        return true;
    }
    const auto* list = value.if_array();
    if (!list || list->empty() || list->size() > kMostMetrics)
        return false;
    for (const json::value& each : *list) {
        if (!each.is_number() || !addValues(each, statistics))
            return false;
    }
    return true;
}

// The dimensions that a set of names refers to in the document.
std::optional<std::vector<std::pair<std::string, std::string>>>
dimensionsOf(const json::value& names, const json::object& document)
{
    const auto* list = names.if_array();
    if (!list || list->size() > kMostDimensions)
        return std::nullopt;
    std::vector<std::pair<std::string, std::string>> dimensions;
    for (const json::value& name : *list) {
        const std::string key = textOf(&name);
        const std::string value = textOf(document.if_contains(key));
        if (key.empty() || value.empty())
            return std::nullopt;
        dimensions.emplace_back(key, value);
    }
    return dimensions;
}

void addMetric(const json::object& definition, const json::object& document, const Datum& form,
               std::vector<Datum>& data)
{
    const std::string name = textOf(definition.if_contains("Name"));
    const json::value* value = name.empty() ? nullptr : document.if_contains(name);
    Datum datum = form;
    if (!value || !addValues(*value, datum.statistics))
        return;
    datum.metric.name = name;
    datum.unit = textOf(definition.if_contains("Unit"));
    const json::value* resolution = definition.if_contains("StorageResolution");
    datum.fine = resolution && resolution->is_int64() && resolution->get_int64() == 1;
    data.push_back(std::move(datum));
}

void addDirective(const json::object& directive, const json::object& document, std::int64_t timeMs,
                  std::vector<Datum>& data)
{
    Datum form;
    form.timeMs = timeMs;
    form.metric.space = textOf(directive.if_contains("Namespace"));
    const json::value* sets = directive.if_contains("Dimensions");
    const json::value* metrics = directive.if_contains("Metrics");
    if (form.metric.space.empty() || !metrics || !metrics->is_array() ||
        metrics->get_array().size() > kMostMetrics)
        return;
    static const json::array kNone{json::array()};
    const json::array& dimensionSets =
        sets && sets->is_array() && !sets->get_array().empty() ? sets->get_array() : kNone;
    for (const json::value& set : dimensionSets) {
        auto dimensions = dimensionsOf(set, document);
        if (!dimensions)
            continue;
        form.metric.dimensions = *std::move(dimensions);
        for (const json::value& definition : metrics->get_array()) {
            if (const auto* object = definition.if_object())
                addMetric(*object, document, form, data);
        }
    }
}

} // namespace

std::vector<Datum> embeddedMetrics(std::string_view message, std::int64_t nowMs)
{
    std::vector<Datum> data;
    if (message.find("\"CloudWatchMetrics\"") == std::string_view::npos)
        return data;
    const std::size_t start = message.find('{');
    if (start == std::string_view::npos)
        return data;
    boost::system::error_code error;
    const json::value parsed =
        json::parse({message.data() + start, message.size() - start}, error);
    const json::object* document = error ? nullptr : parsed.if_object();
    const json::value* root = document ? document->if_contains("_aws") : nullptr;
    const json::object* aws = root ? root->if_object() : nullptr;
    const json::value* directives = aws ? aws->if_contains("CloudWatchMetrics") : nullptr;
    if (!directives || !directives->is_array())
        return data;
    const json::value* time = aws->if_contains("Timestamp");
    const std::int64_t timeMs = time && time->is_number() ? time->to_number<std::int64_t>() : nowMs;
    for (const json::value& directive : directives->get_array()) {
        if (const auto* object = directive.if_object())
            addDirective(*object, *document, timeMs, data);
    }
    return data;
}

} // namespace gantry::observe::cloudwatch
