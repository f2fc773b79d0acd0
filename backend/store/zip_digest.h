#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <string_view>

namespace gantry::store {

struct ZipDigest {
    std::map<std::string, std::string> files; // SHA-256 in hexadecimal, by path
    std::string kept;                         // content of the file that was asked for
};

// What is in a package that inspectZip has accepted, file by file. keep: the path of one file whose
// content is wanted, at most 1 MB of it; it is left out of the files. Blocks.
absl::StatusOr<ZipDigest> digestZip(std::string_view zip, const std::string& keep);

} // namespace gantry::store
