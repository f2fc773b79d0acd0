#include "backend/base/text.h"
#include "backend/iam/directory.h"

#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

#include <fstream>
#include <sstream>

namespace gantry::iam {
namespace {

std::string text(const boost::json::object& object, const char* name)
{
    const auto& string = object.at(name).as_string();
    return {string.data(), string.size()};
}

} // namespace

// AWS's own policies live in the resources, not in the database: they are the same for everyone and
// no one may change them.
absl::Status Directory::loadAwsPolicies(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::stringstream content;
    content << in.rdbuf();
    boost::json::error_code error;
    const boost::json::value list = boost::json::parse(content.str(), error);
    if (error || !list.is_array())
        return absl::NotFoundError(
            absl::StrCat("cannot read AWS's managed policies in ", file.string()));
    for (const boost::json::value& each : list.as_array()) {
        const boost::json::object& entry = each.as_object();
        auto policy = std::make_shared<record::ManagedPolicy>();
        policy->set_name(text(entry, "name"));
        policy->set_path(text(entry, "path"));
        policy->set_arn(absl::StrCat("arn:aws:iam::aws:policy", policy->path(), policy->name()));
        policy->set_id(absl::StrCat("ANPAAWS", policy->name().substr(0, 12)));
        policy->set_description(text(entry, "description"));
        record::PolicyVersion& version = *policy->add_versions();
        version.set_id("v1");
        version.set_document(boost::json::serialize(entry.at("document")));
        policy->set_default_version("v1");
        policy->set_last_version(1);
        const std::string arn = policy->arn();
        m_policies.put(arn, std::move(policy));
    }
    return absl::OkStatus();
}

} // namespace gantry::iam
