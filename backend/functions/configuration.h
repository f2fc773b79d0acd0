#pragma once

#include "backend/functions/model.h"
#include "backend/functions/options.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gantry::images {
struct ImageConfig;
}

namespace gantry::functions {

// The configuration of a new $LATEST, with Lambda's defaults for all that the request left out.
// Without code, state and dates.
Configuration newConfiguration(const Place& place,
                               const aws::lambda::CreateFunctionRequest& request);

// Sets what the request names, leaves the rest.
void applyUpdate(const aws::lambda::UpdateFunctionConfigurationRequest& request,
                 Configuration& configuration);

// What $LATEST becomes as a published version, but for its RevisionId.
Configuration publishedConfiguration(const Place& place, const Configuration& latest,
                                     std::int64_t number, std::string_view description);

// The image with what the function's ImageConfig replaces.
std::shared_ptr<const runtime::ContainerImage>
containerImage(const Configuration& configuration, const images::ImageConfig& image,
               std::string root);

// Whether environments of this version are restored from a snapshot. Never so with $LATEST.
bool hasSnapStart(const Configuration& configuration);

// Neither being created nor being updated.
bool isSettled(const Configuration& configuration);

// The state of what is being created, and of what can run.
void setPending(Configuration& configuration);
void setActive(Configuration& configuration);

// Whether publishing would give another version than the one there is: code or settings differ.
bool sameToPublish(const Configuration& latest, const Configuration& published);

// Where the unpacked code is. The leases keep it on the disk.
struct Code {
    std::string directory;
    std::string layersDirectory; // merged; empty without layers
    std::shared_ptr<const runtime::ContainerImage> image; // instead of both; null for a package
    std::shared_ptr<const void> lease, layersLease;
};

// What an environment of the version is made from.
std::shared_ptr<const runtime::EnvironmentSpec> makeSpec(const Options& options,
                                                         const Version& version, Code code);

// 2026-11-23T08:30:13.123+0000
std::string formatTime(std::int64_t unixMillis);

} // namespace gantry::functions
