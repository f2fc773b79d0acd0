#pragma once

#include "backend/base/unique_fd.h"

#include <string>

namespace gantry {

// Opens a path as a process would whose root is the directory `root`: absolute paths, "..", and
// symbolic links stay below it. Invalid, with errno, when it cannot be opened. flags as of open(2).
UniqueFd openInRoot(int root, const std::string& path, int flags);

} // namespace gantry
