#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace gantry::store {

// Lambda's limits of a deployment package; entries and names are ours, against hostile archives.
struct ZipLimits {
    std::int64_t unpackedBytes = 262'144'000;
    int entries = 100'000;
    std::size_t pathBytes = 1024;
};

struct ZipSummary {
    std::int64_t unpackedBytes = 0;
    int entries = 0;
    std::map<std::string, std::string> natives; // architecture -> the first ELF file that is for it
};

// Reads a whole package without writing anything: every entry is decompressed and counted, so that
// nothing is believed of what the archive says about itself. Refused are broken and encrypted
// archives, paths and links that leave the package, entries that are neither file, directory nor
// symbolic link, and names that occur twice. The status is the error that AWS answers.
absl::StatusOr<ZipSummary> inspectZip(std::string_view zip, const ZipLimits& limits = {});

// The same, into an existing empty directory. Files get mode 0444, or 0555 when the archive has any
// execute bit or knows no Unix modes; directories 0755. A full disk is a ServiceException.
absl::StatusOr<ZipSummary> unpackZip(std::string_view zip, const std::filesystem::path& directory,
                                     const ZipLimits& limits = {});

} // namespace gantry::store
