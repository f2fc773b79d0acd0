#include "backend/sandbox/launcher_link.h"

#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/sandbox/launcher/packet.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace asio = boost::asio;
namespace {

constexpr int readyTimeout = 10'000; // ms; removing many leftovers takes a while
constexpr int endTimeout = 5'000;    // ms

bool waitFor(int fd, short events, int timeout)
{
    pollfd entry{fd, events, 0};
    int result;
    do
        result = ::poll(&entry, 1, timeout);
    while (result < 0 && errno == EINTR);
    return result > 0;
}

// The launcher sees no variable of ours and no descriptor but its socket.
int spawnProgram(const std::string& program, int socket, pid_t& pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, socket, protocol::socketNumber);
    posix_spawn_file_actions_addclosefrom_np(&actions, protocol::socketNumber + 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0); // Ctrl+C ends the daemon, the daemon the launcher
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    char* argv[] = {const_cast<char*>(program.c_str()), nullptr};
    char* env[] = {nullptr};
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

} // namespace

absl::Status stepError(const protocol::Failed& failed)
{
    std::string message =
        absl::StrCat("The execution environment could not be started: could not ", failed.step, " (",
                     std::strerror(failed.error), ")");
    // The steps that are the function's own fault: its program is none, or an image's directory.
    if (failed.step.rfind("execute ", 0) == 0)
        return makeError("Runtime.InvalidEntrypoint", 400, std::move(message));
    if (failed.step.rfind("enter the working directory", 0) == 0)
        return makeError("Runtime.InvalidWorkingDir", 400, std::move(message));
    return serviceError(std::move(message));
}

struct LauncherLink::Impl {
    struct Entry {
        Launched launched; // until it was called
        Ended ended; // until it was called
        ExtensionEnded extensionEnded;
    };

    Impl(asio::io_context& context, std::string path, protocol::Hello greeting)
        : io(context), program(std::move(path)), hello(std::move(greeting)), socket(context),
          buffer(protocol::maxPacket)
    {
    }

    absl::Status spawn();
    void send(const std::string& packet);
    void flush();
    void watch(const std::weak_ptr<LauncherLink>& link);
    bool drain();
    void handle(const Packet& packet, std::vector<UniqueFd> fds);
    void onStarted(const protocol::Started& started, std::vector<UniqueFd> fds);
    void onFailed(const protocol::Failed& failed);
    void onExited(const protocol::Exited& exited);
    void onExtensionExited(const protocol::ExtensionExited& exited);
    void onSocket(const protocol::Socket& answer, std::vector<UniqueFd> fds);
    void onLost(const std::shared_ptr<LauncherLink>& link);
    void finish(int timeout);

    asio::io_context& io;
    std::string program;
    protocol::Hello hello;
    asio::posix::stream_descriptor socket;
    std::weak_ptr<LauncherLink> self;
    std::vector<char> buffer;
    std::deque<std::string> unsent;
    absl::flat_hash_map<std::uint64_t, Entry> entries;
    absl::flat_hash_map<std::uint32_t, Opened> connects;
    std::uint32_t lastConnect = 0;
    std::uint64_t lastId = 0;
    pid_t pid = 0;
    bool ready = false;  // this launcher answered the greeting
    absl::Status broken; // why no launcher can be had any more
};

LauncherLink::LauncherLink(asio::io_context& io, std::string program, protocol::Hello hello)
    : m_impl(std::make_unique<Impl>(io, std::move(program), std::move(hello)))
{
}

LauncherLink::~LauncherLink()
{
    m_impl->finish(endTimeout);
}

pid_t LauncherLink::pid() const
{
    return m_impl->pid;
}

absl::Status LauncherLink::open()
{
    m_impl->self = weak_from_this();
    if (absl::Status status = m_impl->spawn(); !status.ok())
        return status;
    if (!waitFor(m_impl->socket.native_handle(), POLLIN, readyTimeout))
        m_impl->broken = absl::UnavailableError("gantry-launcher does not answer");
    else if (!m_impl->drain() && m_impl->broken.ok())
        m_impl->broken = absl::UnavailableError("gantry-launcher ended early");
    if (!m_impl->broken.ok()) {
        m_impl->finish(endTimeout);
        return m_impl->broken;
    }
    m_impl->watch(weak_from_this());
    return absl::OkStatus();
}

void LauncherLink::start(protocol::Start start, Launched launched, Ended ended,
                         ExtensionEnded extensionEnded)
{
    if (!m_impl->broken.ok())
        return launched(m_impl->broken);
    start.id = ++m_impl->lastId;
    const std::string packet = protocol::encode(start);
    if (packet.size() > protocol::maxPacket)
        return launched(serviceError("The start of an execution environment is too large"));
    m_impl->entries.emplace(start.id, Impl::Entry{std::move(launched), std::move(ended),
                                                    std::move(extensionEnded)});
    m_impl->send(packet);
}

void LauncherLink::go(std::uint64_t id)
{
    if (m_impl->broken.ok())
        m_impl->send(protocol::encode(protocol::Go{id}));
}

void LauncherLink::openSocket(std::uint64_t id, Opened opened)
{
    if (!m_impl->broken.ok())
        return opened(UniqueFd());
    const std::uint32_t request = ++m_impl->lastConnect;
    m_impl->connects.emplace(request, std::move(opened));
    m_impl->send(protocol::encode(protocol::Connect{id, request}));
}

void LauncherLink::release(std::uint64_t id)
{
    m_impl->entries.erase(id);
    if (m_impl->broken.ok())
        m_impl->send(protocol::encode(protocol::Release{id}));
}

absl::Status LauncherLink::Impl::spawn()
{
    int sockets[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return absl::UnavailableError(absl::StrCat("socketpair: ", std::strerror(errno)));
    UniqueFd ours(sockets[0]), theirs(sockets[1]);
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    if (const int error = spawnProgram(program, theirs.get(), pid); error != 0) {
        pid = 0;
        return absl::UnavailableError(
            absl::StrCat("could not start ", program, ": ", std::strerror(error)));
    }
    ready = false;
    unsent.clear();
    socket.assign(ours.release());
    send(protocol::encode(hello));
    return absl::OkStatus();
}

void LauncherLink::Impl::send(const std::string& packet)
{
    unsent.push_back(packet);
    if (unsent.size() == 1)
        flush();
}

void LauncherLink::Impl::flush()
{
    while (!unsent.empty()) {
        const int error = sendPacket(socket.native_handle(), unsent.front());
        if (error == EAGAIN) {
            socket.async_wait(asio::posix::stream_descriptor::wait_write,
                              [this, link = self](const boost::system::error_code& code) {
                                  if (!code && link.lock())
                                      flush();
                              });
            return;
        }
        unsent.pop_front(); // a lost launcher shows at the reading end
    }
}

void LauncherLink::Impl::watch(const std::weak_ptr<LauncherLink>& link)
{
    socket.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this, link](const boost::system::error_code& code) {
                          const std::shared_ptr<LauncherLink> alive = link.lock();
                          if (code || !alive)
                              return;
                          if (drain())
                              watch(link);
                          else
                              onLost(alive);
                      });
}

// False when the launcher is gone.
bool LauncherLink::Impl::drain()
{
    for (;;) {
        Packet packet = receivePacket(socket.native_handle(), buffer);
        if (packet.error == EAGAIN)
            return true;
        if (packet.error != 0 || packet.bytes.empty())
            return false;
        handle(packet, std::move(packet.fds));
    }
}

void LauncherLink::Impl::handle(const Packet& packet, std::vector<UniqueFd> fds)
{
    protocol::Started started;
    protocol::Failed failed;
    protocol::Exited exited;
    protocol::Ready greeting;
    protocol::ExtensionExited extension;
    protocol::Socket connected;
    if (protocol::decode(packet.bytes, extension))
        onExtensionExited(extension);
    else if (protocol::decode(packet.bytes, connected))
        onSocket(connected, std::move(fds));
    else if (protocol::decode(packet.bytes, started) && started.services <= maxPacketFds &&
             fds.size() >= 4 + started.services)
        onStarted(started, std::move(fds));
    else if (protocol::decode(packet.bytes, failed))
        onFailed(failed);
    else if (protocol::decode(packet.bytes, exited))
        onExited(exited);
    else if (protocol::decode(packet.bytes, greeting))
        ready = true;
    else
        log::warning("gantry-launcher sent a message that makes no sense");
}

void LauncherLink::Impl::onStarted(const protocol::Started& started, std::vector<UniqueFd> fds)
{
    const auto entry = entries.find(started.id);
    if (entry == entries.end())
        return send(protocol::encode(protocol::Release{started.id}));
    LaunchedParts parts;
    parts.id = started.id;
    parts.slot = started.slot;
    parts.port = started.port;
    parts.pid = started.pid;
    parts.pidfd = std::move(fds[0]);
    parts.listener = std::move(fds[1]);
    parts.output = std::move(fds[2]);
    parts.errors = std::move(fds[3]);
    for (std::size_t i = 0; i < started.services; ++i)
        parts.services.push_back(std::move(fds[4 + i]));
    if (fds.size() > 4 + started.services)
        parts.extensionOutput = std::move(fds[4 + started.services]);
    const Launched launched = std::exchange(entry->second.launched, nullptr);
    if (launched)
        launched(std::move(parts));
}

void LauncherLink::Impl::onFailed(const protocol::Failed& failed)
{
    const auto entry = entries.find(failed.id);
    if (entry == entries.end()) {
        broken = absl::UnavailableError(
            absl::StrCat("could not ", failed.step, ": ", std::strerror(failed.error)));
        return;
    }
    const Launched launched = std::move(entry->second.launched);
    entries.erase(entry);
    if (launched)
        launched(stepError(failed));
}

void LauncherLink::Impl::onExited(const protocol::Exited& exited)
{
    const auto entry = entries.find(exited.id);
    if (entry == entries.end())
        return;
    const Ended ended = std::exchange(entry->second.ended, nullptr);
    if (!entry->second.extensionEnded) // else they are heard of until the release
        entries.erase(entry);
    if (ended)
        ended(exited.status);
}

void LauncherLink::Impl::onExtensionExited(const protocol::ExtensionExited& exited)
{
    const auto entry = entries.find(exited.id);
    if (entry == entries.end() || !entry->second.extensionEnded)
        return;
    const ExtensionEnded ended = entry->second.extensionEnded;
    ended(exited.index, exited.status);
}

void LauncherLink::Impl::onSocket(const protocol::Socket& answer, std::vector<UniqueFd> fds)
{
    const auto found = connects.find(answer.request);
    if (found == connects.end())
        return;
    const Opened opened = std::move(found->second);
    connects.erase(found);
    opened(fds.size() == 1 ? std::move(fds[0]) : UniqueFd());
}

// All sandboxes died with their parent. A launcher that never got ready would not do so now either.
void LauncherLink::Impl::onLost(const std::shared_ptr<LauncherLink>& link)
{
    log::error("gantry-launcher (process ", pid, ") has ended; its environments are lost");
    if (!ready && broken.ok())
        broken = absl::UnavailableError("gantry-launcher ended early");
    finish(endTimeout);
    auto lost = std::exchange(entries, {});
    if (broken.ok())
        broken = spawn();
    if (broken.ok())
        watch(link);
    for (auto& [id, entry] : lost) {
        if (entry.launched)
            entry.launched(serviceError("The execution environment's launcher has ended"));
        else if (entry.ended)
            entry.ended(SIGKILL);
    }
    for (const auto& [request, opened] : std::exchange(connects, {}))
        opened(UniqueFd());
}

// Closing the socket is the launcher's sign to end.
void LauncherLink::Impl::finish(int timeout)
{
    boost::system::error_code ignored;
    socket.close(ignored);
    if (pid == 0)
        return;
    const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!waitFor(pidfd.get(), POLLIN, timeout))
        ::kill(pid, SIGKILL);
    ::waitpid(std::exchange(pid, 0), nullptr, 0);
}

} // namespace gantry::sandbox
