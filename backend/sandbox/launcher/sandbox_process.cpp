#include "backend/sandbox/launcher/sandbox_process.h"

#include "backend/sandbox/launcher/files.h"
#include "backend/sandbox/launcher/image_root.h"
#include "backend/sandbox/launcher/init.h"
#include "backend/sandbox/launcher/packet.h"
#include "backend/sandbox/launcher/step.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

constexpr unsigned long readOnly = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
constexpr int firstKept = 3;
constexpr const char* channelVariable = "GANTRY_SNAPSHOT_SOCKET=";

std::vector<char*> pointers(const std::vector<std::string>& strings)
{
    std::vector<char*> result;
    for (const std::string& text : strings)
        result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

void limitResource(decltype(RLIMIT_CORE) resource, rlim_t value)
{
    rlimit limit{};
    ::getrlimit(resource, &limit);
    limit.rlim_cur = limit.rlim_max = std::min(value, limit.rlim_max);
    must(::setrlimit(resource, &limit), "set a resource limit");
}

} // namespace

SandboxProcess::SandboxProcess(const Mould& mould, std::string slot, unsigned uid, UniqueFd control)
    : m_mould(mould), m_slot(std::move(slot)), m_cgroups(mould.hello.cgroups, m_slot),
      m_uid(::geteuid() == 0 ? uid : ::geteuid()), m_gid(::geteuid() == 0 ? uid : ::getegid()),
      m_control(std::move(control))
{
}

// Nothing of the launcher's goes into a sandbox but these, at the first numbers, and the standard
// streams, which are nothing.
void SandboxProcess::keepOnly(std::initializer_list<UniqueFd*> kept)
{
    const int null = must(::open("/dev/null", O_RDWR), "open /dev/null");
    for (int fd = 0; fd < firstKept; ++fd)
        ::dup2(null, fd);
    // Out of the way of the numbers that they get.
    const int top = firstKept + static_cast<int>(kept.size());
    for (UniqueFd* fd : kept)
        fd->reset(must(::fcntl(fd->get(), F_DUPFD_CLOEXEC, top), "keep a descriptor"));
    int number = firstKept;
    for (UniqueFd* fd : kept) {
        must(::dup3(fd->get(), number, O_CLOEXEC), "keep a descriptor");
        fd->reset(number++);
    }
    ::close_range(static_cast<unsigned>(number), ~0U, 0);
}

std::array<UniqueFd, 2> SandboxProcess::pipePair()
{
    int ends[2];
    must(::pipe2(ends, O_CLOEXEC), "make a pipe");
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void SandboxProcess::run()
{
    try {
        prepare();
        report(protocol::encode(protocol::Prepared{}));
        launch(awaitStart());
    } catch (const StepFailed& failure) {
        report(protocol::encode(protocol::Failed{m_startId, failure.error(), failure.what()}));
    }
    ::_exit(1);
}

void SandboxProcess::report(const std::string& packet, std::span<const int> fds) const
{
    sendPacket(m_control.get(), packet, fds); // with the launcher gone, so are we
}

void SandboxProcess::prepare()
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    keepOnly({&m_control});
    ::umask(022);
    ::setsid();
    m_cgroups.makeAndJoin();
    if (isolated())
        isolate();
    else
        must(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
}

void SandboxProcess::isolate()
{
    must(::unshare(CLONE_NEWNET), "create a network namespace");
    must(::unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP),
         "create mount, ipc, uts and cgroup namespaces");
    must(::sethostname("sandbox", 7), "set the host name");
    raiseLoopback();
    // Nothing that is executed from here on can gain a capability; our own mounts need them still.
    dropBoundingSet();
    mountProc(m_mould.skeleton->root());
    mountShared(m_mould.skeleton->root());
}

void SandboxProcess::raiseLoopback() const
{
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    must(::ioctl(socket.get(), SIOCSIFFLAGS, &request), "bring the loopback interface up");
}

void SandboxProcess::dropBoundingSet() const
{
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
        must(::prctl(PR_CAPBSET_DROP, capability), "drop a capability");
}

void SandboxProcess::mountShared(const std::string& root) const
{
    must(::mount("shm", (root + "/dev/shm").c_str(), "tmpfs",
                 MS_NOSUID | MS_NODEV, "mode=1777,size=32m,nr_inodes=1024"),
         "mount /dev/shm");
}

// Only the sandbox's own processes are in it. What of it tells about or steers the host is covered:
// files by /dev/null, directories by an empty one.
void SandboxProcess::mountProc(const std::string& root) const
{
    const std::string proc = root + "/proc";
    must(::mount("proc", proc.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                 "hidepid=invisible"),
         "mount /proc");
    for (const char* name : {"/config.gz", "/kallsyms", "/kcore", "/key-users", "/keys", "/kmsg",
                             "/kpagecgroup", "/kpagecount", "/kpageflags", "/modules",
                             "/sched_debug", "/sysrq-trigger", "/timer_list"})
        if (::access((proc + name).c_str(), F_OK) == 0)
            must(::mount((root + "/dev/null").c_str(), (proc + name).c_str(), nullptr, MS_BIND,
                         nullptr),
                 std::string("cover /proc") + name);
    for (const char* name : {"/acpi", "/asound", "/bus", "/driver", "/fs", "/irq", "/scsi"})
        if (::access((proc + name).c_str(), F_OK) == 0)
            must(::mount((root + "/run").c_str(), (proc + name).c_str(), nullptr, MS_BIND, nullptr),
                 std::string("cover /proc") + name);
    bindMount(proc + "/sys", proc + "/sys", readOnly | MOUNT_ATTR_NOEXEC);
}

protocol::Start SandboxProcess::awaitStart()
{
    std::vector<char> buffer(protocol::maxPacket);
    const Packet packet = receivePacket(m_control.get(), buffer);
    if (packet.error == 0 && packet.bytes.empty())
        ::_exit(0); // the launcher is gone
    protocol::Start start;
    if (packet.error != 0 || !protocol::decode(packet.bytes, start) || start.argv.empty())
        throw StepFailed("read the start message", EBADMSG);
    m_startId = start.id;
    return start;
}

void SandboxProcess::launch(protocol::Start start)
{
    applySettings(start);
    if (isolated()) {
        mountPrivate(start);
        enterRoot(start);
    }
    const std::uint16_t port = listen(isolated() ? start.port : 0, m_listener);
    std::vector<UniqueFd> services = openServices(start);
    start.env.push_back("AWS_LAMBDA_RUNTIME_API=127.0.0.1:" + std::to_string(port));
    UniqueFd channel = openChannel(start);
    dropPrivileges(start);

    // Made by the sandbox's own user, so that it may open /dev/stdout anew.
    auto [outputRead, outputWrite] = pipePair();
    auto [errorsRead, errorsWrite] = pipePair();

    installInitSignals(isolated());
    UniqueFd extensionOutput = startExtensions(start);
    std::string failure;
    pid_t program = 0;
    if (m_extensions.empty())
        program = startProgram(start, outputWrite, errorsWrite, failure);
    if (!failure.empty()) {
        report(failure);
        ::_exit(1);
    }
    std::vector<int> fds = {m_listener.get(), outputRead.get(), errorsRead.get()};
    for (const UniqueFd& service : services)
        fds.push_back(service.get());
    if (extensionOutput)
        fds.push_back(extensionOutput.get());
    if (channel)
        fds.push_back(channel.get());
    report(protocol::encode(protocol::Started{m_startId, m_slot, port, 0,
                                              static_cast<std::uint32_t>(services.size())}),
           fds);
    m_listener.reset();
    services.clear();
    outputRead.reset();
    errorsRead.reset();
    extensionOutput.reset();
    channel.reset();
    if (!m_extensions.empty()) {
        awaitGo();
        program = startProgram(start, outputWrite, errorsWrite, failure);
    }
    const auto ended = [this](pid_t pid, int status) { childEnded(pid, status); };
    const int status = reapUntilExit(program, isolated(), ended);
    report(protocol::encode(protocol::Exited{m_startId, status}));
    if (isolated() && !m_extensions.empty())
        reapAll(ended); // the extensions are told of the end and may take a moment
    while (start.snapshot != 0)
        ::pause(); // what was restored from it lives in a namespace below this one
    ::_exit(0);
}

// In failure comes the packet that says why the program could not be executed.
pid_t SandboxProcess::startProgram(const protocol::Start& start, UniqueFd& output, UniqueFd& errors,
                                   std::string& failure)
{
    int result[2];
    must(::pipe2(result, O_CLOEXEC), "make a pipe");
    const UniqueFd resultRead(result[0]);
    UniqueFd resultWrite(result[1]);
    const pid_t program = must(::fork(), "start a process");
    if (program == 0) {
        try {
            spawnProgram(start.argv, start.env, start.workingDirectory, output, errors);
        } catch (const StepFailed& failed) {
            const std::string packet =
                protocol::encode(protocol::Failed{m_startId, failed.error(), failed.what()});
            (void)!::write(resultWrite.get(), packet.data(), packet.size());
        }
        ::_exit(127);
    }
    setInitProgram(program);
    for (UniqueFd* end : {&resultWrite, &output, &errors, &m_programChannel})
        end->reset();
    // Ends when the program was executed; before that, it brings the reason why not.
    char reason[4096];
    const ssize_t size = ::read(resultRead.get(), reason, sizeof reason);
    failure.assign(reason, size > 0 ? static_cast<std::size_t>(size) : 0);
    return program;
}

// Answers where their outputs can be read; nothing without extensions.
UniqueFd SandboxProcess::startExtensions(const protocol::Start& start)
{
    if (start.extensions.empty())
        return UniqueFd();
    auto [readEnd, writeEnd] = pipePair();
    const std::string api = start.env.back(); // AWS_LAMBDA_RUNTIME_API
    for (const protocol::Extension& extension : start.extensions) {
        const pid_t pid = must(::fork(), "start an extension");
        if (pid == 0) {
            std::vector<std::string> env = extension.env;
            env.push_back(api);
            try {
                spawnProgram(extension.argv, env, "/", writeEnd, writeEnd);
            } catch (const StepFailed&) {
                // its status says so
            }
            ::_exit(127);
        }
        m_extensions.push_back(pid);
    }
    return std::move(readEnd);
}

// Answers our end of the socket through which a snapshot's program is asked for copies.
UniqueFd SandboxProcess::openChannel(protocol::Start& start)
{
    if (start.snapshot == 0)
        return UniqueFd();
    int ends[2];
    must(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "make a socket pair");
    m_programChannel.reset(ends[1]);
    start.env.push_back(channelVariable + std::to_string(ends[1]));
    return UniqueFd(ends[0]);
}

// The extensions may end meanwhile, which the daemon must know.
void SandboxProcess::awaitGo()
{
    constexpr int kLookMs = 20;
    std::vector<char> buffer(protocol::maxPacket);
    for (;;) {
        pollfd control{m_control.get(), POLLIN, 0};
        if (::poll(&control, 1, kLookMs) > 0) {
            const Packet packet = receivePacket(m_control.get(), buffer);
            protocol::Go go;
            if (packet.bytes.empty())
                ::_exit(0); // the launcher is gone
            if (protocol::decode(packet.bytes, go))
                return;
        }
        reapEnded([this](pid_t pid, int status) { childEnded(pid, status); });
    }
}

void SandboxProcess::childEnded(pid_t pid, int status)
{
    const auto found = std::find(m_extensions.begin(), m_extensions.end(), pid);
    if (found == m_extensions.end())
        return;
    *found = 0;
    const auto index = static_cast<std::uint32_t>(found - m_extensions.begin());
    report(protocol::encode(protocol::ExtensionExited{m_startId, index, status}));
}

void SandboxProcess::applySettings(const protocol::Start& start)
{
    for (const protocol::Setting& setting : start.settings)
        if (!tryWriteFile(m_cgroups.file(setting.cgroup, setting.file), setting.value) &&
            setting.required)
            throw StepFailed("set " + setting.file + " to " + setting.value, errno);
}

void SandboxProcess::mountPrivate(const protocol::Start& start)
{
    const Skeleton& skeleton = *m_mould.skeleton;
    const std::string& root = skeleton.root();
    const std::string own = skeleton.makePrivateDirectory(m_slot);
    const unsigned uid = ::geteuid() == 0 ? m_uid : rootlessUid;
    const unsigned gid = ::geteuid() == 0 ? m_gid : rootlessGid;
    writeFile(own + "/passwd",
              "root:x:0:0::/:/usr/sbin/nologin\nsbx_user1051:x:" + std::to_string(uid) + ":" +
                  std::to_string(gid) + "::/tmp:/usr/sbin/nologin\n");
    writeFile(own + "/group", "root:x:0:\nsbx_user1051:x:" + std::to_string(gid) + ":\n");
    writeFile(own + "/cgroup/cpu.max", start.cpuMax);
    bindMount(own + "/passwd", root + "/etc/passwd", readOnly);
    bindMount(own + "/group", root + "/etc/group", readOnly);
    bindMount(own + "/cgroup", root + "/sys/fs/cgroup", readOnly);

    // An inode costs kernel memory, so their number is bounded with the size.
    const std::uint64_t inodes = std::max<std::uint64_t>(4096, start.tmpBytes / 16384);
    const std::string options =
        "mode=1777,size=" + std::to_string(start.tmpBytes) + ",nr_inodes=" + std::to_string(inodes);
    must(::mount("tmp", (root + "/tmp").c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()),
         "mount /tmp");
    if (!start.root.empty())
        return mountImageRoot(skeleton, start);
    for (const protocol::Bind& bind : start.binds) {
        struct stat info;
        must(::stat(bind.source.c_str(), &info), "find " + bind.source);
        skeleton.addMountPoint(bind.target, !S_ISDIR(info.st_mode));
        bindMount(bind.source, root + bind.target, readOnly);
    }
}

// The host's tree is stacked under the new root for a moment, then let go.
void SandboxProcess::enterRoot(const protocol::Start& start)
{
    const Skeleton& skeleton = *m_mould.skeleton;
    const std::string& root = start.root.empty() ? skeleton.root() : skeleton.imageRoot();
    must(::chdir(root.c_str()), "enter the root file system");
    changeRoot();
}

void SandboxProcess::changeRoot()
{
    must(static_cast<int>(::syscall(SYS_pivot_root, ".", ".")), "change the root file system");
    must(::umount2(".", MNT_DETACH), "let the host's files go");
    must(::chdir("/"), "enter the root file system");
}

std::uint16_t SandboxProcess::bindTo(std::uint16_t port, int type, UniqueFd& socket)
{
    const std::string number = std::to_string(port);
    socket.reset(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    must(::bind(socket.get(), generic, size), "bind port " + number);
    must(::getsockname(socket.get(), generic, &size), "read the port");
    return ntohs(address.sin_port);
}

std::uint16_t SandboxProcess::listen(std::uint16_t port, UniqueFd& listener)
{
    const std::uint16_t bound = bindTo(port, SOCK_STREAM, listener);
    must(::listen(listener.get(), 256), "listen on port " + std::to_string(bound));
    return bound;
}

std::vector<UniqueFd> SandboxProcess::openServices(const protocol::Start& start)
{
    std::vector<UniqueFd> sockets;
    for (const std::uint16_t port : start.services)
        listen(port, sockets.emplace_back());
    for (const std::uint16_t port : start.datagrams)
        bindTo(port, SOCK_DGRAM, sockets.emplace_back());
    return sockets;
}

void SandboxProcess::dropPrivileges(const protocol::Start& start)
{
    limitResource(RLIMIT_CORE, 0);
    limitResource(RLIMIT_NOFILE, start.openFiles);
    if (!isolated()) {
        ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
        return;
    }
    if (start.processes > 0)
        limitResource(RLIMIT_NPROC, start.processes);
    if (::geteuid() == 0) {
        must(::setgroups(0, nullptr), "drop supplementary groups");
        must(::setresgid(m_gid, m_gid, m_gid), "change the group");
        must(::setresuid(m_uid, m_uid, m_uid), "change the user");
    }
    const cap_t none = ::cap_init();
    must(::cap_set_proc(none), "drop all capabilities");
    ::cap_free(none);
    must(::prctl(PR_SET_PDEATHSIG, SIGKILL), "tie the sandbox to the launcher");
    must(::prctl(PR_SET_DUMPABLE, 0), "hide init's memory");
    must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
    const bool filtered = start.snapshot != 0
                              ? SeccompFilter(SeccompFilter::Use::ForSnapshot).load()
                              : m_mould.filter->load();
    if (!filtered)
        throw StepFailed("load the system call filter", errno);
}

// In the program's own process; only fails or executes.
void SandboxProcess::spawnProgram(const std::vector<std::string>& argv,
                                  const std::vector<std::string>& env,
                                  const std::string& workingDirectory, const UniqueFd& output,
                                  const UniqueFd& errors)
{
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setsid();
    must(::dup2(output.get(), STDOUT_FILENO), "connect standard output");
    must(::dup2(errors.get(), STDERR_FILENO), "connect standard error");
    must(::chdir(workingDirectory.c_str()), "enter the working directory " + workingDirectory);
    if (m_programChannel)
        ::fcntl(m_programChannel.get(), F_SETFD, 0);
    ::execve(argv[0].c_str(), pointers(argv).data(), pointers(env).data());
    throw StepFailed("execute " + argv[0], errno);
}

} // namespace gantry::sandbox
