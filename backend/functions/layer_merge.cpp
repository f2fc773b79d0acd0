#include "backend/functions/layer_merge.h"

#include "backend/store/files.h"

#include <system_error>

namespace gantry::functions {
namespace {

namespace fs = std::filesystem;

absl::Status merge(const fs::path& from, const fs::path& to);

absl::Status mergeDirectory(const fs::path& from, const fs::path& to)
{
    std::error_code error;
    // What an earlier layer has there that is no directory, a link to one included, gives way.
    if (const fs::file_status there = fs::symlink_status(to, error);
        fs::exists(there) && !fs::is_directory(there))
        fs::remove(to, error);
    fs::create_directory(to, error);
    if (!error)
        fs::permissions(to, fs::perms(0755), error);
    return error ? store::fileError(to, error.value()) : merge(from, to);
}

absl::Status mergeEntry(const fs::directory_entry& entry, const fs::path& to)
{
    std::error_code error;
    const fs::file_status status = entry.symlink_status(error);
    if (fs::is_directory(status))
        return mergeDirectory(entry.path(), to);
    fs::remove_all(to, error);
    if (fs::is_symlink(status))
        fs::copy_symlink(entry.path(), to, error);
    else
        fs::create_hard_link(entry.path(), to, error);
    return error ? store::fileError(to, error.value()) : absl::OkStatus();
}

absl::Status merge(const fs::path& from, const fs::path& to)
{
    std::error_code error;
    for (fs::directory_iterator entry(from, error), end; !error && entry != end;
         entry.increment(error)) {
        absl::Status merged = mergeEntry(*entry, to / entry->path().filename());
        if (!merged.ok())
            return merged;
    }
    return error ? store::fileError(from, error.value()) : absl::OkStatus();
}

} // namespace

absl::Status mergeLayers(const std::vector<fs::path>& layers, const fs::path& target)
{
    for (const fs::path& layer : layers) {
        if (absl::Status merged = merge(layer, target); !merged.ok())
            return merged;
    }
    return absl::OkStatus();
}

} // namespace gantry::functions
