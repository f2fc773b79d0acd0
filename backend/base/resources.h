#pragma once

#include <filesystem>

namespace gantry {

// The folder with what the program reads at run time (runtime bootstraps, price tables, blueprints):
// $GANTRY_RESOURCES, else ../share/gantry beside the program, else the source tree's resources/ for
// a program run from its build folder. Throws when none exists: the installation is broken.
std::filesystem::path resourceDirectory();

// Where the build puts runtime clients that are compiled: FAMILY/ in it. May not exist.
std::filesystem::path builtRuntimeDirectory();

// The folder that the running program is in; its companions (gantry-launcher) are there as well.
std::filesystem::path programDirectory();

} // namespace gantry
