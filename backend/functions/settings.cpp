#include "backend/functions/settings.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/functions/arn.h"
#include "gantry/store/functions.pb.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <utility>
#include <vector>

namespace gantry::functions {
namespace {

VersionPtr versionBehind(const Function& function, const std::string& qualifier)
{
    std::string wanted = qualifier;
    if (const auto alias = function.aliases.find(qualifier); alias != function.aliases.end())
        wanted = alias->second->function_version();
    for (const auto& [number, version] : function.versions) {
        if (version->configuration.version() == wanted)
            return version;
    }
    return function.latest;
}

std::string list(const std::set<std::string>& services)
{
    return services.empty() ? "none yet" : absl::StrJoin(services, ", ");
}

// denied: what AWS says when the function's role may not send there.
absl::Status checkReach(const Options& options, const Configuration& function,
                        const std::string& arn, const std::string& denied)
{
    const absl::Status reached = options.reach
                                     ? options.reach(arn, function.role(), function.function_name())
                                     : absl::OkStatus();
    if (reached.ok())
        return reached;
    const AwsError error = awsErrorOf(reached);
    return invalidParameter(error.name == "AccessDeniedException"
                                ? denied
                                : absl::StrCat(arn, " cannot be used: ", error.message));
}

absl::Status checkDestination(const Options& options, const Configuration& function,
                              const std::string& arn,
                              const std::function<bool(const std::string&)>& functionExists)
{
    if (arn.empty())
        return absl::OkStatus();
    const std::string service = serviceOf(arn);
    if (!options.destinationServices.contains(service)) {
        return invalidParameter(absl::StrCat(
            "The destination ARN ", arn, " is invalid. Destinations that this platform has: ",
            list(options.destinationServices), "."));
    }
    if (service != "lambda")
        return checkReach(options, function, arn,
                          absl::StrCat("The function's execution role does not have permissions to "
                                       "call SendMessage on ", arn));
    const absl::StatusOr<Reference> target = parseReference(options.place, arn);
    if (!target.ok() || !functionExists(target->name))
        return invalidParameter(absl::StrCat("The destination ARN ", arn, " is invalid."));
    if (target->name == function.function_name())
        return invalidParameter("You can't specify the function as a destination for itself.");
    return absl::OkStatus();
}

} // namespace

SettingsPtr noSettings()
{
    static const auto none = std::make_shared<const Settings>();
    return none;
}

EventPolicy eventPolicy(const Function& function, const std::string& qualifier)
{
    EventPolicy policy;
    policy.deadLetter =
        versionBehind(function, qualifier)->configuration.dead_letter_config().target_arn();
    const auto& configured = function.settings->event_invoke();
    const auto found = configured.find(qualifier.empty() ? kLatest : qualifier);
    if (found == configured.end())
        return policy;
    const aws::lambda::FunctionEventInvokeConfig& config = found->second;
    if (config.has_maximum_retry_attempts())
        policy.maximumRetries = config.maximum_retry_attempts();
    if (config.has_maximum_event_age_in_seconds())
        policy.maximumAgeMicros = std::int64_t{1'000'000} * config.maximum_event_age_in_seconds();
    policy.onSuccess = config.destination_config().on_success().destination();
    policy.onFailure = config.destination_config().on_failure().destination();
    return policy;
}

absl::Status checkDestinations(const Options& options, const Configuration& function,
                               const aws::lambda::DestinationConfig& destinations,
                               const std::function<bool(const std::string&)>& functionExists)
{
    for (const std::string& arn :
         {destinations.on_failure().destination(), destinations.on_success().destination()}) {
        if (absl::Status valid = checkDestination(options, function, arn, functionExists);
            !valid.ok())
            return valid;
    }
    return absl::OkStatus();
}

absl::Status checkDeadLetter(const Options& options, const Configuration& function)
{
    const std::string& targetArn = function.dead_letter_config().target_arn();
    if (targetArn.empty())
        return absl::OkStatus();
    if (options.deadLetterServices.contains(serviceOf(targetArn)))
        return checkReach(options, function, targetArn,
                          "The provided execution role does not have permissions to call "
                          "SendMessage on SQS");
    return invalidParameter(absl::StrCat(
        "The dead-letter target ", targetArn,
        " cannot be reached. Dead-letter targets that this platform has: ",
        list(options.deadLetterServices),
        ". A function can be the OnFailure destination instead (PutFunctionEventInvokeConfig)."));
}

std::string serviceOf(const std::string& arn)
{
    const std::vector<std::string> parts = absl::StrSplit(arn, ':');
    return parts.size() >= 6 && parts[0] == "arn" ? parts[2] : std::string();
}

void forgetQualifier(Function& function, const std::string& qualifier)
{
    auto settings = std::make_shared<Settings>(*function.settings);
    const std::size_t forgotten = settings->mutable_event_invoke()->erase(qualifier) +
                                  settings->mutable_policies()->erase(qualifier) +
                                  settings->mutable_runtime_management()->erase(qualifier);
    if (forgotten > 0)
        function.settings = std::move(settings);
}

} // namespace gantry::functions
