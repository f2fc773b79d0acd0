#include "backend/api/package_link.h"

#include "backend/base/clock.h"
#include "backend/iam/account.h"
#include "backend/iam/presign.h"

#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::api {
namespace {

std::string sign(const std::string& endpoint, const iam::Account& account, const Clock& clock,
                 std::string path, const std::string& qualifier)
{
    iam::PresignedGet get;
    get.endpoint = endpoint;
    get.path = std::move(path);
    if (!qualifier.empty())
        get.query.emplace_back("Qualifier", qualifier);
    get.region = account.region();
    get.service = "lambda";
    return iam::presign(get, account.root(), clock.unixMicros() / 1'000'000);
}

} // namespace

PackageLink signedPackageLink(std::function<std::string()> endpoint, const iam::Account& account,
                              const Clock& clock)
{
    return [endpoint = std::move(endpoint), &account, &clock](const std::string& name,
                                                              const std::string& qualifier) {
        return sign(endpoint(), account, clock,
                    absl::StrCat("/_gantry/functions/", name, "/package"), qualifier);
    };
}

std::function<std::string(const std::string& name, std::int64_t version)>
signedLayerLink(std::function<std::string()> endpoint, const iam::Account& account,
                const Clock& clock)
{
    return [endpoint = std::move(endpoint), &account, &clock](const std::string& name,
                                                              std::int64_t version) {
        return sign(endpoint(), account, clock,
                    absl::StrCat("/_gantry/layers/", name, "/versions/", version, "/package"), {});
    };
}

} // namespace gantry::api
