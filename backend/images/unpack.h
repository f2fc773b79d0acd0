#pragma once

#include "backend/images/layer_stream.h"
#include "backend/images/root_tree.h"

#include <absl/status/status.h>

#include <cstdint>

namespace gantry::images {

// Lambda's limit of an image is on its uncompressed size; the number of entries is ours.
struct UnpackLimits {
    std::int64_t bytes = 10LL << 30;
    std::int64_t entries = 500'000;
};

// What the layers so far have taken of the limits.
struct UnpackedSoFar {
    std::int64_t bytes = 0;   // of files, holes included
    std::int64_t entries = 0; // of archives
};

// Lays one layer over what is there. Whiteouts hide what lower layers brought, not the layer's own
// files. Owners, extended attributes and set-user-id bits are not taken over; device nodes, pipes
// and sockets are left out. Refused are paths with "..", links out of the image, and what exceeds
// the limits. The whole stream is read.
absl::Status unpackLayer(LayerStream& layer, RootTree& tree, const UnpackLimits& limits,
                         UnpackedSoFar& soFar);

// The places at which a sandbox mounts what all have in common, as real files and directories.
absl::Status makeMountPoints(RootTree& tree);

} // namespace gantry::images
