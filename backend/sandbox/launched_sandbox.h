#pragma once

#include "backend/sandbox/cgroups.h"
#include "backend/sandbox/engine.h"
#include "backend/sandbox/launcher_link.h"

#include <memory>
#include <optional>

namespace gantry::sandbox {

Exit exitOf(int waitStatus);

// A running environment of either engine: the launcher started it, its init is held by a pidfd, its
// limits are in its cgroups.
class LaunchedSandbox final : public Sandbox {
public:
    // What the link's Ended callback reaches; it outlives neither the sandbox nor the link.
    struct Fate {
        std::optional<int> status;
        std::function<void()> notify;
        std::function<void(std::size_t, Exit)> extensionEnded;
    };

    LaunchedSandbox(boost::asio::io_context& io, std::weak_ptr<LauncherLink> link,
                    const CgroupLayout& layout, bool isolated, Spec spec, LaunchedParts parts,
                    std::shared_ptr<Fate> fate);
    ~LaunchedSandbox() override;

    const std::string& id() const override { return m_id; }
    const std::string& runtimeApiAddress() const override { return m_address; }
    std::uint64_t snapshotId() const override { return m_snapshot ? m_parts.id : 0; }
    UniqueFd takeRuntimeApiListener() override { return std::move(m_parts.listener); }
    UniqueFd takeStdout() override { return std::move(m_parts.output); }
    UniqueFd takeStderr() override { return std::move(m_parts.errors); }
    UniqueFd takeExtensionOutput() override { return std::move(m_parts.extensionOutput); }
    std::vector<UniqueFd> takeServiceListeners() override { return std::move(m_parts.services); }
    void onExit(std::function<void(Exit)> callback) override;
    void freeze() override;
    void thaw() override;
    void limitCpu(bool limited) override;
    void terminate() override;
    void kill() override;
    void startProgram() override;
    void killProgram() override;
    void onExtensionExit(std::function<void(std::size_t, Exit)> callback) override;
    void openSocket(std::function<void(UniqueFd)> opened) override;
    Usage usage() const override;
    std::int64_t memoryPeakBytes() const override;

private:
    Exit exit() const;
    void announce();
    void signal(int number) const;

    boost::asio::io_context& m_io;
    std::weak_ptr<LauncherLink> m_link;
    SandboxCgroup m_cgroup;
    bool m_isolated;
    bool m_countsMemory;
    bool m_extended; // has extensions
    bool m_snapshot; // its init, like that of one with extensions, outlives the program
    bool m_restored;
    double m_vcpus;
    std::string m_id;
    std::string m_address;
    LaunchedParts m_parts;
    std::shared_ptr<Fate> m_fate;
    std::function<void(Exit)> m_onExit;
};

} // namespace gantry::sandbox
