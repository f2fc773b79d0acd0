#pragma once

#include "backend/base/unique_fd.h"
#include "backend/sandbox/engine.h"
#include "backend/sandbox/launcher/protocol.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::sandbox {

// Where this host lets us keep cgroups, version 1 or 2, and which file sets what. Our sandboxes'
// cgroups are children of one directory per hierarchy, named after the daemon's instance.
class CgroupLayout final {
public:
    enum class Version { None, V1, V2 };

    CgroupLayout() = default;

    // Makes the instance's directories. As root they are at the top of each hierarchy, where a
    // later daemon finds them whatever service it runs in; else below this process's own cgroup, if
    // that was delegated to the user.
    static CgroupLayout make(std::string_view instance);

    // The empty directories, when no launcher comes to look after them.
    void remove() const;

    Version version() const { return m_version; }
    const std::vector<std::string>& directories() const { return m_directories; }
    bool has(std::string_view controller) const { return directoryOf(controller).has_value(); }
    // Why controllers are missing; empty when none is.
    const std::string& gap() const { return m_gap; }

    // What the launcher writes before the program starts.
    std::vector<protocol::Setting> settings(const Limits& limits) const;

    // The full path of a control file in a sandbox's cgroup; empty without that controller.
    std::string file(std::string_view controller, const std::string& slot,
                     std::string_view name) const;

private:
    struct Controller {
        std::string name;
        std::uint32_t directory = 0;
    };

    static CgroupLayout makeV2(const std::string& mountPoint, std::string_view instance);
    bool hold(const std::string& directory);
    void addV1(const std::string& controller, const std::string& directory);
    std::optional<std::uint32_t> directoryOf(std::string_view controller) const;

    Version m_version = Version::None;
    std::vector<std::string> m_directories;
    std::vector<std::shared_ptr<const UniqueFd>> m_held; // no launcher but ours removes them
    std::vector<Controller> m_controllers;
    std::string m_gap;
};

// The cgroups of one running sandbox. What the host does not offer does nothing and reads as zero.
// Control files answer from the kernel's memory, so none of this blocks.
class SandboxCgroup final {
public:
    SandboxCgroup(const CgroupLayout& layout, std::string slot);

    bool canFreeze() const;
    void freeze(bool frozen) const;
    // Over a period of 20 ms, as Lambda does.
    void limitCpu(std::optional<double> vcpus) const;
    Usage usage() const;
    std::int64_t memoryPeakBytes() const;
    // How many processes the kernel killed because the memory limit was reached.
    std::int64_t oomKills() const;

private:
    std::int64_t number(std::string_view controller, std::string_view file) const;
    std::int64_t field(std::string_view controller, std::string_view file,
                       std::string_view name) const;
    void write(std::string_view controller, std::string_view file, std::string_view value) const;

    CgroupLayout m_layout;
    std::string m_slot;
    mutable UniqueFd m_peakFile;  // opened at the first look
};

// The text of cpu.max for this share of processors: quota and period in microseconds.
std::string cpuMax(double vcpus);

// The value after `name` in a file of "name value" lines; zero when it is not there.
std::int64_t fieldOf(std::string_view text, std::string_view name);

} // namespace gantry::sandbox
