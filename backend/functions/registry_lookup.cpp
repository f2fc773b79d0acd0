#include "backend/functions/registry.h"

#include "backend/base/error.h"
#include "backend/functions/overview.h"
#include "backend/functions/variables.h"
#include "gantry/store/functions.pb.h"
#include "gantry/v1/monitor.pb.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <utility>

// Reading the model.
namespace gantry::functions {
namespace {

VersionPtr versionOf(const Function& function, const std::string& qualifier)
{
    if (qualifier.empty() || qualifier == kLatest)
        return function.latest;
    std::int64_t number = 0;
    if (!isVersionNumber(qualifier) || !absl::SimpleAtoi(qualifier, &number))
        return nullptr;
    const auto version = function.versions.find(number);
    return version == function.versions.end() ? nullptr : version->second;
}

// An alias has its own provisioned environments; those of a version serve all that leads to it.
std::string provisionedQualifier(const Function& function, const std::string& alias,
                                 const Version& version)
{
    if (!alias.empty() && function.provisioned.contains(alias))
        return alias;
    const std::string& number = version.configuration.version();
    return function.provisioned.contains(number) ? number : std::string();
}

// The version that an invocation through the alias runs: random falls into the additional version's
// share or not.
std::string routed(const Alias& alias, double random)
{
    for (const auto& [version, weight] : alias.routing_config().additional_version_weights()) {
        if (random < weight)
            return version;
    }
    return alias.function_version();
}

// Whether it asks a function for what capacity providers run, which none here has.
bool isLatestPublished(const Registry& registry, std::string_view nameOrArn,
                       std::string_view qualifier)
{
    const auto reference = parseReference(registry.place(), nameOrArn, qualifier);
    return reference.ok() && reference->qualifier == "$LATEST.PUBLISHED" &&
           registry.functions().contains(reference->name);
}

} // namespace

absl::StatusOr<Found> Registry::find(std::string_view nameOrArn, std::string_view qualifier) const
{
    absl::StatusOr<Reference> reference = parseReference(m_options.place, nameOrArn, qualifier);
    if (!reference.ok())
        return reference.status();
    Found found;
    found.qualifier = reference->qualifier;
    if (const auto function = m_functions.find(reference->name); function != m_functions.end()) {
        found.function = function->second;
        found.version = versionOf(*found.function, found.qualifier);
        if (const auto alias = found.function->aliases.find(found.qualifier);
            alias != found.function->aliases.end()) {
            found.alias = alias->second;
            found.version = versionOf(*found.function, alias->second->function_version());
        }
    }
    if (!found.version) {
        return notFound(
            absl::StrCat("Function not found: ",
                         functionArn(m_options.place, reference->name, reference->qualifier)));
    }
    return found;
}

absl::StatusOr<Target> Registry::resolve(std::string_view nameOrArn, std::string_view qualifier,
                                         double random) const
{
    absl::StatusOr<Found> found = find(nameOrArn, qualifier);
    if (!found.ok() && isLatestPublished(*this, nameOrArn, qualifier))
        return makeError("NoPublishedVersionException", 400,
                         "The function has no published versions available.");
    if (!found.ok())
        return found.status();
    Target target;
    if (found->alias) {
        target.alias = found->alias->name();
        found->version = versionOf(*found->function, routed(*found->alias, random));
    }
    const Version& version = *found->version;
    if (version.spec && version.configuration.state() == "Pending") {
        return makeError("SnapStartNotReadyException", 409,
                         "Lambda is initializing your function. It will be ready to invoke once "
                         "your function state becomes ACTIVE.");
    }
    if (!version.spec) {
        return conflict(absl::StrCat("The operation cannot be performed at this time. The function "
                                     "is currently in the following state: ",
                                     version.configuration.state()));
    }
    if (m_options.keys) {
        if (absl::Status readable = checkVariables(*m_options.keys, version); !readable.ok())
            return readable;
    }
    target.invokedArn = functionArn(m_options.place, found->function->name, found->qualifier);
    target.poolKey = version.poolKey;
    target.spec = version.spec;
    target.reservedConcurrency = found->function->reservedConcurrency;
    if (const Settings& settings = *found->function->settings; settings.has_stream_pace())
        target.streamPace = {settings.stream_pace().burst_bytes(),
                             settings.stream_pace().bytes_per_second()};
    if (!found->function->provisioned.empty())
        target.provisionedQualifier = provisionedQualifier(*found->function, target.alias, version);
    return target;
}

Configuration Registry::describe(const Found& found) const
{
    Configuration configuration = found.version->configuration;
    configuration.set_function_arn(
        functionArn(m_options.place, found.function->name, found.qualifier));
    if (m_options.keys)
        hideUnreadable(*m_options.keys, *found.version, configuration);
    return configuration;
}

std::vector<v1::FunctionOverview> Registry::overviews() const
{
    std::vector<v1::FunctionOverview> result;
    result.reserve(m_functions.size());
    for (const auto& [name, function] : m_functions)
        result.push_back(overviewOf(*function));
    return result;
}

void Registry::package(const Found& found, Package done)
{
    if (!found.version->image.empty())
        return done(invalidParameter("A function that is made of a container image has no package."));
    // The lease outlives the read: the package may be replaced meanwhile.
    m_code.read(found.version->package,
                guarded([lease = m_code.lease(found.version->package), done = std::move(done)](
                            absl::StatusOr<std::string> zip) { done(std::move(zip)); }));
}

} // namespace gantry::functions
