#include "backend/sandbox/launcher/supervisor.h"

#include "backend/sandbox/launcher/packet.h"
#include "backend/sandbox/launcher/step.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

// Where every sandbox has a user of its own: above all ranges that systemd and shadow give out.
constexpr unsigned firstUid = 2'000'000'000;
constexpr unsigned uidCount = 100'000'000;

// How long after a start the pool is left alone: what was started needs the processors more.
constexpr std::chrono::milliseconds quietTime{50};
constexpr int graveInterval = 20; // ms

pid_t cloneProcess(std::uint64_t flags, int* pidfd)
{
    clone_args args{};
    args.flags = CLONE_PIDFD | flags;
    args.pidfd = reinterpret_cast<std::uint64_t>(pidfd);
    args.exit_signal = SIGCHLD;
    return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

std::string randomPrefix()
{
    unsigned value = 0;
    (void)!::getrandom(&value, sizeof value, 0);
    char text[16];
    std::snprintf(text, sizeof text, "%08x-", value);
    return text;
}

} // namespace

Supervisor::Supervisor(UniqueFd daemon)
    : m_daemon(std::move(daemon)), m_epoll(::epoll_create1(EPOLL_CLOEXEC)),
      m_pidNamespace(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)),
      m_buffer(protocol::maxPacket), m_prefix(randomPrefix())
{
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP})
        sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    m_signals.reset(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    watch(m_daemon.get(), &m_daemon);
    watch(m_signals.get(), &m_signals);
}

void Supervisor::watch(int fd, void* tag)
{
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = tag;
    must(::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, fd, &event), "watch a file descriptor");
}

int Supervisor::run()
{
    if (!greet())
        return 1;
    for (;;) {
        refill();
        // One at a time: handling an event may remove the slot that the next one is about.
        epoll_event event;
        const int ready = ::epoll_wait(m_epoll.get(), &event, 1, nextTimeout());
        if (ready == 1 && event.data.ptr == &m_daemon) {
            if (!serveDaemon())
                break;
        } else if (ready == 1 && event.data.ptr == &m_signals) {
            signalfd_siginfo info;
            if (::read(m_signals.get(), &info, sizeof info) == sizeof info &&
                info.ssi_signo == SIGTERM)
                break;
            reap();
        } else if (ready == 1) {
            serveSlot(*static_cast<Slot*>(event.data.ptr));
        }
        bury();
    }
    shutDown();
    return 0;
}

bool Supervisor::greet()
{
    const Packet packet = receivePacket(m_daemon.get(), m_buffer);
    if (!protocol::decode(packet.bytes, m_mould.hello) ||
        m_mould.hello.version != protocol::version) {
        toDaemon(protocol::encode(protocol::Failed{0, EPROTO, "understand the daemon's greeting"}));
        return false;
    }
    try {
        removeLeftovers(m_mould.hello.cgroups);
        if (m_mould.hello.isolate) {
            m_mould.filter.emplace();
            m_mould.skeleton.emplace(m_mould.hello.stateDirectory);
        }
    } catch (const StepFailed& failure) {
        toDaemon(protocol::encode(protocol::Failed{0, failure.error(), failure.what()}));
        return false;
    }
    toDaemon(protocol::encode(protocol::Ready{}));
    return true;
}

void Supervisor::toDaemon(const std::string& packet, std::span<const int> fds)
{
    sendPacket(m_daemon.get(), packet, fds); // a lost daemon shows as the end of its connection
}

bool Supervisor::serveDaemon()
{
    const Packet packet = receivePacket(m_daemon.get(), m_buffer);
    if (packet.bytes.empty())
        return packet.error == EMSGSIZE;
    protocol::Release message;
    protocol::Go program;
    protocol::Connect socket;
    if (protocol::decode(packet.bytes, message))
        release(message.id);
    else if (protocol::decode(packet.bytes, program))
        go(program.id, packet.bytes);
    else if (protocol::decode(packet.bytes, socket))
        connect(socket);
    else
        start(packet.bytes);
    return true;
}

void Supervisor::start(std::string_view packet)
{
    protocol::Start message;
    if (!protocol::decode(packet, message))
        return toDaemon(protocol::encode(protocol::Failed{message.id, EBADMSG, "read a message"}));
    m_refilling = true;
    m_lastStart = std::chrono::steady_clock::now();
    const Slot* origin = find(message.origin);
    if (message.origin != 0 && (!origin || !origin->channel))
        return toDaemon(protocol::encode(protocol::Failed{message.id, ESRCH, "find the snapshot"}));
    Slot* slot = origin ? spawn(origin) : takeForStart();
    const int error = slot ? sendPacket(slot->control.get(), packet) : errno;
    if (error != 0)
        return toDaemon(protocol::encode(protocol::Failed{message.id, error, "start a sandbox"}));
    slot->startId = message.id;
    slot->snapshot = message.snapshot != 0;
    slot->state = Slot::State::Starting;
}

// The one that is furthest; one that is still preparing finds its start waiting when it is done.
Supervisor::Slot* Supervisor::takeForStart()
{
    for (const Slot::State state : {Slot::State::Prepared, Slot::State::Preparing})
        for (Slot& slot : m_slots)
            if (slot.state == state && slot.control)
                return &slot;
    return spawn();
}

// The copies of a program can only enter a pid namespace below their own, so what guards them is
// started there.
pid_t Supervisor::clone(const Slot* origin, int* pidfd) const
{
    if (!origin)
        return cloneProcess(m_mould.hello.isolate ? CLONE_NEWPID : 0, pidfd);
    if (::setns(origin->pidfd.get(), CLONE_NEWPID) < 0)
        return -1;
    const pid_t pid = cloneProcess(0, pidfd);
    const int error = errno;
    if (pid != 0)
        must(::setns(m_pidNamespace.get(), CLONE_NEWPID), "return to the launcher's processes");
    errno = error;
    return pid;
}

Supervisor::Slot* Supervisor::spawn(const Slot* origin)
{
    int sockets[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return nullptr;
    UniqueFd ours(sockets[0]), theirs(sockets[1]);
    const unsigned number = m_count++;
    const std::string name = m_prefix + std::to_string(number);
    int pidfd = -1;
    const unsigned uid = firstUid + number % uidCount;
    const pid_t pid = clone(origin, &pidfd);
    if (pid < 0)
        return nullptr;
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        SandboxProcess process(m_mould, name, uid, std::move(theirs));
        if (origin)
            process.runRestored({UniqueFd(::dup(origin->channel.get())), origin->uid});
        process.run();
    }
    Slot& slot = m_slots.emplace_back();
    slot.uid = uid;
    slot.restored = origin != nullptr;
    slot.name = name;
    slot.pid = pid;
    slot.pidfd.reset(pidfd);
    slot.control = std::move(ours);
    ::fcntl(slot.control.get(), F_SETFL, O_NONBLOCK);
    watch(slot.control.get(), &slot);
    return &slot;
}

bool Supervisor::serveSlot(Slot& slot)
{
    Packet packet = receivePacket(slot.control.get(), m_buffer);
    if (packet.bytes.empty()) {
        if (packet.error != EAGAIN)
            hangUp(slot);
        return false;
    }
    protocol::Exited exited;
    protocol::Prepared prepared;
    protocol::ExtensionExited extension;
    if (protocol::decode(packet.bytes, extension)) {
        extension.id = slot.startId;
        toDaemon(protocol::encode(extension));
    } else if (protocol::decode(packet.bytes, prepared)) {
        if (slot.state == Slot::State::Preparing)
            slot.state = Slot::State::Prepared;
    } else if (protocol::decode(packet.bytes, exited)) {
        onExited(slot, exited.status);
    } else if (packet.fds.size() >= 3) {
        onStarted(slot, packet.bytes, packet.fds);
    } else {
        onFailed(slot, packet.bytes);
    }
    return true;
}

// Explicitly out of the epoll: a child that was cloned just now may still hold a copy of the
// descriptor, and with it the registration, for a moment.
void Supervisor::hangUp(Slot& slot)
{
    if (slot.control)
        ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, slot.control.get(), nullptr);
    slot.control.reset();
}

void Supervisor::onStarted(Slot& slot, std::string_view packet, std::vector<UniqueFd>& fds)
{
    protocol::Started started;
    if (slot.state != Slot::State::Starting || !protocol::decode(packet, started))
        return;
    slot.state = Slot::State::Running;
    started.slot = slot.name;
    started.pid = slot.pid;
    if (slot.snapshot) {
        slot.channel = std::move(fds.back());
        fds.pop_back();
    } else if (slot.restored) {
        // Its init is a child of our own child, which looks after it.
        slot.pidfd = std::move(fds.back());
        fds.pop_back();
        started.pid = pidOf(slot.pidfd);
    }
    std::vector<int> passed = {slot.pidfd.get()};
    for (const UniqueFd& fd : fds)
        passed.push_back(fd.get());
    toDaemon(protocol::encode(started), passed);
}

void Supervisor::onFailed(Slot& slot, std::string_view packet)
{
    protocol::Failed failed;
    if (!protocol::decode(packet, failed))
        return;
    slot.released = true;
    if (slot.state == Slot::State::Starting) {
        failed.id = slot.startId;
        toDaemon(protocol::encode(failed));
    } else {
        m_refilling = false;
        std::fprintf(stderr, "gantry-launcher: could not %s: %s\n", failed.step.c_str(),
                     std::strerror(failed.error));
    }
    slot.state = Slot::State::Ended;
}

// Init says so before it ends itself: taking the namespaces down costs milliseconds that nobody
// needs to wait for.
void Supervisor::onExited(Slot& slot, int status)
{
    if (slot.state != Slot::State::Running)
        return;
    slot.state = Slot::State::Ended;
    toDaemon(protocol::encode(protocol::Exited{slot.startId, status}));
}

void Supervisor::reap()
{
    pid_t pid;
    int status;
    while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
        const auto slot = std::ranges::find(m_slots, pid, &Slot::pid);
        if (slot == m_slots.end())
            continue;
        slot->pid = 0;
        while (slot->control && serveSlot(*slot)) {
            // its last words may still be in the socket
        }
        onEnd(*slot);
    }
}

void Supervisor::onEnd(Slot& slot)
{
    if (slot.state == Slot::State::Running)
        onExited(slot, SIGKILL); // init was killed before it could say
    else if (slot.state == Slot::State::Starting)
        toDaemon(protocol::encode(
            protocol::Failed{slot.startId, ECHILD, "start the program: the sandbox ended early"}));
    if (slot.state != Slot::State::Ended)
        slot.released = true;
    slot.state = Slot::State::Ended;
    hangUp(slot);
}

Supervisor::Slot* Supervisor::find(std::uint64_t id)
{
    const auto slot = std::ranges::find(m_slots, id, &Slot::startId);
    return id == 0 || slot == m_slots.end() ? nullptr : &*slot;
}

void Supervisor::go(std::uint64_t id, std::string_view packet)
{
    if (Slot* slot = find(id); slot && slot->control)
        sendPacket(slot->control.get(), packet);
}

// In a child: entering a network is simple, and coming back is not allowed without root.
void Supervisor::connect(const protocol::Connect& request)
{
    const std::string answer =
        protocol::encode(protocol::Socket{request.id, request.request});
    Slot* slot = find(request.id);
    const pid_t child = slot && slot->pid > 0 ? ::fork() : -1;
    if (child < 0)
        return toDaemon(answer);
    if (child > 0)
        return;
    UniqueFd socket;
    if (!m_mould.hello.isolate || ::setns(slot->pidfd.get(), CLONE_NEWNET) == 0)
        socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int fds[] = {socket.get()};
    toDaemon(answer, std::span(fds, socket ? 1 : 0));
    ::_exit(0);
}

void Supervisor::release(std::uint64_t id)
{
    Slot* slot = find(id);
    if (!slot)
        return;
    slot->released = true;
    killSlot(*slot);
}

void Supervisor::killSlot(Slot& slot)
{
    if (slot.pid <= 0)
        return;
    ::syscall(SYS_pidfd_send_signal, slot.pidfd.get(), m_mould.hello.isolate ? SIGKILL : SIGQUIT,
              nullptr, 0);
    const SlotCgroups cgroups(m_mould.hello.cgroups, slot.name);
    if (m_mould.hello.isolate)
        cgroups.thaw(); // the pid namespace dies with its init
    else
        cgroups.killAll();
}

void Supervisor::bury()
{
    std::erase_if(m_slots, [this](const Slot& slot) {
        if (!slot.released || slot.pid > 0)
            return false;
        if (m_mould.skeleton)
            m_mould.skeleton->removePrivateDirectory(slot.name);
        m_graves.push_back(slot.name);
        return true;
    });
    std::erase_if(m_graves, [this](const std::string& name) {
        return SlotCgroups(m_mould.hello.cgroups, name).remove();
    });
}

void Supervisor::refill()
{
    std::uint32_t ready = 0;
    for (const Slot& slot : m_slots) {
        if (slot.state == Slot::State::Starting || slot.state == Slot::State::Preparing)
            return;
        ready += slot.state == Slot::State::Prepared;
    }
    const bool quiet = std::chrono::steady_clock::now() - m_lastStart >= quietTime;
    if (m_refilling && quiet && ready < m_mould.hello.prepared)
        spawn();
}

int Supervisor::nextTimeout() const
{
    if (!m_graves.empty())
        return graveInterval;
    const auto since = std::chrono::steady_clock::now() - m_lastStart;
    if (m_mould.hello.prepared == 0 || since >= quietTime)
        return -1;
    return static_cast<int>(
               std::chrono::duration_cast<std::chrono::milliseconds>(quietTime - since).count()) +
           1;
}

void Supervisor::shutDown()
{
    for (Slot& slot : m_slots) {
        slot.released = true;
        slot.startId = 0;
        killSlot(slot);
    }
    for (int tries = 0; tries < 300 && !(m_slots.empty() && m_graves.empty()); ++tries) {
        reap();
        bury();
        ::usleep(10'000);
    }
    removeUnheld(m_mould.hello.cgroups);
}

} // namespace gantry::sandbox
