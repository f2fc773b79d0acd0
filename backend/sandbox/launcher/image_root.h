#pragma once

#include "backend/sandbox/launcher/protocol.h"
#include "backend/sandbox/launcher/skeleton.h"

namespace gantry::sandbox {

// Mounts the start's own root file system, read-only, at the skeleton's place for it, and over that
// what the sandbox has mounted in the common root: /proc, /dev, /tmp, its cgroup's limits and what
// names hosts; then the start's binds. The places must be there, real ones: a link in the image
// would lead a mount elsewhere. Throws StepFailed.
void mountImageRoot(const Skeleton& skeleton, const protocol::Start& start);

} // namespace gantry::sandbox
