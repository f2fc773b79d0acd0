#include "backend/sandbox/launcher_engine.h"

#include <string_view>
#include <utility>

#include "backend/base/error.h"
#include "backend/sandbox/launched_sandbox.h"

namespace gantry::sandbox {
namespace {

// Where a path may begin and end inside a list such as PATH=/opt/bin:/var/task.
bool isBoundary(char c, bool atEnd)
{
    return c == ':' || c == ';' || c == ',' || c == ' ' || c == (atEnd ? '/' : '=');
}

std::string replacePath(std::string text, const Mount& mount)
{
    for (std::size_t at = text.find(mount.target); at != std::string::npos;
         at = text.find(mount.target, at)) {
        const std::size_t end = at + mount.target.size();
        if ((at == 0 || isBoundary(text[at - 1], false)) &&
            (end == text.size() || isBoundary(text[end], true))) {
            text.replace(at, mount.target.size(), mount.source);
            at += mount.source.size();
        } else {
            at = end;
        }
    }
    return text;
}

protocol::Start startMessage(const Spec& spec, const CgroupLayout& layout)
{
    protocol::Start start;
    start.argv = spec.argv;
    start.env = spec.env;
    start.workingDirectory = spec.workingDirectory;
    start.root = spec.root;
    for (const Mount& mount : spec.mounts)
        start.binds.push_back({mount.source, mount.target});
    start.settings = layout.settings(spec.limits);
    start.cpuMax = cpuMax(spec.limits.vcpus) + "\n";
    start.tmpBytes = static_cast<std::uint64_t>(spec.limits.tmpBytes);
    start.openFiles = static_cast<std::uint32_t>(spec.limits.openFiles);
    start.processes = layout.has("pids") ? 0 : static_cast<std::uint32_t>(spec.limits.processes);
    start.port = spec.runtimeApiPort;
    start.services = spec.servicePorts;
    start.datagrams = spec.datagramPorts;
    start.snapshot = spec.snapshot;
    start.origin = spec.origin;
    for (const Program& extension : spec.extensions)
        start.extensions.push_back({extension.argv, extension.env});
    return start;
}

} // namespace

Spec withHostPaths(Spec spec)
{
    for (const Mount& mount : spec.mounts) {
        for (std::string& argument : spec.argv)
            argument = replacePath(std::move(argument), mount);
        for (std::string& variable : spec.env)
            variable = replacePath(std::move(variable), mount);
        spec.workingDirectory = replacePath(std::move(spec.workingDirectory), mount);
        for (Program& extension : spec.extensions) {
            for (std::string& argument : extension.argv)
                argument = replacePath(std::move(argument), mount);
            for (std::string& variable : extension.env)
                variable = replacePath(std::move(variable), mount);
        }
    }
    return spec;
}

LauncherEngine::LauncherEngine(boost::asio::io_context& io, std::shared_ptr<LauncherLink> link,
                               CgroupLayout layout, Identity identity)
    : m_io(io), m_link(std::move(link)), m_layout(std::move(layout)),
      m_identity(std::move(identity))
{
}

LauncherEngine::~LauncherEngine()
{
    m_link.reset(); // waits until everything in them has ended
    m_layout.remove();
}

void LauncherEngine::start(Spec spec, Started done)
{
    if (!m_identity.isolated && !spec.root.empty()) {
        return done(makeError("Runtime.Unavailable", 400,
                              "A container image needs an isolated environment, which this platform "
                              "was started without."));
    }
    if (!m_identity.isolated) {
        spec = withHostPaths(std::move(spec));
        spec.servicePorts.clear();
        spec.datagramPorts.clear();
    }
    const auto fate = std::make_shared<LaunchedSandbox::Fate>();
    protocol::Start message = startMessage(spec, m_layout);
    auto launched = [&io = m_io, link = std::weak_ptr(m_link), layout = m_layout,
                     isolated = m_identity.isolated, spec = std::move(spec), fate,
                     done = std::move(done)](absl::StatusOr<LaunchedParts> parts) mutable {
        if (!parts.ok())
            return done(parts.status());
        done(std::make_unique<LaunchedSandbox>(io, std::move(link), layout, isolated,
                                               std::move(spec), *std::move(parts), fate));
    };
    const bool extended = !message.extensions.empty();
    const auto ended = [fate](int status) {
        fate->status = status;
        if (fate->notify)
            fate->notify();
    };
    LauncherLink::ExtensionEnded extensionEnded;
    if (extended) {
        extensionEnded = [fate](std::size_t index, int status) {
            if (fate->extensionEnded)
                fate->extensionEnded(index, exitOf(status));
        };
    }
    m_link->start(std::move(message), std::move(launched), ended, std::move(extensionEnded));
}

} // namespace gantry::sandbox
