#include "backend/iam/least_privilege.h"

#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace gantry::iam {
namespace {

namespace json = boost::json;

// One string alone, several as a list.
json::value oneOrMany(const std::set<std::string>& values)
{
    if (values.size() == 1)
        return json::value(*values.begin());
    json::array list;
    for (const std::string& value : values)
        list.emplace_back(value);
    return list;
}

std::string sidOf(const std::string& service, int& count)
{
    std::string name;
    for (const char c : service) {
        if (std::isalnum(static_cast<unsigned char>(c)))
            name += name.empty() ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
    return absl::StrCat("Used", name, ++count);
}

json::object statement(const std::string& sid, const std::set<std::string>& actions,
                       const std::set<std::string>& resources)
{
    return {{"Sid", sid},
            {"Effect", "Allow"},
            {"Action", oneOrMany(actions)},
            {"Resource", oneOrMany(resources)}};
}

void write(const json::value& value, int depth, std::string& out)
{
    const std::string inner(static_cast<std::size_t>(depth + 1) * 4, ' ');
    const std::string outer(static_cast<std::size_t>(depth) * 4, ' ');
    if (value.is_object() && !value.as_object().empty()) {
        out += "{\n";
        bool first = true;
        for (const json::key_value_pair& pair : value.as_object()) {
            absl::StrAppend(&out, first ? "" : ",\n", inner,
                            json::serialize(json::value(pair.key())), ": ");
            write(pair.value(), depth + 1, out);
            first = false;
        }
        absl::StrAppend(&out, "\n", outer, "}");
    } else if (value.is_array() && !value.as_array().empty()) {
        out += "[\n";
        bool first = true;
        for (const json::value& each : value.as_array()) {
            absl::StrAppend(&out, first ? "" : ",\n", inner);
            write(each, depth + 1, out);
            first = false;
        }
        absl::StrAppend(&out, "\n", outer, "]");
    } else {
        out += json::serialize(value);
    }
}

// A stream of logs lives a day or less: what may be written is its group.
std::string lasting(const std::string& resource)
{
    const std::size_t stream = resource.find(":log-stream:");
    return stream == std::string::npos ? resource : resource.substr(0, stream) + ":*";
}

} // namespace

std::string leastPrivilege(const std::vector<AuditLog::Use>& uses, bool withDenied,
                           const std::vector<std::string>& logGroups)
{
    // By service and resource, then those with the same actions together.
    std::map<std::pair<std::string, std::string>, std::set<std::string>> actionsOn;
    for (const AuditLog::Use& use : uses) {
        if (use.allowed || withDenied)
            actionsOn[{use.action.substr(0, use.action.find(':')), lasting(use.resource)}].insert(
                use.action);
    }
    std::map<std::pair<std::string, std::set<std::string>>, std::set<std::string>> resourcesOf;
    for (const auto& [place, actions] : actionsOn)
        resourcesOf[{place.first, actions}].insert(place.second);
    json::array statements;
    if (!logGroups.empty()) {
        std::set<std::string> groups;
        for (const std::string& group : logGroups)
            groups.insert(group + ":*");
        statements.push_back(statement(
            "OwnLogs", {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}, groups));
    }
    int count = 0;
    for (const auto& [what, resources] : resourcesOf)
        statements.push_back(statement(sidOf(what.first, count), what.second, resources));
    std::string text;
    write(json::object{{"Version", "2012-10-17"}, {"Statement", std::move(statements)}}, 0, text);
    return text;
}

std::string joinedDocument(const std::vector<std::string>& documents)
{
    json::array statements;
    for (const std::string& document : documents) {
        json::error_code error;
        const json::value value = json::parse(document, error);
        const json::value* found =
            !error && value.is_object() ? value.as_object().if_contains("Statement") : nullptr;
        if (found && found->is_array()) {
            for (const json::value& each : found->as_array())
                statements.push_back(each);
        } else if (found) {
            statements.push_back(*found);
        }
    }
    std::string text;
    write(json::object{{"Version", "2012-10-17"}, {"Statement", std::move(statements)}}, 0, text);
    return text;
}

std::string formatPolicy(const std::string& document)
{
    json::error_code error;
    const json::value value = json::parse(document, error);
    std::string text;
    if (!error)
        write(value, 0, text);
    return error ? document : text;
}

} // namespace gantry::iam
