#pragma once

#include "backend/images/blobs.h"

#include <absl/status/statusor.h>

#include <filesystem>
#include <string>

namespace gantry::images {

// What an archive of an image was found to hold; its blobs are stored.
struct ImportedImage {
    std::string manifest; // as stored
    std::string mediaType;
    std::string name;     // as the archive calls it, e.g. repo:tag; may be empty
};

// Reads an OCI archive (a tar of an image layout) or one that `docker save` wrote, compressed or
// not. Each blob is verified against its name. Blocking. Errors are InvalidParameterValueException.
absl::StatusOr<ImportedImage> importArchive(Blobs& blobs, const std::filesystem::path& file);

} // namespace gantry::images
