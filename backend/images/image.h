#pragma once

#include "backend/images/manifest.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace gantry::images {

// What is known of one manifest; never changes.
struct Image {
    std::string digest;
    std::int64_t bytes = 0; // of the manifest
    Manifest manifest;
    ImageConfig config;     // of an image that can be run
    std::string problem;    // why it cannot be; empty when it can
    std::int64_t layerBytes() const
    {
        std::int64_t sum = 0;
        for (const Descriptor& layer : manifest.layers)
            sum += layer.size;
        return sum;
    }
};
using ImagePtr = std::shared_ptr<const Image>;

// A named collection of images, as ECR's.
struct Repository {
    std::int64_t createdMs = 0;
    std::map<std::string, std::string> tags;    // -> digest
    std::map<std::string, std::int64_t> pushed; // digest -> Unix time in ms
};

// What an ImageUri or a pull names.
struct Reference {
    std::string host;       // as written; empty for a short name
    std::string repository;
    std::string tag;        // one of the two
    std::string digest;
};

// host:port/name:tag or @digest, where the host may be missing. The tag is latest when none is given.
// Fails without words of its own: the callers know what they were given.
bool parseReference(std::string_view text, Reference& reference);
bool isRepositoryName(std::string_view name);
bool isTag(std::string_view tag);

} // namespace gantry::images
