#include "backend/sandbox/host_files.h"
#include "tests/support/sandbox_fixture.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::sandbox;
using namespace gantry::test;

namespace {

// Every attempt runs after this, and ends by saying "blocked" or raising what it got away with.
// Arguments: the victim's pid on the host, a host TCP port, a directory of the host, a word only
// the victim knows.
constexpr const char* prelude = R"(
import ctypes, errno, os, resource, socket, stat, subprocess, sys
victim, port, host, word = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
libc = ctypes.CDLL(None, use_errno=True)
def syscall(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return result, ctypes.get_errno()
def refused(number, *arguments):
    result, error = syscall(number, *arguments)
    assert result == -1 and error in (errno.EPERM, errno.ENOSYS), (result, error)
def fails(action, *errors):
    try: got = action()
    except OSError as e:
        assert not errors or e.errno in errors, e
    else: raise AssertionError(f'succeeded: {got}')
)";

// A SnapStart snapshot without the rest of the bootstrap: a copy of it makes the attempt. FLAWED
// stands for init code that tampers with the way into the sandbox, to keep what was granted for it.
constexpr const char* snapshotCode = R"(
import os, sys, types
sys.path.insert(0, '/var/runtime')
sys.modules['_gantry_runtime'] = types.ModuleType('_gantry_runtime')
import _gantry_snapshot, _socket
if len(sys.argv) > 1: _gantry_snapshot._drop_capabilities = lambda: None
channel = _socket.socket(fileno=int(os.environ.pop('GANTRY_SNAPSHOT_SOCKET')))
while True:
    order, fds = _gantry_snapshot._receive(channel)
    if os.fork() == 0: break
    for fd in fds: os.close(fd)
    os.wait()
channel.close()
_gantry_snapshot._enter(order, fds)
import base64
sys.argv = [''] + os.environ['ARGUMENTS'].split('|')
exec(base64.b64decode(os.environ['CODE']))
)";

// Where an attempt is made: in an ordinary sandbox, by a snapshot (whose init code is the
// function's), by what was restored from it, and by such that kept its capabilities over its
// sandbox; and in a sandbox whose root file system is a container image's.
enum class Place { Ordinary, Image, Snapshot, Restored, Flawed };

struct Attempt {
    const char* name;
    const char* code;
};

constexpr Attempt attempts[] = {
    {"see other processes", "pids = [int(p) for p in os.listdir('/proc') if p.isdigit()]\n"
                            "assert set(pids) <= {os.getpid()}, pids\n"
                            "assert len(pids) == 1"},
    {"signal the victim", "fails(lambda: os.kill(victim, 9), errno.ESRCH)"},
    {"signal everyone", "try: os.kill(-1, 18)\n"
                        "except ProcessLookupError: pass"},
    {"look into init",
     "for name in ('environ', 'root', 'cwd', 'exe', 'fd', 'mem', 'maps'):\n"
     "    fails(lambda: os.listdir(f'/proc/1/{name}') if name in ('root', 'cwd', 'fd')"
     " else open(f'/proc/1/{name}', 'rb').read(1))"},
    {"read another's /tmp", "assert os.listdir('/tmp') == [] and os.listdir('/dev/shm') == []\n"
                            "fails(lambda: open('/tmp/secret').read(), errno.ENOENT)"},
    {"read another's System V memory", "assert libc.shmget(0x6a4e, 0, 0) == -1"},
    {"reach a host's TCP port",
     "fails(lambda: socket.create_connection(('127.0.0.1', port), 2), errno.ECONNREFUSED)"},
    {"reach another's Runtime API",
     "fails(lambda: socket.create_connection(('127.0.0.1', 9555), 2), errno.ECONNREFUSED)"},
    {"reach the Internet",
     "fails(lambda: socket.create_connection(('192.0.2.1', 80), 2), errno.ENETUNREACH)"},
    {"reach an abstract socket", "s = socket.socket(socket.AF_UNIX)\n"
                                 "fails(lambda: s.connect('\\0' + word), errno.ECONNREFUSED)"},
    {"reach a host's socket file", "s = socket.socket(socket.AF_UNIX)\n"
                                   "fails(lambda: s.connect(host + '/socket'), errno.ENOENT)"},
    {"reach the hypervisor (vsock)", "fails(lambda: socket.socket(40, socket.SOCK_STREAM))"},
    {"sniff packets",
     "fails(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))\n"
     "fails(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1), errno.EPERM)"},
    {"read the host's paths",
     "for path in ('/root', '/home', '/etc/shadow', '/var/lib', '/boot', '/sys/kernel', '/mnt',"
     " '/dev/mem', '/dev/kmsg', '/dev/sda', '/dev/vda', '/dev/pts', host):\n"
     "    assert not os.path.lexists(path), path"},
    {"read kernel memory",
     "for path in ('kcore', 'kmsg', 'kallsyms', 'keys', 'timer_list', 'config.gz'):\n"
     "    try: content = open('/proc/' + path, 'rb').read(16)\n"
     "    except OSError: content = b''\n"
     "    assert content == b'', path"},
    {"steer the kernel",
     "for path in ('/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern',"
     " '/proc/sys/kernel/hostname', '/proc/sys/vm/drop_caches', '/proc/sys/net/ipv4/ip_forward'):\n"
     "    fails(lambda: open(path, 'w').write('1'))"},
    {"write control groups",
     "for folder, _, files in os.walk('/sys'):\n"
     "    for name in files: fails(lambda: open(os.path.join(folder, name), 'w'))\n"
     "fails(lambda: os.mkdir('/sys/fs/cgroup/new'))\n"
     "assert 'gantry' not in open('/proc/self/cgroup').read()"},
    {"symbolic link out of the code",
     "fails(lambda: open('/var/task/link').read(), errno.ENOENT)\n"
     "fails(lambda: open('/var/task/../../../../' + host + '/secret').read(), errno.ENOENT)\n"
     "fails(lambda: open('/proc/self/root/' + host + '/secret').read(), errno.ENOENT)\n"
     "os.symlink(host + '/secret', '/tmp/link')\n"
     "fails(lambda: open('/tmp/link').read(), errno.ENOENT)\n"
     "os.unlink('/tmp/link')"},
    {"write anywhere but /tmp and /dev/shm",
     "for line in open('/proc/self/mountinfo'):\n"
     "    path = line.split()[4]\n"
     "    if os.path.isdir(path) and path not in ('/tmp', '/dev/shm'):\n"
     "        fails(lambda: open(path + '/new-file', 'w'))"},
    {"inherited file descriptors", "open_now = set(os.listdir('/proc/self/fd')) - {'0', '1', '2'}\n"
                                   "assert len(open_now) == 1, open_now  # the listing itself\n"
                                   "assert os.readlink('/proc/self/fd/0') == '/dev/null'"},
    {"any privilege",
     "status = dict(l.split(':', 1) for l in open('/proc/self/status'))\n"
     "for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):\n"
     "    assert int(status[name], 16) == 0, name\n"
     "assert status['NoNewPrivs'].strip() == '1' and status['Seccomp'].strip() == '2'\n"
     "assert 0 not in map(int, status['Uid'].split() + status['Gid'].split())\n"
     "assert status['Groups'].strip() in ('', '65534')"},
    {"become root",
     "fails(lambda: os.setuid(0)); fails(lambda: os.setgid(0)); fails(lambda: os.setgroups([0]))"},
    {"use a set-user-ID program",
     "try: text = subprocess.run(['/usr/bin/su', '-c', 'id -u'], capture_output=True,"
     " stdin=subprocess.DEVNULL).stdout\n"
     "except FileNotFoundError: text = b''\n"
     "assert b'0\\n' not in text"},
    {"make a device",
     "fails(lambda: os.mknod('/tmp/disk', stat.S_IFBLK | 0o666, os.makedev(8, 0)), errno.EPERM)"},
    {"type into a terminal", "fails(lambda: open('/dev/tty', 'r+b', 0))"},
    {"raise limits", "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
                     "assert hard <= 1024\n"
                     "try: resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))\n"
                     "except (ValueError, OSError): pass\n"
                     "else: raise AssertionError('raised')\n"
                     "fails(lambda: os.nice(-5), errno.EPERM)"},
    {"exhaust file descriptors",
     "files = []\n"
     "def exhaust():\n"
     "    while len(files) < 5000: files.append(os.open('/dev/null', 0))\n"
     "fails(exhaust, errno.EMFILE)\n"
     "assert len(files) <= 1024\n"
     "for fd in files: os.close(fd)"},
    {"fork bomb", "children = []\n"
                  "def bomb():\n"
                  "    while len(children) < 500:\n"
                  "        pid = os.fork()\n"
                  "        if pid == 0:\n"
                  "            while True:\n"
                  "                try: os.fork()\n"
                  "                except OSError: os._exit(0)\n"
                  "        children.append(pid)\n"
                  "fails(bomb, errno.EAGAIN)\n"
                  "assert len(children) <= 64"},
    {"fill /dev/shm", "with open('/dev/shm/big', 'wb', 0) as f:\n"
                      "    def fill():\n"
                      "        for _ in range(64): f.write(bytes(1 << 20))\n"
                      "    fails(fill, errno.ENOSPC)\n"
                      "os.unlink('/dev/shm/big')"},
    {"another ABI's calls (x32)",
     "pid = os.fork()\n"
     "if pid == 0:\n"
     "    result, error = syscall(0x40000000 | 165, 0, 0, 0, 0, 0)\n"
     "    os._exit(0 if result == -1 and error == errno.ENOSYS else 1)\n"
     "status = os.waitpid(pid, 0)[1]\n"
     "assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status"},
    {"user namespace by clone", "refused(56, 0x10000000 | 17, 0, 0, 0, 0)"},
    {"network namespace by clone", "refused(56, 0x40000000 | 17, 0, 0, 0, 0)"},
    {"user namespace by unshare", "refused(272, 0x10000000)"},
    {"clone3", "refused(435, 0, 0)"},
    {"mount", "refused(165, 0, 0, 0, 0, 0)"},
    {"umount2", "refused(166, 0, 0)"},
    {"pivot_root", "refused(155, 0, 0)"},
    {"chroot", "refused(161, 0)"},
    {"setns", "refused(308, 0, 0)"},
    {"open_tree", "refused(428, -100, 0, 0)"},
    {"move_mount", "refused(429, 0, 0, 0, 0, 0)"},
    {"fsopen", "refused(430, 0, 0)"},
    {"ptrace", "refused(101, 0, 0, 0, 0)"},
    {"process_vm_readv", "refused(310, 1, 0, 0, 0, 0, 0)"},
    {"pidfd_getfd", "refused(438, 0, 0, 0)"},
    {"keyctl", "refused(250, 0, 0, 0, 0, 0)"},
    {"add_key", "refused(248, 0, 0, 0, 0, 0)"},
    {"request_key", "refused(249, 0, 0, 0, 0)"},
    {"bpf", "refused(321, 0, 0, 0)"},
    {"perf_event_open", "refused(298, 0, 0, -1, -1, 0)"},
    {"userfaultfd", "refused(323, 1)"},
    {"io_uring_setup", "refused(425, 1, 0)"},
    {"init_module", "refused(175, 0, 0, 0)"},
    {"finit_module", "refused(313, 0, 0, 0)"},
    {"kexec_load", "refused(246, 0, 0, 0, 0)"},
    {"open_by_handle_at", "refused(304, 0, 0, 0)"},
    {"name_to_handle_at", "refused(303, 0, 0, 0, 0, 0)"},
    {"reboot", "refused(169, 0, 0, 0, 0)"},
    {"swapon", "refused(167, 0, 0)"},
    {"settimeofday", "refused(164, 0, 0)"},
    {"sethostname", "refused(170, 0, 0)"},
    {"kernel log", "refused(103, 3, 0, 0)"},
    {"acct", "refused(163, 0)"},
    {"iopl", "refused(172, 3)"},
    {"fanotify_init", "refused(300, 0, 0)"},
};

// A snapshot may call setns, so that its copies can leave; and they may have capabilities there.
constexpr Attempt attemptsWithSetns[] = {
    {"setns to where it is",
     "for name in ('user', 'mnt', 'net', 'pid', 'ipc', 'uts', 'cgroup'):\n"
     "    fd = os.open('/proc/self/ns/' + name, os.O_RDONLY)\n"
     "    assert libc.setns(fd, 0) == -1 or name != 'user', name\n"
     "    os.close(fd)"},
    {"setns to init's namespaces", "fails(lambda: os.open('/proc/1/ns/mnt', os.O_RDONLY))"},
    {"configure the network (netlink)", "fails(lambda: socket.socket(socket.AF_NETLINK,"
                                        " socket.SOCK_RAW, 0))\n"
                                        "fails(lambda: socket.socket(socket.AF_NETLINK,"
                                        " socket.SOCK_RAW, 12))"},
    {"configure netfilter by socket options",
     "s = socket.socket()\n"
     "for level in (0, 41):\n"
     "    for option in (64, 65): fails(lambda: s.setsockopt(level, option, b'x' * 100),"
     " errno.EPERM, errno.ENOSYS)"},
};

// A process of the host by a word of its command line.
pid_t findProcess(const std::string& word)
{
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string line = sandbox::readHostFile(entry.path() / "cmdline");
        if (line.find(word) != std::string::npos && entry.path().filename() != "self")
            return std::atoi(entry.path().filename().c_str());
    }
    return 0;
}

} // namespace

Q_DECLARE_METATYPE(Place)

// What code in a sandbox must not be able to do, tried from inside by code that tries hard. A
// second sandbox is the victim; the host has a listener, sockets and a secret to be found.
class SandboxEscapeTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void attempt_data();
    void attempt();
    void cleanupTestCase();

private:
    void listenOnHost();
    std::unique_ptr<Running> make(Place place, const std::string& code);
    std::unique_ptr<Running> makeSnapshot(bool flawed);
    void makeImage();

    std::unique_ptr<SandboxFixture> m_fixture;
    std::unique_ptr<Running> m_victim;
    QTemporaryDir m_host;
    QTemporaryDir m_code;
    QTemporaryDir m_image;
    std::unique_ptr<Running> m_snapshot, m_flawed; // null where the host has none
    UniqueFd m_tcp, m_abstract, m_file;
    std::uint16_t m_port = 0;
    std::string m_word = "victim-" + newInstance();
    pid_t m_victimPid = 0;
    std::string m_table;
};

void SandboxEscapeTest::initTestCase()
{
    m_fixture = std::make_unique<SandboxFixture>(2);
    if (!m_fixture->engine.ok())
        QSKIP(std::string(m_fixture->engine.status().message()).c_str());
    listenOnHost();
    makeImage();
    const std::string secret = m_host.path().toStdString() + "/secret";
    std::ofstream(secret) << m_word;
    const std::string code = m_code.path().toStdString();
    std::filesystem::permissions(code, std::filesystem::perms(0755));
    std::filesystem::create_symlink(secret, code + "/link");

    Spec victim = pythonSpec("import ctypes, time\n"
                             "open('/tmp/secret', 'w').write('x')\n"
                             "ctypes.CDLL(None).shmget(0x6a4e, 4096, 0o1666)\n"
                             "print('ready', flush=True); time.sleep(1000)",
                             {m_word});
    victim.runtimeApiPort = 9555;
    m_victim = run(*m_fixture, victim);
    QVERIFY(m_victim);
    QVERIFY(m_fixture->waitFor([&] {
        m_victim->read();
        return m_victim->out == "ready\n";
    }));
    if ((*m_fixture->engine)->snapshotGap().empty()) {
        m_snapshot = makeSnapshot(false);
        m_flawed = makeSnapshot(true);
        QVERIFY(m_snapshot && m_flawed);
    }
    m_victimPid = findProcess(m_word);
    QVERIFY(m_victimPid > 0);
}

void SandboxEscapeTest::listenOnHost()
{
    m_tcp.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    QCOMPARE(::bind(m_tcp.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    QCOMPARE(::listen(m_tcp.get(), 1), 0);
    ::getsockname(m_tcp.get(), reinterpret_cast<sockaddr*>(&address), &size);
    m_port = ntohs(address.sin_port);

    const auto listenLocal = [](UniqueFd& socket, const std::string& name, bool abstract) {
        socket.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un local{};
        local.sun_family = AF_UNIX;
        std::copy(name.begin(), name.end(), local.sun_path + (abstract ? 1 : 0));
        const auto length =
            static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + 1);
        return ::bind(socket.get(), reinterpret_cast<sockaddr*>(&local), length) == 0 &&
               ::listen(socket.get(), 1) == 0;
    };
    QVERIFY(listenLocal(m_abstract, m_word, true));
    QVERIFY(listenLocal(m_file, m_host.path().toStdString() + "/socket", false));
}

// The host's programs, so that Python can make the attempts, in a root that is not the host's.
void SandboxEscapeTest::makeImage()
{
    namespace fs = std::filesystem;
    const fs::path root = m_image.path().toStdString();
    fs::permissions(root, fs::perms(0755));
    for (const char* directory : {"proc", "dev", "tmp", "sys/fs/cgroup", "etc", "usr", "var/task"})
        fs::create_directories(root / directory);
    for (const char* file : {"etc/hosts", "etc/hostname", "etc/resolv.conf"})
        std::ofstream(root / file);
    for (const char* name : {"bin", "lib", "lib64"})
        if (fs::exists(fs::path("/usr") / name))
            fs::create_symlink(std::string("usr/") + name, root / name);
    fs::create_directory(root / "private");
    fs::permissions(root / "private", fs::perms(0700));
    std::ofstream(root / "marker") << "image";
}

std::unique_ptr<Running> SandboxEscapeTest::makeSnapshot(bool flawed)
{
    Spec spec = pythonSpec(snapshotCode, flawed ? std::vector<std::string>{"flawed"}
                                                : std::vector<std::string>{});
    spec.snapshot = true;
    spec.mounts = {{GANTRY_SOURCE_DIR "/resources/runtimes/python", "/var/runtime"}};
    return run(*m_fixture, spec);
}

void SandboxEscapeTest::attempt_data()
{
    QTest::addColumn<Place>("place");
    QTest::addColumn<QString>("code");
    const auto rows = [this](const char* suffix, Place place) {
        for (const Attempt& attempt : attempts) {
            const std::string name = attempt.name;
            if (name == "setns" && place == Place::Snapshot)
                continue; // see attemptsWithSetns
            // A raw socket reaches no further than the sandbox's own loopback.
            if (place == Place::Flawed && (name == "setns" || name == "any privilege" ||
                                           name == "sniff packets"))
                continue;
            QTest::newRow((name + suffix).c_str()) << place << QString(attempt.code);
        }
        if (place == Place::Snapshot || place == Place::Flawed)
            for (const Attempt& attempt : attemptsWithSetns)
                QTest::newRow((attempt.name + std::string(suffix)).c_str())
                    << place << QString(attempt.code);
    };
    rows("", Place::Ordinary);
    rows(" (image)", Place::Image);
    QTest::newRow("the image is the root (image)")
        << Place::Image
        << QString("assert open('/marker').read() == 'image'\n"
                   "assert not os.path.exists('/etc/passwd')\n"
                   "fails(lambda: open('/marker', 'w'), errno.EROFS)\n"
                   "fails(lambda: open('/new', 'w'), errno.EROFS)\n") +
               // Where only one user can be mapped, the image's files are that one's.
               QString(::geteuid() == 0 ? "fails(lambda: os.listdir('/private'), errno.EACCES)"
                                        : "");
    if (!m_snapshot)
        return;
    rows(" (snapshot)", Place::Snapshot);
    rows(" (restored)", Place::Restored);
    rows(" (restored, flawed)", Place::Flawed);
    QTest::newRow("the flawed one does have capabilities")
        << Place::Flawed
        << QString("status = dict(l.split(':', 1) for l in open('/proc/self/status'))\n"
                   "assert int(status['CapEff'], 16) != 0");
}

std::unique_ptr<Running> SandboxEscapeTest::make(Place place, const std::string& code)
{
    const std::vector<std::string> arguments = {std::to_string(m_victimPid),
                                                std::to_string(m_port),
                                                m_host.path().toStdString(), m_word};
    Spec spec = pythonSpec(code, arguments);
    spec.limits.processes = 64;
    spec.mounts = {{m_code.path().toStdString(), "/var/task"}};
    if (place == Place::Image) {
        spec.root = m_image.path().toStdString();
        spec.mounts.push_back({"/usr", "/usr"});
    }
    spec.snapshot = place == Place::Snapshot;
    if (place == Place::Restored || place == Place::Flawed) {
        spec.origin = (place == Place::Flawed ? m_flawed : m_snapshot)->sandbox->snapshotId();
        spec.env = {"CODE=" + QByteArray::fromStdString(code).toBase64().toStdString(),
                    "ARGUMENTS=" + arguments[0] + "|" + arguments[1] + "|" + arguments[2] + "|" +
                        arguments[3]};
    }
    return runToEnd(*m_fixture, spec);
}

void SandboxEscapeTest::attempt()
{
    QFETCH(Place, place);
    QFETCH(QString, code);
#ifndef __x86_64__
    if (code.startsWith("refused("))
        QSKIP("The numbers of the system calls are those of x86-64");
#endif
    // The snapshot's own descriptor is the one that it is asked for copies by.
    const std::string setUp =
        place == Place::Snapshot ? "os.close(int(os.environ['GANTRY_SNAPSHOT_SOCKET']))\n" : "";
    const auto run = make(place, prelude + setUp + code.toStdString() + "\nprint('blocked', flush=True)");
    QVERIFY(run);
    const bool blocked = run->out == "blocked\n";
    m_table += QString("  %1 %2\n")
                   .arg(QTest::currentDataTag(), -55)
                   .arg(blocked ? "blocked" : "NOT BLOCKED")
                   .toStdString();
    QVERIFY2(blocked, (run->out + run->err).c_str());
    QVERIFY(!m_victim->exit); // whatever was tried, the neighbour lives
    QCOMPARE(::kill(m_victimPid, 0), 0);
}

void SandboxEscapeTest::cleanupTestCase()
{
    std::printf("\nFrom inside a sandbox:\n%s", m_table.c_str());
}

QTEST_GUILESS_MAIN(SandboxEscapeTest)
#include "sandbox_escape_test.moc"
