#pragma once

#include <linux/filter.h>

#include <vector>

namespace gantry::sandbox {

// The system calls that code in a sandbox may make, compiled once and loaded into every sandbox.
// An allow-list: what is not named answers ENOSYS, as a kernel without it would, so that libraries
// fall back; what is known and refused answers EPERM.
class SeccompFilter final {
public:
    // Throws std::runtime_error when libseccomp refuses, which is a bug in the list.
    SeccompFilter();

    // For the calling thread and all it starts; needs no_new_privs. False with errno on failure.
    bool load() const;

private:
    std::vector<sock_filter> m_program;
};

} // namespace gantry::sandbox
