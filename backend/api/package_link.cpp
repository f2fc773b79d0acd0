#include "backend/api/package_link.h"

#include "backend/base/clock.h"
#include "backend/iam/account.h"
#include "backend/iam/presign.h"

#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::api {

PackageLink signedPackageLink(std::function<std::string()> endpoint, const iam::Account& account,
                              const Clock& clock)
{
    return [endpoint = std::move(endpoint), &account, &clock](const std::string& name,
                                                              const std::string& qualifier) {
        iam::PresignedGet get;
        get.endpoint = endpoint();
        get.path = absl::StrCat("/_gantry/functions/", name, "/package");
        if (!qualifier.empty())
            get.query.emplace_back("Qualifier", qualifier);
        get.region = account.region();
        get.service = "lambda";
        return iam::presign(get, account.root(), clock.unixMicros() / 1'000'000);
    };
}

} // namespace gantry::api
