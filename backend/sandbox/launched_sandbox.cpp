#include "backend/sandbox/launched_sandbox.h"

#include "backend/sandbox/process_usage.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gantry::sandbox {

LaunchedSandbox::LaunchedSandbox(boost::asio::io_context& io, std::weak_ptr<LauncherLink> link,
                                 const CgroupLayout& layout, bool isolated, Spec spec,
                                 LaunchedParts parts, std::shared_ptr<Fate> fate)
    : m_io(io), m_link(std::move(link)), m_cgroup(layout, parts.slot), m_isolated(isolated),
      m_countsMemory(layout.has("memory")), m_extended(!spec.extensions.empty()),
      m_snapshot(spec.snapshot), m_restored(spec.origin != 0), m_vcpus(spec.limits.vcpus), m_id(std::move(spec.id)),
      m_address(absl::StrCat("127.0.0.1:", parts.port)), m_parts(std::move(parts)),
      m_fate(std::move(fate))
{
    m_fate->notify = [this] { announce(); };
}

LaunchedSandbox::~LaunchedSandbox()
{
    m_fate->notify = nullptr;
    m_fate->extensionEnded = nullptr;
    if (const std::shared_ptr<LauncherLink> link = m_link.lock())
        link->release(m_parts.id);
}

void LaunchedSandbox::onExit(std::function<void(Exit)> callback)
{
    m_onExit = std::move(callback);
    if (!m_fate->status)
        return;
    boost::asio::post(m_io, [fate = m_fate] {
        if (fate->notify)
            fate->notify();
    });
}

void LaunchedSandbox::announce()
{
    // The callback may destroy this.
    if (const auto callback = std::exchange(m_onExit, nullptr))
        callback(exit());
}

Exit exitOf(int waitStatus)
{
    Exit exit;
    if (WIFSIGNALED(waitStatus)) {
        exit.kind = Exit::Kind::Signalled;
        exit.value = WTERMSIG(waitStatus);
    } else {
        exit.value = WEXITSTATUS(waitStatus);
    }
    return exit;
}

Exit LaunchedSandbox::exit() const
{
    Exit exit = exitOf(m_fate->status.value_or(SIGKILL));
    // A shell around the program answers 128 + signal.
    const bool killed =
        exit.kind == Exit::Kind::Signalled ? exit.value == SIGKILL : exit.value == 128 + SIGKILL;
    if (killed && m_cgroup.oomKills() > 0)
        exit.kind = Exit::Kind::OutOfMemory;
    return exit;
}

void LaunchedSandbox::signal(int number) const
{
    if (!m_fate->status || m_extended || m_snapshot) // else init has ended as well
        ::syscall(SYS_pidfd_send_signal, m_parts.pidfd.get(), number, nullptr, 0);
}

void LaunchedSandbox::freeze()
{
    if (m_cgroup.canFreeze())
        m_cgroup.freeze(true);
    else
        signal(SIGUSR1); // init stops all others
}

void LaunchedSandbox::thaw()
{
    if (m_cgroup.canFreeze())
        m_cgroup.freeze(false);
    else
        signal(SIGUSR2);
}

void LaunchedSandbox::limitCpu(bool limited)
{
    m_cgroup.limitCpu(limited ? std::optional(m_vcpus) : std::nullopt);
}

void LaunchedSandbox::terminate()
{
    signal(SIGTERM);
}

void LaunchedSandbox::kill()
{
    limitCpu(false); // a thousand processes take a long time to end with a seventh of a processor
    signal(m_isolated ? SIGKILL : SIGQUIT);
    thaw(); // the frozen cannot die
}

void LaunchedSandbox::startProgram()
{
    if (const std::shared_ptr<LauncherLink> link = m_link.lock())
        link->go(m_parts.id);
}

void LaunchedSandbox::killProgram()
{
    signal(SIGHUP); // see launcher/init.h
}

void LaunchedSandbox::onExtensionExit(std::function<void(std::size_t, Exit)> callback)
{
    m_fate->extensionEnded = std::move(callback);
}

void LaunchedSandbox::openSocket(std::function<void(UniqueFd)> opened)
{
    if (const std::shared_ptr<LauncherLink> link = m_link.lock())
        link->openSocket(m_parts.id, std::move(opened));
    else
        opened(UniqueFd());
}

Usage LaunchedSandbox::usage() const
{
    return m_countsMemory ? m_cgroup.usage() : processUsage(m_parts.pid);
}

// The memory that a restored program shares with its snapshot is not counted in its own cgroup, but
// is what the program uses.
std::int64_t LaunchedSandbox::memoryPeakBytes() const
{
    if (m_countsMemory && !m_restored)
        return m_cgroup.memoryPeakBytes();
    const std::int64_t ofProcess = processUsage(m_parts.pid).memoryPeakBytes;
    return m_countsMemory ? std::max(ofProcess, m_cgroup.memoryPeakBytes()) : ofProcess;
}

} // namespace gantry::sandbox
