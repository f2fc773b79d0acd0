#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace gantry {
class Clock;
}

namespace gantry::iam {
class Account;
}

namespace gantry::api {

// The address of a function's deployment package, given its name and a qualifier that may be empty.
using PackageLink =
    std::function<std::string(const std::string& name, const std::string& qualifier)>;

// Links to Develop.GetPackage on the AWS port, signed with the root key for ten minutes. The
// endpoint, http://host:port, is asked for with each link: the port is known only once it is open.
// Account and clock must outlive the function.
PackageLink signedPackageLink(std::function<std::string()> endpoint, const iam::Account& account,
                              const Clock& clock);

// The same for Develop.GetLayerPackage.
std::function<std::string(const std::string& name, std::int64_t version)>
signedLayerLink(std::function<std::string()> endpoint, const iam::Account& account,
                const Clock& clock);

} // namespace gantry::api
