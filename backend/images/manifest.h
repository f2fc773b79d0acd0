#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::images {

inline constexpr std::int64_t kMaxManifestBytes = 4 << 20;
inline constexpr std::int64_t kMaxConfigBytes = 8 << 20;

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";

// What a manifest says of another piece of content.
struct Descriptor {
    std::string mediaType;
    std::string digest;
    std::int64_t size = 0;
    std::string architecture, os; // of an index's entries
    std::string name;             // the annotation org.opencontainers.image.ref.name
};

// An image manifest or an index of such, in OCI's form or Docker's (schema 2).
struct Manifest {
    std::string mediaType;
    bool isIndex = false;
    Descriptor config;              // of an image
    std::vector<Descriptor> layers; // of an image, the lowest first
    std::vector<Descriptor> images; // of an index
};

// mediaType as the client declared it; may be empty when the document says it itself. The status is
// ManifestInvalid.
absl::StatusOr<Manifest> parseManifest(std::string_view json, std::string_view mediaType);

// What an image says about how it is run.
struct ImageConfig {
    std::string architecture; // as AWS spells it: x86_64, arm64; others as they are
    std::string os;
    std::vector<std::string> entryPoint, command;
    std::vector<std::string> env; // NAME=value
    std::string workingDirectory;
    std::vector<std::string> diffIds; // digests of the layers' tars, the lowest first
};

absl::StatusOr<ImageConfig> parseImageConfig(std::string_view json);

} // namespace gantry::images
