#pragma once

#include "backend/sandbox/cgroups.h"
#include "backend/sandbox/engine.h"
#include "backend/sandbox/launcher_link.h"

#include <memory>
#include <string>
#include <vector>

namespace gantry::sandbox {

// Both engines: native, where the launcher isolates what it starts, and process, where it does not.
class LauncherEngine final : public Engine {
public:
    struct Identity {
        bool isolated = true;
        std::string reason;
        std::vector<Capability> capabilities;
        std::string snapshotGap;
    };

    LauncherEngine(boost::asio::io_context& io, std::shared_ptr<LauncherLink> link,
                   CgroupLayout layout, Identity identity);
    ~LauncherEngine() override;

    std::string_view name() const override { return m_identity.isolated ? "native" : "process"; }
    std::string reason() const override { return m_identity.reason; }
    std::vector<Capability> capabilities() const override { return m_identity.capabilities; }
    std::string snapshotGap() const override { return m_identity.snapshotGap; }
    void start(Spec spec, Started done) override;

private:
    boost::asio::io_context& m_io;
    std::shared_ptr<LauncherLink> m_link;
    CgroupLayout m_layout;
    Identity m_identity;
};

// Without mounts, what would be mounted is reached where it is: targets at the start of a path in
// the arguments, variables and working directory become their sources.
Spec withHostPaths(Spec spec);

} // namespace gantry::sandbox
