#include "backend/functions/registry.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/functions/rules.h"
#include "backend/functions/settings.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::functions {
namespace {

bool hasVersion(const Function& function, const std::string& version)
{
    std::int64_t number = 0;
    return version == kLatest || (isVersionNumber(version) && absl::SimpleAtoi(version, &number) &&
                                  function.versions.contains(number));
}

absl::Status checkWeight(const std::string& version, double weight)
{
    if (weight >= 0.0 && weight <= 1.0)
        return absl::OkStatus();
    return validationError(absl::StrCat(
        "1 validation error detected: Value '{", version, "=", weight,
        "}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value "
        "must satisfy constraint: [Member must have value less than or equal to 1.0, Member must "
        "have value greater than or equal to 0.0, Member must not be null]"));
}

} // namespace

absl::Status Registry::checkAlias(const Function& function, const Alias& alias) const
{
    const auto versionNotFound = [&](const std::string& version) {
        return notFound(absl::StrCat("Function not found: ",
                                     functionArn(m_options.place, function.name, version)));
    };
    const std::string& target = alias.function_version();
    if (!hasVersion(function, target))
        return versionNotFound(target);
    const auto& weights = alias.routing_config().additional_version_weights();
    if (weights.size() > 1) {
        return invalidParameter(
            "Number of items in AdditionalVersionWeights cannot be greater than 1");
    }
    for (const auto& [version, weight] : weights) {
        if (absl::Status valid = checkWeight(version, weight); !valid.ok())
            return valid;
        if (target == kLatest || version == kLatest) {
            return invalidParameter(
                "$LATEST is not supported for an alias pointing to more than 1 version");
        }
        if (version == target) {
            return invalidParameter(absl::StrCat("Invalid function version ", version,
                                                 ". Function version ", version,
                                                 " is already included in routing configuration."));
        }
        if (!hasVersion(function, version))
            return versionNotFound(version);
    }
    return absl::OkStatus();
}

void Registry::saveAlias(const Draft& draft, Alias alias, Aliased reply)
{
    if (absl::Status valid = checkAlias(*draft.after, alias); !valid.ok())
        return reply(valid);
    if (alias.routing_config().additional_version_weights().empty())
        alias.clear_routing_config();
    alias.set_revision_id(randomUuid());
    const auto saved = std::make_shared<const Alias>(std::move(alias));
    draft.after->aliases[saved->name()] = saved;
    commit(draft.before, draft.after,
           [saved, reply, pass = draft.pass](const absl::Status& status) {
               status.ok() ? reply(*saved) : reply(status);
           });
}

void Registry::createAlias(const aws::lambda::CreateAliasRequest& request, Aliased reply)
{
    change(request.function_name(), reply, [this, request, reply](Draft draft, const Reference&) {
        Alias alias;
        alias.set_alias_arn(functionArn(m_options.place, draft.before->name, request.name()));
        alias.set_name(request.name());
        alias.set_function_version(request.function_version());
        alias.set_description(request.description());
        *alias.mutable_routing_config() = request.routing_config();
        if (draft.before->aliases.contains(request.name()))
            return reply(conflict(absl::StrCat("Alias already exists: ", alias.alias_arn())));
        saveAlias(draft, std::move(alias), reply);
    });
}

void Registry::updateAlias(const aws::lambda::UpdateAliasRequest& request, Aliased reply)
{
    change(request.function_name(), reply, [this, request, reply](Draft draft, const Reference&) {
        const auto found = draft.before->aliases.find(request.name());
        if (found == draft.before->aliases.end()) {
            return reply(notFound(
                absl::StrCat("Alias not found: ",
                             functionArn(m_options.place, draft.before->name, request.name()))));
        }
        Alias alias = *found->second;
        const absl::Status revision =
            checkRevision(request.has_revision_id(), request.revision_id(), alias.revision_id());
        if (!revision.ok())
            return reply(revision);
        if (request.has_function_version())
            alias.set_function_version(request.function_version());
        if (request.has_description())
            alias.set_description(request.description());
        if (request.has_routing_config())
            *alias.mutable_routing_config() = request.routing_config();
        saveAlias(draft, std::move(alias), reply);
    });
}

// Deleting an alias that is not there succeeds, as with AWS.
void Registry::removeAlias(const aws::lambda::DeleteAliasRequest& request, Done reply)
{
    const std::string name = request.name();
    change(request.function_name(), reply, [this, name, reply](Draft draft, const Reference&) {
        draft.after->aliases.erase(name);
        draft.after->urls.erase(name); // leads nowhere without it
        draft.after->provisioned.erase(name);
        forgetQualifier(*draft.after, name);
        commit(draft.before, draft.after,
               [reply, pass = draft.pass](absl::Status status) { reply(std::move(status)); });
    });
}

} // namespace gantry::functions
