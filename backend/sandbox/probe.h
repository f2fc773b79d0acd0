#pragma once

#include "backend/sandbox/cgroups.h"
#include "backend/sandbox/engine.h"

#include <map>
#include <string>
#include <vector>

namespace gantry::sandbox {

// What the host answered when asked for each part of isolation: the name of the test (user,
// network, mount, seccomp) and an errno, 0 for granted. Empty when the launcher could not be run.
using HostTest = std::map<std::string, int>;

HostTest testHost(const std::string& launcherPath);

// Why environments cannot be restored from snapshots; empty when they can.
std::string snapshotGap(const HostTest& test, bool root);

// The console's view of the host, in plain words with what to do about each gap.
std::vector<Capability> describeHost(const HostTest& test, const CgroupLayout& layout, bool root);

} // namespace gantry::sandbox
