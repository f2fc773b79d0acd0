#include "backend/functions/concurrency.h"
#include "backend/functions/configuration.h"
#include "backend/functions/registry.h"

#include "backend/base/error.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

// Reserved and provisioned concurrency as settings: what they promise is kept by invoke.
namespace gantry::functions {
namespace {

// Whether what the version or alias leads to is restored from a snapshot.
bool qualifierHasSnapStart(const Function& function, const std::string& qualifier)
{
    const auto alias = function.aliases.find(qualifier);
    const std::string& version =
        alias == function.aliases.end() ? qualifier : alias->second->function_version();
    std::int64_t number = 0;
    if (!absl::SimpleAtoi(version, &number))
        return false;
    const auto found = function.versions.find(number);
    return found != function.versions.end() && hasSnapStart(found->second->configuration);
}

std::string unqualifiedOnly()
{
    return "This operation is permitted on Lambda functions only. Aliases and versions do not "
           "support this operation. Please specify either a function name or an unqualified "
           "function ARN.";
}

int provisionedTotal(const Function& function)
{
    int total = 0;
    for (const auto& [qualifier, config] : function.provisioned)
        total += config.requested;
    return total;
}

// What a function takes out of the account's unreserved pool.
int takenBy(const Function& function)
{
    return function.reservedConcurrency.value_or(provisionedTotal(function));
}

} // namespace

int Registry::unreservedConcurrency() const
{
    int taken = 0;
    for (const auto& [name, function] : m_functions)
        taken += takenBy(*function);
    return m_options.accountConcurrency - taken;
}

std::vector<ProvisionedTarget> Registry::provisionedTargets(const Function& function) const
{
    std::vector<ProvisionedTarget> targets;
    for (const auto& [qualifier, config] : function.provisioned) {
        absl::StatusOr<Target> target = resolve(function.name, qualifier, 1.0);
        if (target.ok())
            targets.push_back({qualifier, config.requested, *std::move(target)});
    }
    return targets;
}

void Registry::putConcurrency(const aws::lambda::PutFunctionConcurrencyRequest& request, Done reply)
{
    const int reserved = request.reserved_concurrent_executions();
    change(request.function_name(), reply,
           [this, reserved, reply](Draft draft, const Reference& reference) {
               if (!reference.qualifier.empty())
                   return reply(invalidParameter(unqualifiedOnly()));
               if (const int provisioned = provisionedTotal(*draft.before);
                   reserved < provisioned) {
                   return reply(invalidParameter(absl::StrCat(
                       "ReservedConcurrentExecutions ", reserved,
                       " should not be lower than function's total provisioned concurrency [",
                       provisioned, "].")));
               }
               const int left = unreservedConcurrency() + takenBy(*draft.before) - reserved;
               if (left < kLeastUnreserved && reserved > takenBy(*draft.before)) {
                   return reply(invalidParameter(absl::StrCat(
                       "Specified ReservedConcurrentExecutions for function decreases account's "
                       "UnreservedConcurrentExecution below its minimum value of [",
                       kLeastUnreserved, "].")));
               }
               draft.after->reservedConcurrency = reserved;
               commit(draft.before, draft.after, [reply, pass = draft.pass](absl::Status status) {
                   reply(std::move(status));
               });
           });
}

// Succeeds when nothing is reserved, as with AWS.
void Registry::removeConcurrency(const aws::lambda::DeleteFunctionConcurrencyRequest& request,
                                 Done reply)
{
    change(request.function_name(), reply, [this, reply](Draft draft, const Reference& reference) {
        if (!reference.qualifier.empty())
            return reply(invalidParameter(unqualifiedOnly()));
        draft.after->reservedConcurrency.reset();
        commit(draft.before, draft.after,
               [reply, pass = draft.pass](absl::Status status) { reply(std::move(status)); });
    });
}

absl::Status Registry::checkProvisionable(const Function& function,
                                          const std::string& qualifier) const
{
    const std::string arn = functionArn(m_options.place, function.name, qualifier);
    if (qualifierHasSnapStart(function, qualifier)) {
        return invalidParameter(
            "Provisioned Concurrency is not supported for SnapStart enabled functions.");
    }
    const auto version = [&function](const std::string& number) {
        std::int64_t value = 0;
        return isVersionNumber(number) && absl::SimpleAtoi(number, &value) &&
               function.versions.contains(value);
    };
    if (qualifier.empty() || qualifier == kLatest) {
        return invalidParameter(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    }
    if (function.latest->configuration.has_tenancy_config()) {
        return invalidParameter(
            "Provisioned Concurrency is not supported for functions with tenant isolation.");
    }
    if (isVersionNumber(qualifier)) {
        if (!version(qualifier))
            return notFound(absl::StrCat("Function not found: ", arn));
        for (const auto& [other, config] : function.provisioned) {
            const auto alias = function.aliases.find(other);
            if (alias != function.aliases.end() && alias->second->function_version() == qualifier)
                return conflict("Version is pointed to by a Provisioned Concurrency alias");
        }
        return absl::OkStatus();
    }
    const auto alias = function.aliases.find(qualifier);
    if (alias == function.aliases.end())
        return notFound(absl::StrCat("Cannot find alias arn: ", arn));
    if (!version(alias->second->function_version())) {
        return invalidParameter(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    }
    if (!alias->second->routing_config().additional_version_weights().empty())
        return conflict("Alias with weights can not be used with Provisioned Concurrency");
    if (function.provisioned.contains(alias->second->function_version())) {
        return conflict("Alias can't be used for Provisioned Concurrency configuration on an "
                        "already Provisioned version");
    }
    return absl::OkStatus();
}

absl::Status Registry::checkProvisioned(const Function& function, const std::string& qualifier,
                                        int wanted) const
{
    const auto before = function.provisioned.find(qualifier);
    const int others = provisionedTotal(function) -
                       (before == function.provisioned.end() ? 0 : before->second.requested);
    if (function.reservedConcurrency) {
        if (others + wanted <= *function.reservedConcurrency)
            return absl::OkStatus();
        return invalidParameter("Requested Provisioned Concurrency should not be greater than the "
                                "reservedConcurrentExecution for function");
    }
    const int left = unreservedConcurrency() + takenBy(function) - others;
    if (left - wanted >= kLeastUnreserved)
        return absl::OkStatus();
    if (wanted > left) {
        return invalidParameter(absl::StrCat("Specified ConcurrentExecutions for function is "
                                             "greater than account's unreserved concurrency [",
                                             left, "]."));
    }
    return invalidParameter(
        absl::StrCat("Specified ConcurrentExecutions for function decreases account's "
                     "UnreservedConcurrentExecution below its minimum value of [",
                     kLeastUnreserved, "]."));
}

void Registry::putProvisioned(const aws::lambda::PutProvisionedConcurrencyConfigRequest& request,
                              std::function<void(absl::StatusOr<ProvisionedConfig>)> reply)
{
    const std::string qualifier = request.qualifier();
    const int wanted = request.provisioned_concurrent_executions();
    change(request.function_name(), reply,
           [this, qualifier, wanted, reply](Draft draft, const Reference&) {
               absl::Status valid = checkProvisionable(*draft.before, qualifier);
               if (valid.ok())
                   valid = checkProvisioned(*draft.before, qualifier, wanted);
               if (!valid.ok())
                   return reply(valid);
               const ProvisionedConfig config{wanted, now()};
               draft.after->provisioned[qualifier] = config;
               commit(draft.before, draft.after,
                      [config, reply, pass = draft.pass](const absl::Status& status) {
                          status.ok() ? reply(config) : reply(status);
                      });
           });
}

void Registry::removeProvisioned(
    const aws::lambda::DeleteProvisionedConcurrencyConfigRequest& request, Done reply)
{
    const std::string qualifier = request.qualifier();
    change(request.function_name(), reply, [this, qualifier, reply](Draft draft, const Reference&) {
        if (qualifier == kLatest) {
            return reply(invalidParameter("The function resource provided must be an alias or a "
                                          "published version."));
        }
        draft.after->provisioned.erase(qualifier);
        commit(draft.before, draft.after,
               [reply, pass = draft.pass](absl::Status status) { reply(std::move(status)); });
    });
}

} // namespace gantry::functions
