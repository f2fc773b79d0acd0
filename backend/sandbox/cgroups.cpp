#include "backend/sandbox/cgroups.h"

#include "backend/sandbox/host_files.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

constexpr std::int64_t cpuPeriodMicros = 20'000;
constexpr std::int64_t leastQuotaMicros = 1'000; // the kernel's own lower bound
constexpr const char* wanted[] = {"memory", "pids", "cpu", "cpuacct", "freezer"};

struct Mounts {
    std::map<std::string, std::string> v1; // controller to mount point
    std::string v2;
};

// From /proc/self/mountinfo: "... mountpoint options ... - type source superoptions".
Mounts cgroupMounts()
{
    Mounts mounts;
    for (const auto line : absl::StrSplit(readHostFile("/proc/self/mountinfo"), '\n')) {
        const std::vector<std::string> halves = absl::StrSplit(line, " - ");
        if (halves.size() != 2)
            continue;
        const std::vector<std::string> left = absl::StrSplit(halves[0], ' ');
        const std::vector<std::string> right = absl::StrSplit(halves[1], ' ');
        if (left.size() < 5 || right.size() < 3)
            continue;
        if (right[0] == "cgroup2" && mounts.v2.empty())
            mounts.v2 = left[4];
        if (right[0] == "cgroup")
            for (const auto option : absl::StrSplit(right[2], ','))
                mounts.v1.emplace(std::string(option), left[4]);
    }
    return mounts;
}

// This process's own cgroup in a hierarchy; an empty controller means version 2.
std::string ownCgroup(std::string_view controller)
{
    for (const auto line : absl::StrSplit(readHostFile("/proc/self/cgroup"), '\n')) {
        const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
        if (parts.size() != 3)
            continue;
        const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
        if (std::ranges::find(controllers, controller) != controllers.end())
            return parts[2] == "/" ? "" : parts[2];
    }
    return "";
}

bool makeDirectory(const std::string& path)
{
    return ::mkdir(path.c_str(), 0755) == 0 ||
           (errno == EEXIST && ::access(path.c_str(), W_OK) == 0);
}

// Makes a directory and holds it: the launcher of a killed daemon removes what nobody holds, and may
// do so just now (removeUnheld in launcher/slot_cgroups.h).
UniqueFd makeHeld(const std::string& path)
{
    constexpr int kMaxTries = 10;
    for (int tries = 0; tries < kMaxTries && makeDirectory(path); ++tries) {
        UniqueFd held(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        struct stat ours;
        struct stat there;
        if (held && ::flock(held.get(), LOCK_SH) == 0 && ::fstat(held.get(), &ours) == 0 &&
            ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino)
            return held;
    }
    return {};
}

bool listed(const std::string& file, std::string_view word)
{
    const std::string text = readHostFile(file);
    const std::vector<std::string> words =
        absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty());
    return std::ranges::find(words, word) != words.end();
}

// Passes a controller on to the children of a version 2 cgroup.
bool enable(const std::string& cgroup, const std::string& controller)
{
    return listed(cgroup + "/cgroup.subtree_control", controller) ||
           writeHostFile(cgroup + "/cgroup.subtree_control", "+" + controller);
}

} // namespace

CgroupLayout CgroupLayout::make(std::string_view instance)
{
    const Mounts mounts = cgroupMounts();
    if (!mounts.v2.empty() && listed(mounts.v2 + "/cgroup.controllers", "memory"))
        return makeV2(mounts.v2, instance);
    CgroupLayout layout;
    std::vector<std::string> missing;
    for (const char* controller : wanted) {
        const auto mount = mounts.v1.find(controller);
        std::string directory;
        if (mount != mounts.v1.end()) {
            directory = mount->second;
            if (::geteuid() != 0)
                directory += ownCgroup(controller);
            absl::StrAppend(&directory, "/gantry-", std::string(instance));
        }
        if (!directory.empty() && layout.hold(directory))
            layout.addV1(controller, directory);
        else
            missing.push_back(controller);
    }
    layout.m_version = layout.m_directories.empty() ? Version::None : Version::V1;
    if (mounts.v1.empty() && mounts.v2.empty())
        layout.m_gap = "no cgroup file system is mounted";
    else if (!missing.empty())
        layout.m_gap = absl::StrCat("no permission for ", absl::StrJoin(missing, ", "));
    return layout;
}

bool CgroupLayout::hold(const std::string& directory)
{
    UniqueFd held = makeHeld(directory);
    if (!held)
        return false;
    m_held.push_back(std::make_shared<const UniqueFd>(std::move(held)));
    return true;
}

void CgroupLayout::addV1(const std::string& controller, const std::string& directory)
{
    // Controllers that are mounted together (cpu,cpuacct) share a directory.
    const auto known = std::ranges::find(m_directories, directory);
    m_controllers.push_back(
        {controller, static_cast<std::uint32_t>(known - m_directories.begin())});
    if (known == m_directories.end())
        m_directories.push_back(directory);
}

CgroupLayout CgroupLayout::makeV2(const std::string& mountPoint, std::string_view instance)
{
    CgroupLayout layout;
    const std::string parent =
        ::geteuid() == 0 ? mountPoint : mountPoint + ownCgroup(std::string_view());
    const std::string directory = absl::StrCat(parent, "/gantry-", std::string(instance));
    if (!layout.hold(directory)) {
        layout.m_gap = absl::StrCat(parent, " was not delegated to this user");
        return layout;
    }
    layout.m_version = Version::V2;
    layout.m_directories.push_back(directory);
    layout.m_controllers = {{"freezer", 0}, {"cpuacct", 0}}; // part of every version 2 cgroup
    std::vector<std::string> missing;
    for (const char* controller : {"memory", "pids", "cpu"}) {
        if (!enable(parent, controller)) {
            // A cgroup with processes cannot pass controllers on: move into a leaf beside the
            // sandboxes.
            const std::string leaf = absl::StrCat(parent, "/gantry-daemon");
            if (makeDirectory(leaf))
                writeHostFile(leaf + "/cgroup.procs", "0");
        }
        if (enable(parent, controller) && enable(directory, controller))
            layout.m_controllers.push_back({controller, 0});
        else
            missing.push_back(controller);
    }
    if (!missing.empty())
        layout.m_gap = absl::StrCat(parent, " does not pass on ", absl::StrJoin(missing, ", "));
    return layout;
}

void CgroupLayout::remove() const
{
    for (const std::string& directory : m_directories)
        ::rmdir(directory.c_str());
}

std::optional<std::uint32_t> CgroupLayout::directoryOf(std::string_view controller) const
{
    const auto found = std::ranges::find(m_controllers, controller, &Controller::name);
    if (found == m_controllers.end())
        return std::nullopt;
    return found->directory;
}

std::string CgroupLayout::file(std::string_view controller, const std::string& slot,
                               std::string_view name) const
{
    const auto directory = directoryOf(controller);
    if (!directory)
        return {};
    return absl::StrCat(m_directories[*directory], "/", slot, "/", std::string(name));
}

std::vector<protocol::Setting> CgroupLayout::settings(const Limits& limits) const
{
    std::vector<protocol::Setting> settings;
    const bool v2 = m_version == Version::V2;
    if (const auto memory = directoryOf("memory")) {
        const std::string bytes = absl::StrCat(limits.memoryBytes);
        if (v2) {
            settings.push_back({*memory, 1, "memory.max", bytes});
            settings.push_back({*memory, 0, "memory.swap.max", "0"});
            settings.push_back({*memory, 0, "memory.oom.group", "1"});
        } else {
            settings.push_back({*memory, 1, "memory.limit_in_bytes", bytes});
            settings.push_back({*memory, 0, "memory.memsw.limit_in_bytes", bytes});
            settings.push_back({*memory, 0, "memory.max_usage_in_bytes", "0"});
        }
    }
    // One more for the sandbox's init.
    if (const auto pids = directoryOf("pids"))
        settings.push_back({*pids, 1, "pids.max", absl::StrCat(limits.processes + 1)});
    return settings;
}

SandboxCgroup::SandboxCgroup(const CgroupLayout& layout, std::string slot)
    : m_layout(layout), m_slot(std::move(slot))
{
}

bool SandboxCgroup::canFreeze() const
{
    return m_layout.has("freezer");
}

void SandboxCgroup::freeze(bool frozen) const
{
    if (m_layout.version() == CgroupLayout::Version::V2)
        write("freezer", "cgroup.freeze", frozen ? "1" : "0");
    else
        write("freezer", "freezer.state", frozen ? "FROZEN" : "THAWED");
}

void SandboxCgroup::limitCpu(std::optional<double> vcpus) const
{
    if (m_layout.version() == CgroupLayout::Version::V2) {
        write("cpu", "cpu.max", vcpus ? cpuMax(*vcpus) : absl::StrCat("max ", cpuPeriodMicros));
        return;
    }
    const std::string quota = vcpus ? cpuMax(*vcpus) : "-1";
    write("cpu", "cpu.cfs_period_us", absl::StrCat(cpuPeriodMicros));
    write("cpu", "cpu.cfs_quota_us", quota.substr(0, quota.find(' ')));
}

Usage SandboxCgroup::usage() const
{
    Usage usage;
    if (m_layout.version() == CgroupLayout::Version::V2) {
        usage.memoryBytes = number("memory", "memory.current");
        usage.memoryPeakBytes = number("memory", "memory.peak"); // since Linux 5.19
        usage.cpuMicros = field("cpuacct", "cpu.stat", "usage_usec");
    } else {
        usage.memoryBytes = number("memory", "memory.usage_in_bytes");
        usage.memoryPeakBytes = number("memory", "memory.max_usage_in_bytes");
        usage.cpuMicros = number("cpuacct", "cpuacct.usage") / 1000;
    }
    usage.memoryPeakBytes = std::max(usage.memoryPeakBytes, usage.memoryBytes);
    return usage;
}

std::int64_t SandboxCgroup::memoryPeakBytes() const
{
    if (!m_peakFile) {
        const bool v2 = m_layout.version() == CgroupLayout::Version::V2;
        const std::string path =
            m_layout.file("memory", m_slot, v2 ? "memory.peak" : "memory.max_usage_in_bytes");
        m_peakFile.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    }
    char text[32];
    const ssize_t size = m_peakFile ? ::pread(m_peakFile.get(), text, sizeof text, 0) : 0;
    std::int64_t value = 0;
    std::from_chars(text, text + std::max<ssize_t>(size, 0), value);
    return value;
}

std::int64_t SandboxCgroup::oomKills() const
{
    if (m_layout.version() == CgroupLayout::Version::V2)
        return field("memory", "memory.events", "oom_kill");
    return field("memory", "memory.oom_control", "oom_kill");
}

std::int64_t SandboxCgroup::number(std::string_view controller, std::string_view file) const
{
    const std::string text = readHostFile(m_layout.file(controller, m_slot, file));
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::int64_t SandboxCgroup::field(std::string_view controller, std::string_view file,
                                  std::string_view name) const
{
    return fieldOf(readHostFile(m_layout.file(controller, m_slot, file)), name);
}

void SandboxCgroup::write(std::string_view controller, std::string_view file,
                          std::string_view value) const
{
    const std::string path = m_layout.file(controller, m_slot, file);
    if (!path.empty())
        writeHostFile(path, value);
}

std::string cpuMax(double vcpus)
{
    const auto quota = static_cast<std::int64_t>(std::llround(vcpus * cpuPeriodMicros));
    return absl::StrCat(std::max(quota, leastQuotaMicros), " ", cpuPeriodMicros);
}

std::int64_t fieldOf(std::string_view text, std::string_view name)
{
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view line = text.substr(at, text.find('\n', at) - at);
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ') {
            std::int64_t value = 0;
            std::from_chars(line.data() + name.size() + 1, line.data() + line.size(), value);
            return value;
        }
        at += line.size() + 1;
    }
    return 0;
}

} // namespace gantry::sandbox
