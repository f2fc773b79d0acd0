#pragma once

#include <absl/status/statusor.h>

#include <string>

namespace gantry::functions {

struct Options;

// The container image that a version runs.
struct ImageSource {
    std::string uri;      // as it was named
    std::string resolved; // with the digest that this led to
    std::string digest;   // of the manifest; names it in the store of images

    bool empty() const { return digest.empty(); }
    bool operator==(const ImageSource& other) const { return digest == other.digest; }
};

// What an ImageUri leads to now. Errors are those of CreateFunction.
absl::StatusOr<ImageSource> findImage(const Options& options, const std::string& uri);

} // namespace gantry::functions
