#include "backend/sandbox/launcher/sandbox_process.h"

#include "backend/sandbox/launcher/files.h"
#include "backend/sandbox/launcher/init.h"
#include "backend/sandbox/launcher/packet.h"
#include "backend/sandbox/launcher/step.h"

#include <array>
#include <charconv>
#include <csignal>
#include <sstream>

#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// A sandbox whose program is a copy of one that runs in another sandbox and has initialised there.
// The program makes the copy itself, by fork; what is privileged about it happens here. A process
// without capabilities may enter namespaces only if its user owns the user namespace that they
// belong to. So the new sandbox gets a user namespace, owned by the original's user and with no
// user in it but that one and the sandbox's own:
//
//   guard   root, in the original's pid namespace: cgroups, mounts, the user namespace; stays, to
//           move the copy into the cgroups and to bury init
//   init    pid 1 of the new namespaces, shuts itself in as every sandbox's init does and hands
//           the namespaces to the original over its channel
//   copy    forked by the original; enters, becomes the sandbox's own user, drops everything
//
// The original's code, which may be hostile, thereby gets hold of capabilities over this one
// sandbox of the same function, and of no others; its system call filter refuses what they
// would open (see SeccompFilter::Use::ForSnapshot).
namespace gantry::sandbox {
namespace {

constexpr int arrivalTimeout = 8'000; // ms

std::array<UniqueFd, 2> socketPair()
{
    int ends[2];
    must(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "make a socket pair");
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// An answer without content.
void nod(const UniqueFd& socket)
{
    sendPacket(socket.get(), ".");
}

void awaitNod(const UniqueFd& socket)
{
    char byte;
    if (::recv(socket.get(), &byte, 1, 0) != 1)
        ::_exit(1); // the other side is gone
}

// As the guard sees it: the namespace above the copy's own.
pid_t guardedPid(pid_t hostPid)
{
    std::istringstream status(readSmallFile("/proc/" + std::to_string(hostPid) + "/status"));
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("NSpid:", 0) != 0)
            continue;
        std::istringstream numbers(line.substr(6));
        std::vector<pid_t> pids;
        for (pid_t pid; numbers >> pid;)
            pids.push_back(pid);
        return pids.size() < 2 ? 0 : pids[pids.size() - 2];
    }
    return 0;
}

void moveChildren(pid_t hostPid, const SlotCgroups& cgroups)
{
    const std::string task = "/proc/" + std::to_string(hostPid) + "/task/" +
                             std::to_string(hostPid) + "/children";
    std::istringstream children(readSmallFile(task));
    for (pid_t child; children >> child;)
        if (const pid_t pid = guardedPid(child); pid > 0)
            cgroups.add(pid);
}

std::string idMap(unsigned origin, unsigned own)
{
    const auto line = [](unsigned id) {
        const std::string text = std::to_string(id);
        return text + " " + text + " 1\n";
    };
    return line(origin) + line(own);
}

// What the copy is to be, for its bootstrap: fields that end in a zero byte.
std::string orderOf(const protocol::Start& start, unsigned uid, const std::string& api)
{
    std::string order;
    for (const std::string& field : {std::to_string(uid), start.workingDirectory, api})
        order += field + '\0';
    for (const std::string& variable : start.env)
        order += variable + '\0';
    return order;
}

} // namespace

pid_t pidOf(const UniqueFd& pidfd)
{
    const std::string info =
        readSmallFile("/proc/self/fdinfo/" + std::to_string(pidfd.get()));
    const std::size_t at = info.find("\nPid:");
    pid_t pid = 0;
    if (at != std::string::npos) {
        const std::size_t digits = info.find_first_of("0123456789", at);
        std::from_chars(info.data() + std::min(digits, info.size()), info.data() + info.size(),
                        pid);
    }
    return pid;
}

void SandboxProcess::runRestored(Origin origin)
{
    try {
        if (::geteuid() != 0)
            throw StepFailed("restore a snapshot without being root", EPERM);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        keepOnly({&m_control, &origin.channel});
        ::umask(022);
        ::setsid();
        m_cgroups.makeAndJoin();
        const protocol::Start start = awaitStart();
        applySettings(start);
        must(::unshare(CLONE_NEWNS), "create a mount namespace");
        mountShared(m_mould.skeleton->root());
        mountPrivate(start);
        // Init finds it by its working directory: the way there is closed to its user.
        must(::chdir(m_mould.skeleton->root().c_str()), "enter the root file system");
        guard(start, origin);
    } catch (const StepFailed& failure) {
        report(protocol::encode(protocol::Failed{m_startId, failure.error(), failure.what()}));
    }
    ::_exit(1);
}

void SandboxProcess::guard(const protocol::Start& start, const Origin& origin)
{
    auto [ours, theirs] = socketPair();
    const auto effective = [](unsigned id) {
        must(::setresuid(-1, 0, -1), "change the user");
        must(::setresgid(-1, id, -1), "change the group");
        must(::setresuid(-1, id, -1), "change the user");
    };
    effective(origin.uid); // who creates a user namespace owns it
    int descriptor = -1;
    clone_args args{};
    args.flags = CLONE_PIDFD | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                 CLONE_NEWUTS | CLONE_NEWCGROUP;
    args.pidfd = reinterpret_cast<std::uint64_t>(&descriptor);
    args.exit_signal = SIGCHLD;
    const pid_t init = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
    if (init == 0) {
        ours.reset();
        becomeInit(start, origin, theirs);
    }
    must(init, "create a user namespace");
    effective(0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a change of user had cleared it
    theirs.reset();

    const UniqueFd pidfd(descriptor);
    const pid_t hostPid = pidOf(pidfd);
    const std::string process = "/proc/" + std::to_string(hostPid);
    const std::string map = idMap(origin.uid, m_uid);
    if (!tryWriteFile(process + "/uid_map", map) || !tryWriteFile(process + "/gid_map", map))
        throw StepFailed("map the users of a snapshot", errno);
    nod(ours);
    for (;;) {
        pollfd events[] = {{pidfd.get(), POLLIN, 0},
                           {ours.get(), POLLIN, 0},
                           {m_control.get(), 0, 0}};
        ::poll(events, 3, -1);
        char byte;
        if (events[0].revents != 0) {
            ::waitpid(init, nullptr, 0);
            ::_exit(0);
        }
        if (events[2].revents != 0) // the launcher has gone
            ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
        else if ((events[1].revents & POLLIN) != 0 && ::recv(ours.get(), &byte, 1, 0) == 1) {
            moveChildren(hostPid, m_cgroups);
            nod(ours);
        }
    }
}

void SandboxProcess::becomeInit(const protocol::Start& start, const Origin& origin,
                                const UniqueFd& guard)
{
    try {
        awaitNod(guard);
        must(::setgroups(0, nullptr), "drop supplementary groups");
        must(::setresgid(m_gid, m_gid, m_gid), "change the group");
        must(::setresuid(m_uid, m_uid, m_uid), "change the user");
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        must(::sethostname("sandbox", 7), "set the host name");
        raiseLoopback();
        dropBoundingSet();
        enterOwnTree();
        const std::uint16_t port = listen(start.port, m_listener);
        std::vector<UniqueFd> services = openServices(start);

        auto [output, outputEnd] = pipePair();
        auto [errors, errorsEnd] = pipePair();
        auto [arrival, arrivalEnd] = socketPair();
        std::vector<UniqueFd> handed;
        // The order in which they are entered.
        for (const char* kind : {"user", "mnt", "net", "ipc", "uts", "cgroup", "pid"}) {
            handed.emplace_back(
                ::open((std::string("/proc/self/ns/") + kind).c_str(), O_RDONLY | O_CLOEXEC));
            must(handed.back().get(), std::string("open the namespace ") + kind);
        }
        for (UniqueFd* end : {&outputEnd, &errorsEnd, &arrivalEnd})
            handed.push_back(std::move(*end));
        dropPrivileges(start);
        installInitSignals(true);

        std::vector<int> numbers;
        for (const UniqueFd& fd : handed)
            numbers.push_back(fd.get());
        const std::string api = "127.0.0.1:" + std::to_string(port);
        if (const int error =
                sendPacket(origin.channel.get(), orderOf(start, m_uid, api), numbers))
            throw StepFailed("reach the snapshot's program", error);
        handed.clear();
        ::close(origin.channel.get());
        const pid_t program = awaitCopy(arrival, guard);
        setInitProgram(program);

        const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
        std::vector<int> fds = {m_listener.get(), output.get(), errors.get()};
        for (const UniqueFd& service : services)
            fds.push_back(service.get());
        fds.push_back(self.get());
        report(protocol::encode(protocol::Started{m_startId, m_slot, port, 0,
                                                  static_cast<std::uint32_t>(services.size())}),
               fds);
        services.clear();
        for (UniqueFd* mine : {&m_listener, &output, &errors})
            mine->reset();
        nod(arrival);
        arrival.reset();
        const int status = reapUntilExit(program, true, [](pid_t, int) {});
        report(protocol::encode(protocol::Exited{m_startId, status}));
        ::_exit(0);
    } catch (const StepFailed& failure) {
        report(protocol::encode(protocol::Failed{m_startId, failure.error(), failure.what()}));
    }
    ::_exit(1);
}

// The tree was laid out by the guard; this makes it the root of a mount namespace that belongs to
// the new user namespace, where what the guard mounted can no longer be taken apart.
void SandboxProcess::enterOwnTree()
{
    must(::unshare(CLONE_NEWNS), "create a mount namespace");
    mountProc(".");
    const UniqueFd tree(
        ::open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
    must(tree.get(), "copy the root file system");
    must(::move_mount(tree.get(), "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH),
         "mount the root file system");
    must(::fchdir(tree.get()), "enter the root file system");
    changeRoot();
}

// The copy says which process it is; a wrong answer would only harm itself.
pid_t SandboxProcess::awaitCopy(const UniqueFd& arrival, const UniqueFd& guard) const
{
    pollfd entry{arrival.get(), POLLIN, 0};
    if (::poll(&entry, 1, arrivalTimeout) <= 0)
        throw StepFailed("copy the snapshot's program", ETIMEDOUT);
    char text[512];
    const ssize_t size = ::recv(arrival.get(), text, sizeof text, 0);
    if (size <= 0)
        throw StepFailed("copy the snapshot's program", ECHILD);
    pid_t program = 0;
    std::from_chars(text, text + size, program);
    siginfo_t info;
    if (program <= 1 ||
        ::waitid(P_PID, static_cast<id_t>(program), &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        throw StepFailed("copy the snapshot's program: " + std::string(text, size), ECHILD);
    nod(guard);
    awaitNod(guard);
    return program;
}

} // namespace gantry::sandbox
