#pragma once

#include "backend/sandbox/engine.h"

#include <sys/types.h>

namespace gantry::sandbox {

// What the first process under a sandbox's init uses, from /proc: the best that a host without
// cgroups can tell. Its children are not counted.
Usage processUsage(pid_t init);

} // namespace gantry::sandbox
