#pragma once

namespace gantry::sandbox {

// Tries in children of its own what a sandbox needs and prints "name errno" lines, 0 for granted:
// user, network, mount, seccomp. Answers the program's exit status.
int printHostTest();

} // namespace gantry::sandbox
