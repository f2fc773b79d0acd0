#include "backend/sandbox/engine.h"

#include "backend/base/log.h"
#include "backend/sandbox/launcher_engine.h"
#include "backend/sandbox/probe.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <filesystem>

#include <unistd.h>

namespace gantry::sandbox {
namespace {

std::string nativeReason(const CgroupLayout& layout)
{
    const std::string limits =
        layout.version() == CgroupLayout::Version::None
            ? absl::StrCat("without memory and CPU limits, because ", layout.gap())
            : absl::StrCat("with limits by cgroup version ",
                           layout.version() == CgroupLayout::Version::V2 ? 2 : 1,
                           layout.gap().empty() ? "" : absl::StrCat(", but ", layout.gap()));
    return absl::StrCat("This host grants namespaces and a system call filter, so functions run "
                        "isolated, ",
                        limits, ".");
}

// What the user reads when nothing works: the gap and its remedy, not only the refused call.
std::string helpFor(const std::vector<Capability>& capabilities)
{
    for (const Capability& capability : capabilities)
        if (capability.state == Capability::State::Missing)
            return absl::StrCat(" ", capability.title, ": ", capability.detail, " ",
                                capability.remedy);
    return "";
}

bool validInstance(const std::string& instance)
{
    return !instance.empty() && instance.size() <= 64 && std::ranges::all_of(instance, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

} // namespace

absl::StatusOr<std::unique_ptr<Engine>> makeEngine(boost::asio::io_context& io,
                                                   const EngineOptions& options)
{
    if (!validInstance(options.instance))
        return absl::InvalidArgumentError("the instance's name may have a-z, 0-9 and - only");
    std::error_code error;
    std::filesystem::create_directories(options.stateDirectory, error);
    std::filesystem::permissions(options.stateDirectory, std::filesystem::perms::owner_all, error);
    if (error)
        return absl::FailedPreconditionError(
            absl::StrCat("could not prepare ", options.stateDirectory, ": ", error.message()));

    CgroupLayout layout = CgroupLayout::make(options.instance);
    protocol::Hello hello;
    hello.prepared = static_cast<std::uint32_t>(std::clamp(options.preparedSandboxes, 0, 256));
    hello.stateDirectory = options.stateDirectory;
    hello.cgroups = layout.directories();
    LauncherEngine::Identity identity;
    const HostTest test = testHost(options.launcherPath);
    identity.capabilities = describeHost(test, layout, ::geteuid() == 0);
    identity.snapshotGap = snapshotGap(test, ::geteuid() == 0);
    identity.reason = nativeReason(layout);

    auto link = std::make_shared<LauncherLink>(io, options.launcherPath, hello);
    const absl::Status native = link->open();
    if (!native.ok()) {
        const std::string cause =
            absl::StrCat("Functions cannot be isolated on this host: ", native.message(), ".");
        if (!options.allowProcessEngine) {
            layout.remove();
            return absl::FailedPreconditionError(
                absl::StrCat(cause, helpFor(identity.capabilities)));
        }
        log::warning(cause, " They run without isolation, as the settings allow.");
        identity.isolated = false;
        identity.snapshotGap = "functions run without isolation here";
        identity.reason = absl::StrCat(cause, " The settings allow to run them without isolation.");
        hello.isolate = 0;
        hello.prepared = 0;
        link = std::make_shared<LauncherLink>(io, options.launcherPath, hello);
        if (absl::Status status = link->open(); !status.ok()) {
            layout.remove();
            return status;
        }
    }
    return std::make_unique<LauncherEngine>(io, std::move(link), std::move(layout),
                                            std::move(identity));
}

} // namespace gantry::sandbox
