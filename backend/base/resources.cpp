#include "backend/base/resources.h"

#include <cstdlib>
#include <stdexcept>

namespace gantry {

namespace fs = std::filesystem;

fs::path programDirectory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

fs::path resourceDirectory()
{
    if (const char* configured = std::getenv("GANTRY_RESOURCES"))
        return configured;
    const fs::path here = programDirectory();
    for (const fs::path& candidate : {here / "../share/gantry", here / "../../resources"}) {
        if (fs::is_directory(candidate / "runtimes"))
            return fs::canonical(candidate);
    }
    throw std::runtime_error("the resources folder is missing; reinstall gantry or set GANTRY_RESOURCES");
}

fs::path builtRuntimeDirectory()
{
    const fs::path here = programDirectory();
    for (const fs::path& candidate : {here / "../lib/gantry/runtimes", here / "../bin/runtimes"}) {
        if (fs::is_directory(candidate))
            return fs::canonical(candidate);
    }
    return here / "runtimes";
}

} // namespace gantry
