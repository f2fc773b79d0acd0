#pragma once

#include <linux/filter.h>

#include <vector>

namespace gantry::sandbox {

// The system calls that code in a sandbox may make, compiled once and loaded into every sandbox.
// An allow-list: what is not named answers ENOSYS, as a kernel without it would, so that libraries
// fall back; what is known and refused answers EPERM.
class SeccompFilter final {
public:
    // ForSnapshot: of a process whose copies are restored in sandboxes of their own. A copy enters
    // by setns, which is harmless to code without capabilities; on that way it holds capabilities
    // over its new sandbox for a moment, so what these would open is refused (netlink, netfilter).
    enum class Use { Ordinary, ForSnapshot };

    // Throws std::runtime_error when libseccomp refuses, which is a bug in the list.
    explicit SeccompFilter(Use use = Use::Ordinary);

    // For the calling thread and all it starts; needs no_new_privs. False with errno on failure.
    bool load() const;

private:
    std::vector<sock_filter> m_program;
};

} // namespace gantry::sandbox
