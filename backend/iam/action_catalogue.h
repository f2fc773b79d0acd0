#pragma once

#include <absl/status/statusor.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

struct CataloguedAction {
    std::string name;   // GetObject
    std::string access; // List, Read, Write, Tagging or Permissions management
    std::vector<std::string> resources; // types; none: only on "*"
    std::vector<std::string> keys;
};

struct CataloguedService {
    std::string name;
    std::map<std::string, CataloguedAction> actions; // by name in lower case
    std::vector<std::string> keys;                   // condition keys, in lower case
};

// The actions that services have, as AWS's Service Authorization Reference says. Only some services
// are in it: about others nothing is known, which is not the same as nothing being there.
class ActionCatalogue final {
public:
    static absl::StatusOr<ActionCatalogue> load(const std::filesystem::path& file);

    // Null for a service that is not in the catalogue.
    const CataloguedService* service(std::string_view prefix) const;
    // The actions that a pattern, in lower case and without its service, names.
    static std::vector<const CataloguedAction*> matching(const CataloguedService& service,
                                                         const std::string& pattern);

private:
    std::map<std::string, CataloguedService, std::less<>> m_services;
};

} // namespace gantry::iam
