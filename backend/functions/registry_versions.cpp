#include "backend/functions/registry.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/functions/configuration.h"
#include "backend/functions/layers.h"
#include "backend/functions/rules.h"
#include "backend/functions/settings.h"
#include "backend/images/image_store.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <utility>
#include <vector>

namespace gantry::functions {

// Gives a version what its invocations run.
void Registry::runnable(Version& version)
{
    Code code;
    if (version.image.empty()) {
        code.directory = m_code.directoryOf(version.package).string();
        code.lease = m_code.lease(version.package);
    } else {
        const std::string& digest = version.image.digest;
        code.image = containerImage(version.configuration, m_options.images->image(digest)->config,
                                    m_options.images->rootOf(digest).string());
        code.lease = leaseImage(digest);
    }
    if (!version.layerPackages.empty()) {
        code.layersDirectory = m_layers->directoryOf(version.layerPackages);
        code.layersLease = m_layers->lease(version.layerPackages);
    }
    version.spec = makeSpec(m_options, version, std::move(code));
    version.poolKey = absl::StrCat(version.configuration.function_name(), "/",
                                   version.configuration.version(), "/", ++m_generation);
}

// Each is a function that initialises, with the memory of one. AWS names no number.
absl::Status checkSnapshots(const Registry& registry, const Configuration& latest)
{
    constexpr int kMostAtOnce = 8;
    if (latest.snap_start().apply_on() != "PublishedVersions")
        return absl::OkStatus();
    int taken = 0;
    for (const auto& [name, function] : registry.functions()) {
        for (const auto& [number, version] : function->versions)
            taken += version->spec && version->configuration.state() == "Pending";
    }
    return taken < kMostAtOnce ? absl::OkStatus()
                               : throttled("ConcurrentSnapshotCreateLimitExceeded");
}

// Adds the next version to the draft, with the state that $LATEST has.
VersionPtr Registry::publishLatest(Function& function, std::string_view description)
{
    auto version = std::make_shared<Version>();
    version->configuration = publishedConfiguration(m_options.place, function.latest->configuration,
                                                    ++function.lastVersion, description);
    version->configuration.set_revision_id(randomUuid());
    version->package = function.latest->package;
    version->image = function.latest->image;
    version->sealedVariables = function.latest->sealedVariables;
    version->layerPackages = function.latest->layerPackages;
    version->unpackedBytes = function.latest->unpackedBytes;
    version->layerBytes = function.latest->layerBytes;
    if (isSettled(version->configuration)) {
        runnable(*version);
        if (hasSnapStart(version->configuration))
            setPending(version->configuration); // until its snapshot is taken
    }
    function.versions.emplace(function.lastVersion, version);
    return version;
}

void Registry::publish(const aws::lambda::PublishVersionRequest& request, Configured reply)
{
    if (absl::Status valid = checkPublish(request); !valid.ok())
        return reply(valid);
    change(request.function_name(), reply, [this, request, reply](Draft draft, const Reference&) {
        const Version& latest = *draft.before->latest;
        const Configuration& configuration = latest.configuration;
        const absl::Status revision = checkRevision(
            request.has_revision_id(), request.revision_id(), configuration.revision_id());
        if (!revision.ok())
            return reply(revision);
        if (!request.code_sha256().empty() &&
            request.code_sha256() != configuration.code_sha256()) {
            return reply(invalidParameter(absl::StrCat(
                "CodeSHA256 (", request.code_sha256(),
                ") is different from current CodeSHA256 in $LATEST (", configuration.code_sha256(),
                "). Please try again with the CodeSHA256 in $LATEST.")));
        }
        if (!latest.spec || configuration.last_update_status() == "Failed") {
            return reply(conflict("The operation cannot be performed at this time. The function is "
                                  "currently in the following state: Failed"));
        }
        if (!draft.before->versions.empty()) {
            const Version& newest = *draft.before->versions.rbegin()->second;
            if (newest.package == latest.package && newest.image == latest.image &&
                sameToPublish(configuration, newest.configuration))
                return reply(newest.configuration);
        }
        if (absl::Status possible = checkSnapshots(*this, configuration); !possible.ok())
            return reply(possible);
        const VersionPtr version = publishLatest(*draft.after, request.description());
        commit(draft.before, draft.after,
               [version, reply, pass = draft.pass](const absl::Status& status) {
                   status.ok() ? reply(version->configuration) : reply(status);
               });
    });
}

void Registry::snapshotTaken(const std::string& name, const std::string& version,
                             const runtime::InitOutcome& outcome)
{
    const auto ignored = [](const absl::Status&) {};
    change(name, ignored, [version, outcome, this](Draft draft, const Reference&) {
        std::int64_t number = 0;
        if (!absl::SimpleAtoi(version, &number))
            return;
        const auto found = draft.after->versions.find(number);
        if (found == draft.after->versions.end() ||
            found->second->configuration.state() != "Pending")
            return;
        auto settled = std::make_shared<Version>(*found->second);
        Configuration& c = settled->configuration;
        setActive(c);
        if (outcome.errorType == runtime::kNoSnapshots) {
            c.mutable_snap_start()->set_optimization_status("Off");
        } else if (!outcome.ok) {
            c.set_state("Failed");
            c.set_state_reason(absl::StrCat("SnapStart could not initialise the function: ",
                                            outcome.errorType, ": ", outcome.errorMessage));
            c.set_state_reason_code("FunctionError");
            settled->spec.reset();
        }
        c.set_revision_id(randomUuid());
        found->second = std::move(settled);
        commit(draft.before, draft.after, [pass = draft.pass](const absl::Status&) {});
    });
}

void Registry::remove(const aws::lambda::DeleteFunctionRequest& request, Done reply)
{
    const std::string& qualifier = request.qualifier();
    change(request.function_name(), reply,
           [this, qualifier, reply](Draft draft, const Reference& reference) {
               const std::string& named =
                   reference.qualifier.empty() ? qualifier : reference.qualifier;
               if (named.empty()) {
                   return commit(draft.before, nullptr,
                                 [reply, pass = draft.pass](absl::Status status) {
                                     reply(std::move(status));
                                 });
               }
               removeVersion(draft, named, reply);
           });
}

void Registry::removeVersion(const Draft& draft, const std::string& version, Done reply)
{
    if (version == kLatest) {
        return reply(
            invalidParameter("$LATEST version cannot be deleted without deleting the function."));
    }
    std::int64_t number = 0;
    if (!isVersionNumber(version) || !absl::SimpleAtoi(version, &number))
        return reply(invalidParameter("Deletion of aliases is not currently supported."));
    std::vector<std::string> aliases;
    for (const auto& [name, alias] : draft.before->aliases) {
        if (alias->function_version() == version ||
            alias->routing_config().additional_version_weights().contains(version))
            aliases.push_back(name);
    }
    if (!aliases.empty()) {
        return reply(conflict(
            absl::StrCat("Unable to delete version because the following aliases reference it: [",
                         absl::StrJoin(aliases, ", "), "]")));
    }
    draft.after->versions.erase(number);
    draft.after->provisioned.erase(version);
    forgetQualifier(*draft.after, version);
    commit(draft.before, draft.after,
           [reply, pass = draft.pass](absl::Status status) { reply(std::move(status)); });
}

} // namespace gantry::functions
