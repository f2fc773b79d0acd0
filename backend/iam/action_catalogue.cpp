#include "backend/iam/action_catalogue.h"

#include "backend/iam/policy_context.h"
#include "backend/iam/policy_pattern.h"

#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

#include <fstream>
#include <sstream>

namespace gantry::iam {
namespace {

namespace json = boost::json;

std::vector<std::string> strings(const json::value& list, bool lower = false)
{
    std::vector<std::string> out;
    for (const json::value& each : list.as_array()) {
        std::string text(each.as_string());
        out.push_back(lower ? lowerCase(text) : std::move(text));
    }
    return out;
}

CataloguedService serviceOf(const json::object& from)
{
    CataloguedService service;
    service.name = std::string(from.at("name").as_string());
    for (const json::value& each : from.at("actions").as_array()) {
        const json::object& action = each.as_object();
        const std::string name(action.at("name").as_string());
        service.actions[lowerCase(name)] = {name, std::string(action.at("access").as_string()),
                                            strings(action.at("resources")),
                                            strings(action.at("keys"), true)};
    }
    for (const json::value& each : from.at("keys").as_array())
        service.keys.push_back(lowerCase(std::string(each.as_object().at("key").as_string())));
    return service;
}

} // namespace

absl::StatusOr<ActionCatalogue> ActionCatalogue::load(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::stringstream content;
    content << in.rdbuf();
    json::error_code error;
    const json::value read = json::parse(content.str(), error);
    if (error || !read.is_object())
        return absl::NotFoundError(
            absl::StrCat("cannot read the catalogue of actions in ", file.string()));
    ActionCatalogue catalogue;
    for (const json::value& each : read.as_object().at("services").as_array()) {
        const json::object& service = each.as_object();
        catalogue.m_services.emplace(std::string(service.at("prefix").as_string()),
                                     serviceOf(service));
    }
    return catalogue;
}

const CataloguedService* ActionCatalogue::service(std::string_view prefix) const
{
    const auto found = m_services.find(prefix);
    return found == m_services.end() ? nullptr : &found->second;
}

std::vector<const CataloguedAction*> ActionCatalogue::matching(const CataloguedService& service,
                                                               const std::string& pattern)
{
    std::vector<const CataloguedAction*> found;
    const PolicyPattern wanted(pattern, {.wildcards = true, .variables = false, .ignoreCase = true});
    const PolicyContext none;
    for (const auto& [name, action] : service.actions) {
        if (wanted.matches(name, none))
            found.push_back(&action);
    }
    return found;
}

} // namespace gantry::iam
