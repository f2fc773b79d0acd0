#include "backend/sandbox/launcher/host_test.h"

#include "backend/sandbox/launcher/seccomp_filter.h"

#include <cerrno>
#include <cstdio>
#include <functional>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

// The errno of a test that must not change this process.
int inChild(const std::function<bool()>& test)
{
    const pid_t pid = ::fork();
    if (pid < 0)
        return errno;
    if (pid == 0)
        ::_exit(test() ? 0 : errno);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

// As an ordinary user, everything else is granted only inside a user namespace.
int userFlag()
{
    return ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
}

} // namespace

int printHostTest()
{
    const auto print = [](const char* name, const std::function<bool()>& test) {
        std::printf("%s %d\n", name, inChild(test));
        std::fflush(stdout);
    };
    print("user", [] { return ::unshare(CLONE_NEWUSER) == 0; });
    print("network", [] { return ::unshare(userFlag() | CLONE_NEWNET) == 0; });
    print("mount", [] {
        return ::unshare(userFlag() | CLONE_NEWNS) == 0 &&
               ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("test", "/tmp", "tmpfs", 0, nullptr) == 0;
    });
    // What a restored environment needs: see sandbox_process_restore.cpp.
    print("snapshot", [] {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) != 0)
            return false;
        const int error = inChild([] {
            return ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
        });
        errno = error;
        return error == 0;
    });
    print("seccomp",
          [] { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && SeccompFilter().load(); });
    return 0;
}

} // namespace gantry::sandbox
