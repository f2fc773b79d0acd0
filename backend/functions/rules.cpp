#include "backend/functions/rules.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/runtime/launch_plan.h"
#include "backend/store/code_store.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <set>
#include <string_view>

namespace gantry::functions {
namespace {

constexpr int kMaxTimeoutSeconds = 900;
constexpr int kMaxMemoryMb = 10'240;
constexpr std::size_t kMaxEnvironmentBytes = 4096;
constexpr std::size_t kMaxTags = 50;

const absl::flat_hash_set<std::string>& creatableRuntimes()
{
    static const auto* runtimes = new absl::flat_hash_set<std::string>{
        "nodejs22.x",   "nodejs24.x", "nodejs26.x",    "python3.10",   "python3.11",
        "python3.12",   "python3.13", "python3.14",    "python3.15",   "java8.al2",
        "java8.al2023", "java11",     "java11.al2023", "java17",       "java17.al2023",
        "java21",       "java25",     "dotnet8",       "dotnet10",     "ruby3.2",
        "ruby3.3",      "ruby3.4",    "ruby4.0",       "provided.al2", "provided.al2023",
    };
    return *runtimes;
}

absl::Status notYet(std::string_view what, std::string_view instead)
{
    return invalidParameter(
        absl::StrCat(view(what), " is not supported by this platform yet. ", view(instead)));
}

absl::Status atMost(std::string_view member, int value, int maximum)
{
    if (value <= maximum)
        return absl::OkStatus();
    return invalidParameter(absl::StrCat("'", view(member),
                                         "' value failed to satisfy constraint: Member must have "
                                         "value less than or equal to ",
                                         maximum));
}

// The members that CreateFunction and UpdateFunctionConfiguration share.
template <class Request> absl::Status checkShared(const Request& request)
{
    if (absl::Status s = atMost("MemorySize", request.memory_size(), kMaxMemoryMb); !s.ok())
        return s;
    if (absl::Status s = atMost("Timeout", request.timeout(), kMaxTimeoutSeconds); !s.ok())
        return s;
    if (request.has_runtime()) {
        if (absl::Status s = checkRuntime(request.runtime()); !s.ok())
            return s;
    }
    if (absl::Status s = checkEnvironment(request.environment()); !s.ok())
        return s;
    if (request.vpc_config().subnet_ids_size() > 0 ||
        request.vpc_config().security_group_ids_size() > 0)
        return notYet("VpcConfig", "Leave it out: the function then runs without a VPC.");
    if (request.file_system_configs_size() > 0)
        return notYet("FileSystemConfigs", "Use /tmp, which holds up to 10,240 MB.");
    if (request.has_capacity_provider_config())
        return notYet("CapacityProviderConfig", "Leave it out: the function then runs on demand.");
    if (request.has_durable_config())
        return notYet("DurableConfig", "Leave it out: the function then is a plain one.");
    for (const auto* list : {&request.image_config().entry_point(), &request.image_config().command()})
        for (const std::string& word : *list)
            if (absl::StrContains(word, '\0'))
                return invalidParameter("The words of ImageConfig must not hold NUL.");
    if (const std::string& directory = request.image_config().working_directory();
        !directory.empty() && directory[0] != '/')
        return invalidParameter("The WorkingDirectory of ImageConfig must be an absolute path.");
    return absl::OkStatus();
}

// Where the code comes from; the two requests have the same members for it.
template <class Source> absl::Status checkSource(const Source& source, std::string_view operation)
{
    if (source.has_image_uri() && (source.has_zip_file() || source.has_s3_bucket()))
        return invalidParameter("Please provide only one source for function code: ImageUri, ZipFile "
                                "or an object in S3.");
    if (source.has_image_uri())
        return absl::OkStatus(); // what it leads to is found out later
    if (source.has_s3_bucket() || source.has_s3_key())
        return notYet("Code in S3", "Send the package as ZipFile.");
    if (!source.source_kms_key_arn().empty())
        return notYet("SourceKMSKeyArn", "Send the package unencrypted.");
    if (!source.has_zip_file())
        return invalidParameter("Please provide a source for function code.");
    if (source.zip_file().empty())
        return invalidParameter("Uploaded file must be a non-empty zip");
    if (source.zip_file().size() > store::CodeStore::kMaxZipBytes) {
        return makeError("RequestEntityTooLargeException", 413,
                         absl::StrCat("Request must be smaller than 69905067 bytes for the ",
                                      view(operation), " operation"));
    }
    return absl::OkStatus();
}

absl::Status ofPackagesOnly(std::string_view member)
{
    return invalidParameter(absl::StrCat(view(member), " is not supported for functions with "
                                                       "PackageType Image: it belongs to the image."));
}

// What only one of the package types has.
template <class Request> absl::Status checkOfPackageType(bool isImage, const Request& request)
{
    if (!isImage)
        return !request.has_image_config()
                   ? absl::OkStatus()
                   : invalidParameter("ImageConfig is not supported for functions with PackageType "
                                      "Zip.");
    if (!request.runtime().empty())
        return ofPackagesOnly("Runtime");
    if (!request.handler().empty())
        return ofPackagesOnly("Handler");
    if (request.layers_size() > 0)
        return ofPackagesOnly("Layers");
    if (request.snap_start().apply_on() == "PublishedVersions")
        return ofPackagesOnly("SnapStart");
    return absl::OkStatus();
}

} // namespace

absl::Status checkPackageType(std::string_view type, bool givesImage)
{
    if (type == "Image" && !givesImage)
        return invalidParameter(
            "Please provide ImageUri when updating a function with packageType Image.");
    if (type != "Image" && givesImage)
        return invalidParameter(
            "Please don't provide ImageUri when updating a function with packageType Zip.");
    return absl::OkStatus();
}

absl::Status checkUpdateOf(std::string_view type,
                           const aws::lambda::UpdateFunctionConfigurationRequest& request)
{
    return checkOfPackageType(type == "Image", request);
}

absl::Status checkEnvironment(const aws::lambda::Environment& environment)
{
    std::set<std::string> reserved;
    boost::json::object measured;
    for (const auto& [name, value] : environment.variables()) {
        if (runtime::isReservedVariable(name))
            reserved.insert(name);
        if (absl::StrContains(value, '\0'))
            return invalidParameter("Values of environment variables must not hold NUL.");
        measured[name] = value;
    }
    if (!reserved.empty()) {
        return invalidParameter(absl::StrCat(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            "for modification. Reserved keys used in this request: ",
            absl::StrJoin(reserved, ", ")));
    }
    const std::string text = boost::json::serialize(measured);
    if (text.size() > kMaxEnvironmentBytes) {
        return invalidParameter(absl::StrCat(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided exceeded the 4KB limit. String measured: ",
            text));
    }
    return absl::OkStatus();
}

absl::Status checkRuntime(const std::string& runtime)
{
    if (creatableRuntimes().contains(runtime))
        return absl::OkStatus();
    return invalidParameter(absl::StrCat(
        "The runtime parameter of ", runtime,
        " is no longer supported for creating or updating AWS Lambda functions. We recommend you "
        "use a supported runtime while creating or updating functions."));
}

absl::Status checkLogging(const aws::lambda::LoggingConfig& asked, std::string_view format)
{
    const std::string_view wanted =
        asked.has_log_format() ? std::string_view(asked.log_format()) : format;
    if (wanted == "JSON" || (!asked.has_application_log_level() && !asked.has_system_log_level()))
        return absl::OkStatus();
    return invalidParameter(
        "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from your "
        "request or change the LogFormat to \"JSON\" and try again.");
}

absl::Status checkTags(const std::map<std::string, std::string>& tags)
{
    if (tags.size() > kMaxTags)
        return invalidParameter("Number of tags exceeds resource tag limit.");
    for (const auto& [name, value] : tags) {
        if (absl::StartsWithIgnoreCase(name, "aws:"))
            return invalidParameter(
                "aws: prefixed tag key names are not allowed for external use.");
    }
    return absl::OkStatus();
}

absl::Status checkSnapStart(const aws::lambda::FunctionConfiguration& configuration)
{
    // Those of AWS, and Ruby, which goes beyond: an initialised process of it can be copied as well.
    static const auto* runtimes = new absl::flat_hash_set<std::string>{
        "python3.12", "python3.13",    "python3.14", "python3.15",    "java11", "java11.al2023",
        "java17",     "java17.al2023", "java21",     "java25",        "dotnet8", "dotnet10",
        "ruby3.2",    "ruby3.3",       "ruby3.4",    "ruby4.0"};
    constexpr int kMostTmpMb = 512;
    if (configuration.snap_start().apply_on() != "PublishedVersions")
        return absl::OkStatus();
    if (!runtimes->contains(configuration.runtime()))
        return invalidParameter(absl::StrCat(configuration.runtime(),
                                             " is not supported for SnapStart enabled functions."));
    if (configuration.ephemeral_storage().size() > kMostTmpMb)
        return invalidParameter("Ephemeral storage greater than 512 MB is not supported for "
                                "SnapStart enabled functions.");
    if (configuration.has_tenancy_config())
        return invalidParameter("SnapStart is not supported for functions with tenant isolation.");
    return absl::OkStatus();
}

absl::Status checkCreate(const aws::lambda::CreateFunctionRequest& request)
{
    const bool isImage = request.package_type() == "Image";
    if (absl::Status s = checkPackageType(isImage ? "Image" : "Zip", request.code().has_image_uri());
        !s.ok())
        return s;
    if (absl::Status s = checkOfPackageType(isImage, request); !s.ok())
        return s;
    if (isImage && !request.code_signing_config_arn().empty())
        return ofPackagesOnly("CodeSigningConfigArn");
    if (absl::Status s = checkSource(request.code(), "CreateFunction"); !s.ok())
        return s;
    if (!isImage && (request.runtime().empty() || request.handler().empty())) {
        return invalidParameter(
            "Runtime and Handler are mandatory parameters for functions created "
            "with deployment packages.");
    }
    if (request.has_publish_to())
        return notYet("PublishTo", "Use Publish.");
    if (absl::Status s = checkLogging(request.logging_config(), "Text"); !s.ok())
        return s;
    if (absl::Status s = checkTags({request.tags().begin(), request.tags().end()}); !s.ok())
        return s;
    return checkShared(request);
}

absl::Status checkUpdate(const aws::lambda::UpdateFunctionConfigurationRequest& request)
{
    return checkShared(request);
}

absl::Status checkUpdate(const aws::lambda::UpdateFunctionCodeRequest& request)
{
    if (request.has_publish_to())
        return notYet("PublishTo", "Use Publish.");
    return checkSource(request, "UpdateFunctionCode");
}

absl::Status checkPublish(const aws::lambda::PublishVersionRequest& request)
{
    return request.has_publish_to() ? notYet("PublishTo", "Leave it out.") : absl::OkStatus();
}

absl::Status checkRevision(bool given, const std::string& wanted, const std::string& current)
{
    if (!given || wanted == current)
        return absl::OkStatus();
    return preconditionFailed(
        "The Revision Id provided does not match the latest Revision Id. Call "
        "the GetFunction/GetAlias API to retrieve the latest Revision Id");
}

} // namespace gantry::functions
