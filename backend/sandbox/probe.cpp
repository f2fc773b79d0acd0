#include "backend/sandbox/probe.h"

#include "backend/base/unique_fd.h"
#include "backend/sandbox/host_files.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

constexpr const char* appArmorFile = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
constexpr const char* delegation =
    "Start Gantry in a delegated scope: systemd-run --user --scope -p Delegate=yes gantry. For cpu "
    "and memory that also needs, once: sudo mkdir -p /etc/systemd/system/user@.service.d && printf "
    "'[Service]\\nDelegate=cpu memory pids\\n' | sudo tee "
    "/etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload.";

int result(const HostTest& test, const std::string& name)
{
    const auto found = test.find(name);
    return found == test.end() ? ENOSYS : found->second;
}

// Why an ordinary user gets no user namespace, by the switches that distributions have for it.
std::string userNamespaceRemedy(int error)
{
    if (readHostFile(appArmorFile).starts_with('1'))
        return "Ubuntu's AppArmor restricts user namespaces. Allow them: sudo sysctl -w "
               "kernel.apparmor_restrict_unprivileged_userns=0 (to keep it, put the setting into "
               "/etc/sysctl.d/60-gantry.conf), or install Gantry's package, which brings an "
               "AppArmor "
               "profile.";
    if (readHostFile("/proc/sys/kernel/unprivileged_userns_clone").starts_with('0'))
        return "Allow them: sudo sysctl -w kernel.unprivileged_userns_clone=1.";
    if (readHostFile("/proc/sys/user/max_user_namespaces").starts_with("0\n") || error == ENOSPC)
        return "Allow them: sudo sysctl -w user.max_user_namespaces=15000.";
    return "Run Gantry on a host or in a container that allows user namespaces, or run gantryd as "
           "root.";
}

Capability userNamespaces(const HostTest& test, bool root)
{
    Capability capability{"user-namespaces", "User namespaces"};
    const int error = result(test, "user");
    if (error == 0) {
        capability.state = Capability::State::Available;
        capability.detail = root
                                ? "Available, and not needed: gantryd runs as root and gives every "
                                  "environment an unprivileged user of its own."
                                : "Available: environments are isolated without root.";
    } else if (root) {
        capability.state = Capability::State::Degraded;
        capability.detail = absl::StrCat("Not available (", std::strerror(error),
                                         "), but gantryd runs as root and does not need them.");
    } else {
        capability.detail = absl::StrCat("Refused by the kernel: ", std::strerror(error), ".");
        capability.remedy = userNamespaceRemedy(error);
    }
    return capability;
}

Capability appArmor(const HostTest& test, bool root)
{
    Capability capability{"apparmor", "AppArmor restriction of user namespaces"};
    const bool restricted = readHostFile(appArmorFile).starts_with('1');
    if (!restricted || root || result(test, "user") == 0) {
        capability.state = Capability::State::Available;
        capability.detail =
            restricted ? "Switched on, and does not concern this process." : "Not switched on.";
    } else {
        capability.detail = "Ubuntu's restriction keeps Gantry from isolating functions.";
        capability.remedy = userNamespaceRemedy(EPERM);
    }
    return capability;
}

Capability tested(const HostTest& test, const char* name, Capability capability, const char* found)
{
    const int error = result(test, name);
    if (error == 0) {
        capability.state = Capability::State::Available;
        capability.detail = found;
        capability.remedy.clear();
    } else {
        capability.state = Capability::State::Missing;
        capability.detail = absl::StrCat("Refused by the kernel: ", std::strerror(error), ".");
    }
    return capability;
}

struct Controller {
    const char* name;
    const char* title;
    const char* found;
    const char* lost;
};

constexpr Controller controllers[] = {
    {"memory", "Memory limit", "Enforced for every environment.",
     "A function's memory is not limited: it can use all of the host's."},
    {"cpu", "CPU share", "Enforced by the function's memory, over periods of 20 ms.",
     "Functions run at full speed: durations will be shorter than on AWS."},
    {"pids", "Process limit", "Enforced for every environment.",
     "Processes are limited by a resource limit of the user instead."},
    {"freezer", "Freezing between invocations", "Environments use no CPU between invocations.",
     "Environments are stopped by signals instead, which their own processes can notice."},
};

Capability controlGroup(const Controller& controller, const CgroupLayout& layout, bool root)
{
    Capability capability{absl::StrCat("cgroup-", controller.name), controller.title};
    const bool v2 = layout.version() == CgroupLayout::Version::V2;
    if (layout.has(controller.name)) {
        capability.state = Capability::State::Available;
        capability.detail = absl::StrCat(controller.found, " (cgroup version ", v2 ? 2 : 1, ")");
        return capability;
    }
    capability.state = Capability::State::Degraded;
    capability.detail = absl::StrCat(controller.lost, " Reason: ", layout.gap(), ".");
    capability.remedy = root ? "Give the machine or container a writable /sys/fs/cgroup with this "
                               "controller (for Docker: --privileged --cgroupns=private)."
                             : delegation;
    return capability;
}

Capability snapshots(const HostTest& test, bool root)
{
    Capability capability{"snapshots", "SnapStart"};
    const std::string gap = snapshotGap(test, root);
    capability.state = gap.empty() ? Capability::State::Available : Capability::State::Degraded;
    if (gap.empty()) {
        capability.detail = "Environments of Python and Ruby functions are copies of an initialised one.";
        return capability;
    }
    capability.detail = absl::StrCat("Functions are initialised normally, because ", gap, ".");
    capability.remedy = root ? "Allow user namespaces, and mount /proc completely (for Docker: "
                               "--security-opt systempaths=unconfined)."
                             : "Run gantryd as root.";
    return capability;
}

// Where the memory limit is enforced, the kernel charges a tmpfs to whoever writes to it.
Capability temporaryFiles(const CgroupLayout& layout)
{
    Capability capability{"tmp", "Temporary files"};
    if (!layout.has("memory")) {
        capability.state = Capability::State::Available;
        capability.detail = "/tmp is private to every environment and limited in size.";
        return capability;
    }
    capability.state = Capability::State::Degraded;
    capability.detail =
        "/tmp is private to every environment and limited in size, but it is kept "
        "in memory: unlike on AWS, files there count towards the function's memory.";
    capability.remedy = "Give functions that write large files to /tmp that much more memory.";
    return capability;
}

} // namespace

HostTest testHost(const std::string& launcherPath)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0)
        return {};
    const UniqueFd output(ends[0]);
    UniqueFd input(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
    std::string program = launcherPath, option = "--probe";
    char* argv[] = {program.data(), option.data(), nullptr};
    char* env[] = {nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    input.reset();
    if (error != 0)
        return {};
    std::string text;
    char buffer[512];
    for (ssize_t size; (size = ::read(output.get(), buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(size));
    ::waitpid(pid, nullptr, 0);

    HostTest test;
    std::istringstream lines(text);
    std::string name;
    for (int value; lines >> name >> value;)
        test[name] = value;
    return test;
}

std::string snapshotGap(const HostTest& test, bool root)
{
    if (!root)
        return "gantryd does not run as root";
    const int error = result(test, "snapshot");
    return error == 0 ? ""
                      : absl::StrCat("the kernel refuses a user namespace with a /proc of its own (",
                                     std::strerror(error), ")");
}

std::vector<Capability> describeHost(const HostTest& test, const CgroupLayout& layout, bool root)
{
    std::vector<Capability> capabilities{userNamespaces(test, root), appArmor(test, root)};
    const std::string remedy = root ? "Run gantryd with CAP_SYS_ADMIN (for Docker: --privileged)."
                                    : "Needs user namespaces; see there.";
    capabilities.push_back(tested(test, "network",
                                  {"network-namespaces", "Network namespaces", {}, {}, remedy},
                                  "Every environment has a network of its own."));
    capabilities.push_back(tested(test, "mount",
                                  {"mount-namespaces", "Mount namespaces", {}, {}, remedy},
                                  "Every environment has a file system of its own."));
    capabilities.push_back(tested(
        test, "seccomp",
        {"seccomp", "System call filter", {}, {}, "Use a kernel built with CONFIG_SECCOMP_FILTER."},
        "Environments can make only the system calls that programs need."));
    for (const Controller& controller : controllers)
        capabilities.push_back(controlGroup(controller, layout, root));
    capabilities.push_back(temporaryFiles(layout));
    capabilities.push_back(snapshots(test, root));
    return capabilities;
}

} // namespace gantry::sandbox
