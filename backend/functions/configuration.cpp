#include "backend/functions/configuration.h"

#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/images/manifest.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>
#include <google/protobuf/util/message_differencer.h>

#include <utility>

namespace gantry::functions {
namespace {

constexpr int kDefaultTimeoutSeconds = 3;
constexpr int kDefaultMemoryMb = 128;
constexpr int kDefaultTmpMb = 512;

void setEnvironment(const aws::lambda::Environment& from, Configuration& to)
{
    to.clear_environment(); // with an error that may be there
    if (!from.variables().empty())
        *to.mutable_environment()->mutable_variables() = from.variables();
}

void setSnapStart(const aws::lambda::SnapStart& from, Configuration& to)
{
    to.mutable_snap_start()->set_apply_on(from.has_apply_on() ? from.apply_on() : "None");
    // Of $LATEST; a published version is On once its snapshot was taken.
    to.mutable_snap_start()->set_optimization_status("Off");
}

void setLogging(const aws::lambda::LoggingConfig& from, Configuration& to)
{
    aws::lambda::LoggingConfig& logging = *to.mutable_logging_config();
    logging.MergeFrom(from);
    if (!logging.has_log_format())
        logging.set_log_format("Text");
    if (!logging.has_log_group())
        logging.set_log_group(absl::StrCat("/aws/lambda/", to.function_name()));
    if (logging.log_format() == "Text") {
        logging.clear_application_log_level();
        logging.clear_system_log_level();
        return;
    }
    if (!logging.has_application_log_level())
        logging.set_application_log_level("INFO");
    if (!logging.has_system_log_level())
        logging.set_system_log_level("INFO");
}

void setDeadLetter(const aws::lambda::DeadLetterConfig& from, Configuration& to)
{
    if (from.target_arn().empty())
        to.clear_dead_letter_config();
    else
        *to.mutable_dead_letter_config() = from;
}

// An empty one takes the overrides away.
void setImageConfig(const aws::lambda::ImageConfig& from, Configuration& to)
{
    if (from.entry_point().empty() && from.command().empty() && from.working_directory().empty())
        to.clear_image_config_response();
    else
        *to.mutable_image_config_response()->mutable_image_config() = from;
}

// An ARN that stands for the runtime's build, as AWS has one; it changes with the runtime only.
void setRuntime(const std::string& runtime, std::string_view region, Configuration& to)
{
    to.set_runtime(runtime);
    to.mutable_runtime_version_config()->set_runtime_version_arn(
        absl::StrCat("arn:aws:lambda:", view(region), "::runtime:", toHex(sha256(runtime))));
}

std::string regionOf(const std::string& arn)
{
    constexpr std::size_t prefix = std::string_view("arn:aws:lambda:").size();
    return arn.substr(prefix, arn.find(':', prefix) - prefix);
}

// What is left are the settings that make a version differ from another.
Configuration settingsOf(Configuration configuration)
{
    configuration.clear_function_arn();
    configuration.clear_version();
    configuration.clear_description();
    configuration.clear_revision_id();
    configuration.clear_last_modified();
    configuration.clear_state();
    configuration.clear_state_reason();
    configuration.clear_state_reason_code();
    configuration.clear_last_update_status();
    configuration.clear_last_update_status_reason();
    configuration.clear_last_update_status_reason_code();
    configuration.mutable_snap_start()->clear_optimization_status();
    return configuration;
}

} // namespace

Configuration newConfiguration(const Place& place,
                               const aws::lambda::CreateFunctionRequest& request)
{
    Configuration c;
    const std::string name = parseReference(place, request.function_name())->name;
    c.set_function_name(name);
    c.set_function_arn(functionArn(place, name));
    c.set_version(kLatest);
    c.set_package_type(request.package_type() == "Image" ? "Image" : "Zip");
    if (c.package_type() == "Zip") {
        setRuntime(request.runtime(), place.region, c);
        c.set_handler(request.handler());
    }
    if (request.has_image_config())
        setImageConfig(request.image_config(), c);
    c.set_role(request.role());
    c.set_description(request.description());
    c.set_timeout(request.has_timeout() ? request.timeout() : kDefaultTimeoutSeconds);
    c.set_memory_size(request.has_memory_size() ? request.memory_size() : kDefaultMemoryMb);
    c.add_architectures(request.architectures_size() > 0 ? request.architectures(0) : "x86_64");
    c.mutable_ephemeral_storage()->set_size(
        request.has_ephemeral_storage() ? request.ephemeral_storage().size() : kDefaultTmpMb);
    c.mutable_tracing_config()->set_mode(
        request.tracing_config().has_mode() ? request.tracing_config().mode() : "PassThrough");
    if (request.has_tenancy_config())
        *c.mutable_tenancy_config() = request.tenancy_config();
    setEnvironment(request.environment(), c);
    if (!request.kms_key_arn().empty())
        c.set_kms_key_arn(request.kms_key_arn());
    setSnapStart(request.snap_start(), c);
    setLogging(request.logging_config(), c);
    setDeadLetter(request.dead_letter_config(), c);
    return c;
}

void applyUpdate(const aws::lambda::UpdateFunctionConfigurationRequest& request,
                 Configuration& configuration)
{
    if (request.has_role())
        configuration.set_role(request.role());
    if (request.has_handler())
        configuration.set_handler(request.handler());
    if (request.has_description())
        configuration.set_description(request.description());
    if (request.has_timeout())
        configuration.set_timeout(request.timeout());
    if (request.has_memory_size())
        configuration.set_memory_size(request.memory_size());
    if (request.has_runtime())
        setRuntime(request.runtime(), regionOf(configuration.function_arn()), configuration);
    if (request.has_environment())
        setEnvironment(request.environment(), configuration);
    if (request.has_kms_key_arn() && request.kms_key_arn().empty())
        configuration.clear_kms_key_arn();
    else if (request.has_kms_key_arn())
        configuration.set_kms_key_arn(request.kms_key_arn());
    if (request.has_image_config())
        setImageConfig(request.image_config(), configuration);
    if (request.has_ephemeral_storage())
        configuration.mutable_ephemeral_storage()->set_size(request.ephemeral_storage().size());
    if (request.tracing_config().has_mode())
        configuration.mutable_tracing_config()->set_mode(request.tracing_config().mode());
    if (request.has_snap_start())
        setSnapStart(request.snap_start(), configuration);
    if (request.has_logging_config())
        setLogging(request.logging_config(), configuration);
    if (request.has_dead_letter_config())
        setDeadLetter(request.dead_letter_config(), configuration);
}

bool hasSnapStart(const Configuration& configuration)
{
    return configuration.snap_start().apply_on() == "PublishedVersions" &&
           configuration.version() != kLatest;
}

Configuration publishedConfiguration(const Place& place, const Configuration& latest,
                                     std::int64_t number, std::string_view description)
{
    Configuration c = latest;
    c.set_version(absl::StrCat(number));
    c.set_function_arn(functionArn(place, latest.function_name(), c.version()));
    if (!description.empty())
        c.set_description(std::string(description));
    if (hasSnapStart(c))
        c.mutable_snap_start()->set_optimization_status("On");
    return c;
}

bool sameToPublish(const Configuration& latest, const Configuration& published)
{
    return google::protobuf::util::MessageDifferencer::Equals(settingsOf(latest),
                                                              settingsOf(published));
}

std::shared_ptr<const runtime::ContainerImage>
containerImage(const Configuration& configuration, const images::ImageConfig& image,
               std::string root)
{
    auto made = std::make_shared<runtime::ContainerImage>();
    made->root = std::move(root);
    made->entryPoint = image.entryPoint;
    made->command = image.command;
    made->env = image.env;
    if (!image.workingDirectory.empty())
        made->workingDirectory = image.workingDirectory;
    const aws::lambda::ImageConfig& own = configuration.image_config_response().image_config();
    if (!own.entry_point().empty())
        made->entryPoint = {own.entry_point().begin(), own.entry_point().end()};
    if (!own.command().empty())
        made->command = {own.command().begin(), own.command().end()};
    if (!own.working_directory().empty())
        made->workingDirectory = own.working_directory();
    return made;
}

std::shared_ptr<const runtime::EnvironmentSpec> makeSpec(const Options& options,
                                                         const Version& version, Code code)
{
    const Configuration& c = version.configuration;
    auto spec = std::make_shared<runtime::EnvironmentSpec>();
    spec->accountId = options.place.accountId;
    spec->region = options.place.region;
    spec->functionName = c.function_name();
    spec->functionArn = functionArn(options.place, c.function_name());
    spec->version = c.version();
    spec->runtime = c.runtime();
    spec->handler = c.handler();
    spec->architecture = c.architectures(0);
    spec->emulated = c.architectures(0) != options.hostArchitecture;
    spec->memoryMb = c.memory_size();
    spec->snapStart = hasSnapStart(c);
    spec->tmpMb = c.ephemeral_storage().size();
    spec->timeoutSeconds = c.timeout();
    spec->variables = {c.environment().variables().begin(), c.environment().variables().end()};
    spec->codeDirectory = std::move(code.directory);
    spec->layersDirectory = std::move(code.layersDirectory);
    spec->image = std::move(code.image);
    using Leases = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;
    spec->codeLease =
        std::make_shared<Leases>(std::move(code.lease), std::move(code.layersLease));
    const aws::lambda::LoggingConfig& logging = c.logging_config();
    spec->log = {logging.log_group(), logging.log_format() == "JSON",
                 logging.application_log_level(), logging.system_log_level()};
    spec->role = c.role();
    spec->activeTracing = c.tracing_config().mode() == "Active";
    spec->tenantIsolation = c.tenancy_config().tenant_isolation_mode() == "PER_TENANT";
    return spec;
}

std::string formatTime(std::int64_t unixMillis)
{
    return absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%S", absl::FromUnixMillis(unixMillis),
                                         absl::UTCTimeZone()),
                        absl::StrFormat(".%03d+0000", unixMillis % 1000));
}

} // namespace gantry::functions
