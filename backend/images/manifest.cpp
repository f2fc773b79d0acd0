#include "backend/images/manifest.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/images/digest.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace gantry::images {

namespace json = boost::json;

namespace {

constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kDockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::size_t kMostLayers = 256;

absl::Status invalid(std::string_view why)
{
    return makeError("ManifestInvalid", 400, absl::StrCat("The manifest is not valid: ", view(why), "."));
}

absl::StatusOr<json::object> parseObject(std::string_view text)
{
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (error || !value.is_object())
        return invalid("it is no JSON object");
    return std::move(value.as_object());
}

const json::object& objectAt(const json::object& from, std::string_view name)
{
    static const json::object kNone;
    const json::value* found = from.if_contains({name.data(), name.size()});
    return found && found->is_object() ? found->get_object() : kNone;
}

std::string textAt(const json::object& from, std::string_view name)
{
    const json::value* found = from.if_contains({name.data(), name.size()});
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

// Strings, without those that a process could not be given.
std::vector<std::string> textsAt(const json::object& from, std::string_view name)
{
    std::vector<std::string> texts;
    const json::value* found = from.if_contains({name.data(), name.size()});
    if (!found || !found->is_array())
        return texts;
    for (const json::value& item : found->get_array())
        if (item.is_string() && item.get_string().find('\0') == json::string::npos)
            texts.emplace_back(item.get_string());
    return texts;
}

absl::StatusOr<Descriptor> descriptorOf(const json::value& value)
{
    const json::object* object = value.if_object();
    if (!object)
        return invalid("a descriptor is no object");
    Descriptor descriptor;
    descriptor.mediaType = textAt(*object, "mediaType");
    descriptor.digest = textAt(*object, "digest");
    if (!isDigest(descriptor.digest))
        return invalid("a descriptor has no SHA-256 digest");
    const json::value* size = object->if_contains("size");
    if (!size || !size->is_int64() || size->get_int64() < 0)
        return invalid("a descriptor has no size");
    descriptor.size = size->get_int64();
    const json::object& platform = objectAt(*object, "platform");
    descriptor.architecture = textAt(platform, "architecture");
    descriptor.os = textAt(platform, "os");
    descriptor.name = textAt(objectAt(*object, "annotations"), "org.opencontainers.image.ref.name");
    return descriptor;
}

absl::StatusOr<std::vector<Descriptor>> descriptorsAt(const json::object& from, std::string_view name)
{
    const json::value* found = from.if_contains({name.data(), name.size()});
    if (!found || !found->is_array() || found->get_array().size() > kMostLayers)
        return invalid(absl::StrCat(view(name), " is no list of at most ", kMostLayers));
    std::vector<Descriptor> descriptors;
    for (const json::value& item : found->get_array()) {
        auto descriptor = descriptorOf(item);
        if (!descriptor.ok())
            return descriptor.status();
        descriptors.push_back(*std::move(descriptor));
    }
    return descriptors;
}

std::string architectureOf(std::string name)
{
    return name == "amd64" ? "x86_64" : name;
}

} // namespace

absl::StatusOr<Manifest> parseManifest(std::string_view text, std::string_view mediaType)
{
    if (static_cast<std::int64_t>(text.size()) > kMaxManifestBytes)
        return invalid("it is longer than 4 MiB");
    const auto object = parseObject(text);
    if (!object.ok())
        return object.status();
    Manifest manifest;
    const std::string own = textAt(*object, "mediaType");
    if (!own.empty() && !mediaType.empty() && own != mediaType)
        return invalid("its media type is not the one that was declared");
    manifest.mediaType = mediaType.empty() ? own : std::string(mediaType);
    if (manifest.mediaType.empty())
        manifest.mediaType = std::string(object->contains("manifests") ? kOciIndex : kOciManifest);
    manifest.isIndex = manifest.mediaType == kOciIndex || manifest.mediaType == kDockerIndex;
    if (!manifest.isIndex && manifest.mediaType != kOciManifest &&
        manifest.mediaType != kDockerManifest)
        return invalid(absl::StrCat("the media type ", manifest.mediaType, " is not known here"));
    auto list = descriptorsAt(*object, manifest.isIndex ? "manifests" : "layers");
    if (!list.ok())
        return list.status();
    (manifest.isIndex ? manifest.images : manifest.layers) = *std::move(list);
    if (manifest.isIndex)
        return manifest;
    const json::value* config = object->if_contains("config");
    auto descriptor = config ? descriptorOf(*config) : invalid("it has no config");
    if (!descriptor.ok())
        return descriptor.status();
    manifest.config = *std::move(descriptor);
    return manifest;
}

absl::StatusOr<ImageConfig> parseImageConfig(std::string_view text)
{
    const auto object = parseObject(text);
    if (!object.ok())
        return invalidParameter("The image's configuration is no JSON object.");
    const json::object& run = objectAt(*object, "config");
    ImageConfig config;
    config.architecture = architectureOf(textAt(*object, "architecture"));
    config.os = textAt(*object, "os");
    config.entryPoint = textsAt(run, "Entrypoint");
    config.command = textsAt(run, "Cmd");
    std::vector<std::string> variables = textsAt(run, "Env");
    for (std::string& variable : variables)
        if (const auto at = variable.find('='); at != std::string::npos && at > 0)
            config.env.push_back(std::move(variable));
    config.workingDirectory = textAt(run, "WorkingDir");
    config.diffIds = textsAt(objectAt(*object, "rootfs"), "diff_ids");
    return config;
}

} // namespace gantry::images
