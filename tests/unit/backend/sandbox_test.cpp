#include "backend/sandbox/cgroups.h"
#include "backend/sandbox/host_files.h"
#include "backend/sandbox/launcher/protocol.h"
#include "backend/sandbox/probe.h"
#include "tests/support/sandbox_fixture.h"

#include <QTest>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/socket.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::sandbox;
using namespace gantry::test;

Q_DECLARE_METATYPE(gantry::sandbox::Exit::Kind)

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// A launcher without any capability, as on a host that grants no namespaces.
std::string powerlessLauncher(const QTemporaryDir& directory)
{
    const std::string path = directory.path().toStdString() + "/launcher";
    std::ofstream(path)
        << "#!/bin/sh\nexec /usr/bin/setpriv --bounding-set=-all --inh-caps=-all -- "
        << launcherPath() << " \"$@\"\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
}

bool enforces(const SandboxFixture& fixture, const std::string& id)
{
    for (const Capability& capability : (*fixture.engine)->capabilities())
        if (capability.id == id)
            return capability.state == Capability::State::Available;
    return false;
}

} // namespace

class SandboxTest final : public QObject {
    Q_OBJECT

private slots:
    void ends_data();
    void ends();
    void environmentIsOnlyWhatWasGiven();
    void startFailuresSayWhy_data();
    void startFailuresSayWhy();
    void mountsAreReadOnly();
    void temporaryFilesAreBounded();
    void listenerIsReachableFromInside();
    void serviceListenersAreThereFromTheStart();
    void terminateReachesTheProgram();
    void freezeStopsProgress();
    void cpuLimitThrottles();
    void usageIsMeasured();
    void preparedSandboxesServeStarts();
    void destroyingLeavesNothing();
    void killedLauncherIsReplaced();
    void processEngineOnlyWhenAllowed();
    void runtimesStart_data();
    void runtimesStart();
    void hostGapsAreExplained_data();
    void hostGapsAreExplained();
    void cpuShare_data();
    void cpuShare();
    void packetsAreBoundsChecked();
};


void SandboxTest::ends_data()
{
    QTest::addColumn<QString>("code");
    QTest::addColumn<Exit::Kind>("kind");
    QTest::addColumn<int>("value");
    QTest::newRow("success") << "print('x')" << Exit::Kind::Exited << 0;
    QTest::newRow("status") << "raise SystemExit(7)" << Exit::Kind::Exited << 7;
    QTest::newRow("abort") << "import os; os.abort()" << Exit::Kind::Signalled << SIGABRT;
    QTest::newRow("own SIGKILL") << "import os; os.kill(os.getpid(), 9)" << Exit::Kind::Signalled
                                 << SIGKILL;
    QTest::newRow("out of memory")
        << "x = bytearray(400 << 20)" << Exit::Kind::OutOfMemory << SIGKILL;
    QTest::newRow("child left behind")
        << "import os, time\nif os.fork() == 0: time.sleep(1000)\nraise SystemExit(3)"
        << Exit::Kind::Exited << 3;
}

void SandboxTest::ends()
{
    QFETCH(QString, code);
    QFETCH(Exit::Kind, kind);
    QFETCH(int, value);
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    if (kind == Exit::Kind::OutOfMemory && !enforces(fixture, "cgroup-memory"))
        QSKIP("This host lets the user have no cgroup for it");
    const auto run = runToEnd(fixture, pythonSpec(code.toStdString()));
    QVERIFY(run && run->exit);
    QCOMPARE(run->exit->kind, kind);
    QCOMPARE(run->exit->value, value);
}

void SandboxTest::environmentIsOnlyWhatWasGiven()
{
    qputenv("GANTRY_TEST_SECRET", "1");
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    Spec spec = programSpec({"/usr/bin/env"});
    spec.env = {"ONE=1", "TWO=a b"};
    const auto run = runToEnd(fixture, spec);
    QVERIFY(run);
    QCOMPARE(run->out, std::string("ONE=1\nTWO=a b\nAWS_LAMBDA_RUNTIME_API=127.0.0.1:9001\n"));
    QCOMPARE(run->sandbox->runtimeApiAddress(), std::string("127.0.0.1:9001"));
}

void SandboxTest::startFailuresSayWhy_data()
{
    QTest::addColumn<QString>("program");
    QTest::addColumn<QString>("directory");
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("words");
    QTest::newRow("program") << "/var/task/bootstrap"
                             << "/"
                             << "/usr"
                             << "execute /var/task/boot";
    QTest::newRow("directory") << "/bin/true"
                               << "/nowhere"
                               << "/usr"
                               << "enter the working directory /nowhere";
    QTest::newRow("source") << "/bin/true"
                            << "/"
                            << "/no/source"
                            << "find /no/source";
}

void SandboxTest::startFailuresSayWhy()
{
    QFETCH(QString, program);
    QFETCH(QString, directory);
    QFETCH(QString, source);
    QFETCH(QString, words);
    SandboxFixture fixture(1);
    REQUIRE_ENGINE(fixture);
    Spec spec = programSpec({program.toStdString()});
    spec.workingDirectory = directory.toStdString();
    spec.mounts = {{source.toStdString(), "/opt/mounted"}};
    const auto started = fixture.start(spec);
    QVERIFY(!started.ok());
    QVERIFY2(contains(std::string(started.status().message()), words.toStdString()),
             std::string(started.status().message()).c_str());
    QVERIFY(runToEnd(fixture, programSpec({"/bin/true"}))->exit); // the engine goes on
}

void SandboxTest::mountsAreReadOnly()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    QTemporaryDir code;
    std::ofstream(code.filePath("data.txt").toStdString()) << "content";
    std::filesystem::permissions(code.path().toStdString(), std::filesystem::perms(0755));
    Spec spec = pythonSpec("import os\n"
                           "print(open('/var/task/data.txt').read(), os.getcwd())\n"
                           "for path in ('/var/task/data.txt', '/var/task/new', '/etc/passwd',"
                           " '/new', '/usr/new'):\n"
                           "    try: open(path, 'w'); print('WROTE', path)\n"
                           "    except OSError as e: pass\n");
    spec.mounts = {{code.path().toStdString(), "/var/task"}};
    spec.workingDirectory = "/var/task";
    const auto run = runToEnd(fixture, spec);
    QVERIFY(run);
    QCOMPARE(run->out, std::string("content /var/task\n"));
}

void SandboxTest::temporaryFilesAreBounded()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    Spec spec = pythonSpec("import errno\n"
                           "size = count = 0\n"
                           "try:\n"
                           "    with open('/tmp/big', 'wb', 0) as f:\n"
                           "        while True: size += f.write(bytes(1 << 16))\n"
                           "except OSError as e: print(size, e.errno == errno.ENOSPC)\n"
                           "open('/tmp/big', 'wb').close()\n"
                           "try:\n"
                           "    while True: open(f'/tmp/{count}', 'w').close(); count += 1\n"
                           "except OSError as e: print(count < 20000, e.errno == errno.ENOSPC)\n");
    spec.limits.tmpBytes = 16 << 20;
    const auto run = runToEnd(fixture, spec);
    QVERIFY(run);
    QCOMPARE(run->out, std::string("16777216 True\nTrue True\n"));
}

void SandboxTest::listenerIsReachableFromInside()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    Spec spec = pythonSpec("import os, socket\n"
                           "host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')\n"
                           "s = socket.create_connection((host, int(port)))\n"
                           "s.sendall(b'hello'); print(s.recv(100).decode())\n");
    spec.runtimeApiPort = 9123;
    const auto run = test::run(fixture, spec);
    QVERIFY(run);
    const UniqueFd listener = run->sandbox->takeRuntimeApiListener();
    QVERIFY(!run->sandbox->takeRuntimeApiListener());
    UniqueFd connection;
    QVERIFY(fixture.waitFor([&] {
        connection.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
        return static_cast<bool>(connection);
    }));
    char buffer[16] = {};
    QVERIFY(fixture.waitFor([&] { return ::read(connection.get(), buffer, 15) == 5; }));
    QCOMPARE(std::string(buffer), std::string("hello"));
    QCOMPARE(::write(connection.get(), "welcome", 7), ssize_t(7));
    QVERIFY(fixture.waitFor([&] { return run->exit.has_value(); }));
    run->read();
    QCOMPARE(run->out, std::string("welcome\n"));
}

void SandboxTest::serviceListenersAreThereFromTheStart()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    Spec spec = pythonSpec("import socket\n"
                           "for port in (4566, 2773): socket.create_connection(('127.0.0.1', port))\n"
                           "udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                           "udp.sendto(b'a datagram', ('127.0.0.1', 2000))\n"
                           "print('connected')\n");
    spec.servicePorts = {4566, 2773};
    spec.datagramPorts = {2000};
    const auto run = test::run(fixture, spec);
    QVERIFY(run);
    const std::vector<UniqueFd> listeners = run->sandbox->takeServiceListeners();
    QCOMPARE(listeners.size(), std::size_t{3});
    QVERIFY(run->sandbox->takeServiceListeners().empty());
    for (std::size_t i = 0; i < 2; ++i) {
        UniqueFd connection;
        QVERIFY(fixture.waitFor([&] {
            connection.reset(::accept4(listeners[i].get(), nullptr, nullptr, SOCK_NONBLOCK));
            return static_cast<bool>(connection);
        }));
    }
    std::string datagram(64, '\0');
    QVERIFY(fixture.waitFor([&] {
        const ssize_t size = ::recv(listeners[2].get(), datagram.data(), datagram.size(), 0);
        return size >= 0 && (datagram.resize(static_cast<std::size_t>(size)), true);
    }));
    QCOMPARE(datagram, std::string("a datagram"));
    QVERIFY(fixture.waitFor([&] { return run->exit.has_value(); }));
    run->read();
    QCOMPARE(run->out, std::string("connected\n"));
}

void SandboxTest::terminateReachesTheProgram()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    const auto run = test::run(fixture, programSpec({"/bin/sleep", "1000"}));
    QVERIFY(run);
    run->sandbox->terminate();
    QVERIFY(fixture.waitFor([&] { return run->exit.has_value(); }));
    QCOMPARE(run->exit->kind, Exit::Kind::Signalled);
    QCOMPARE(run->exit->value, SIGTERM);
}

void SandboxTest::freezeStopsProgress()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    const auto run = test::run(fixture, pythonSpec("import time\n"
                                                   "while True: print('.', end='', flush=True);"
                                                   " time.sleep(0.002)\n"));
    QVERIFY(run);
    const auto grows = [&](int milliseconds) {
        const std::size_t before = run->out.size();
        return fixture.waitFor(
            [&] {
                run->read();
                return run->out.size() > before + 5;
            },
            milliseconds);
    };
    QVERIFY(grows(20'000));
    run->sandbox->freeze();
    QTest::qWait(100); // what was on its way
    run->read();
    QVERIFY(!grows(300));
    run->sandbox->thaw();
    QVERIFY(grows(20'000));
    run->sandbox->freeze();
    run->sandbox->kill(); // the frozen die as well
    QVERIFY(fixture.waitFor([&] { return run->exit.has_value(); }));
    QCOMPARE(run->exit->value, SIGKILL);
}

void SandboxTest::cpuLimitThrottles()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    if (!enforces(fixture, "cgroup-cpu"))
        QSKIP("This host lets the user have no cgroup for it");
    Spec spec = pythonSpec("print('go', flush=True)\nwhile True: pass\n");
    spec.limits.vcpus = 0.1;
    const auto run = test::run(fixture, spec);
    QVERIFY(run);
    QVERIFY(fixture.waitFor([&] {
        run->read();
        return !run->out.empty();
    }));
    run->sandbox->limitCpu(true);
    const std::int64_t before = run->sandbox->usage().cpuMicros;
    QTest::qWait(1000);
    const std::int64_t limited = run->sandbox->usage().cpuMicros - before;
    QVERIFY2(limited < 300'000, std::to_string(limited).c_str());
    run->sandbox->limitCpu(false);
    QVERIFY(fixture.waitFor(
        [&] { return run->sandbox->usage().cpuMicros - before > limited + 500'000; }));
}

void SandboxTest::usageIsMeasured()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    if (!enforces(fixture, "cgroup-memory"))
        QSKIP("This host lets the user have no cgroup for it");
    const auto run = runToEnd(fixture, pythonSpec("x = b'1' * (100 << 20)\ndel x"));
    QVERIFY(run);
    const Usage usage = run->sandbox->usage();
    QVERIFY(usage.memoryPeakBytes > 100 << 20);
    QCOMPARE(run->sandbox->memoryPeakBytes(), usage.memoryPeakBytes);
    QVERIFY(usage.memoryBytes < usage.memoryPeakBytes);
    QVERIFY(usage.cpuMicros > 0);
}

void SandboxTest::preparedSandboxesServeStarts()
{
    SandboxFixture fixture(3);
    REQUIRE_ENGINE(fixture);
    std::vector<std::unique_ptr<Running>> all;
    for (int i = 0; i < 8; ++i)
        all.push_back(
            test::run(fixture, pythonSpec("import sys; print(sys.argv[1])", {std::to_string(i)})));
    for (int i = 0; i < 8; ++i) {
        QVERIFY(fixture.waitFor([&] { return all[i]->exit.has_value(); }));
        all[i]->read();
        QCOMPARE(all[i]->out, std::to_string(i) + "\n");
    }
}

void SandboxTest::destroyingLeavesNothing()
{
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    const std::string mark = "mark-" + newInstance();
    auto run = test::run(fixture, programSpec({"/bin/sh", "-c", "sleep 1000 & sleep 1000", mark}));
    QVERIFY(run);
    QVERIFY(fixture.waitFor([&] { return processesWith(mark) == 1; }));
    const std::size_t inUse = cgroupsOf(fixture.options.instance).size();
    run.reset();
    QVERIFY(fixture.waitFor([&] { return processesWith(mark) == 0; }));
    QVERIFY(inUse == 0 || fixture.waitFor([&] {
        return cgroupsOf(fixture.options.instance).size() <= inUse / 2; // the parents stay
    }));
    fixture.engine = absl::UnknownError("gone");
    QCOMPARE(cgroupsOf(fixture.options.instance).size(), std::size_t(0));
}

void SandboxTest::killedLauncherIsReplaced()
{
    SandboxFixture fixture(1);
    REQUIRE_ENGINE(fixture);
    const std::string mark = "mark-" + newInstance();
    const auto run = test::run(fixture, programSpec({"/bin/sh", "-c", "sleep 1000; true", mark}));
    QVERIFY(run);
    const pid_t launcher = launcherOf(::getpid());
    QVERIFY(launcher > 0);
    ::kill(launcher, SIGKILL);
    QVERIFY(fixture.waitFor([&] { return run->exit.has_value(); }));
    QCOMPARE(run->exit->value, SIGKILL);
    QVERIFY(fixture.waitFor([&] { return processesWith(mark) == 0; }));
    const auto next = runToEnd(fixture, programSpec({"/bin/echo", "again"}));
    QVERIFY(next);
    QCOMPARE(next->out, std::string("again\n"));
    QVERIFY(launcherOf(::getpid()) != launcher);
}

void SandboxTest::processEngineOnlyWhenAllowed()
{
    if (::geteuid() != 0)
        QSKIP("Only root can make a launcher without rights here");
    QTemporaryDir directory;
    SandboxFixture fixture(0, powerlessLauncher(directory));
    QVERIFY(!fixture.engine.ok());
    const std::string words(fixture.engine.status().message());
    QVERIFY2(contains(words, "cannot be isolated") && contains(words, "CAP_SYS_ADMIN"),
             words.c_str());
    QCOMPARE(cgroupsOf(fixture.options.instance).size(), std::size_t(0));

    fixture.options.allowProcessEngine = true;
    fixture.engine = makeEngine(fixture.io, fixture.options);
    REQUIRE_ENGINE(fixture);
    QCOMPARE(std::string((*fixture.engine)->name()), std::string("process"));
    std::ofstream(directory.filePath("main.py").toStdString())
        << "import os, subprocess\nprint(os.environ['TASK'])\n"
           "subprocess.Popen(['/bin/sleep', '1000'], start_new_session=True)\n"
           "print(os.environ['AWS_LAMBDA_RUNTIME_API'])\n";
    Spec spec = programSpec({"/usr/bin/python3", "/var/task/main.py"});
    spec.env.push_back("TASK=/opt:/var/task/lib:/var/tasks");
    spec.mounts = {{directory.path().toStdString(), "/var/task"}};
    spec.workingDirectory = "/var/task";
    const auto run = runToEnd(fixture, spec);
    QVERIFY(run);
    const std::string task = directory.path().toStdString();
    QCOMPARE(run->out,
             "/opt:" + task + "/lib:/var/tasks\n" + run->sandbox->runtimeApiAddress() + "\n");
    QVERIFY(run->sandbox->runtimeApiAddress() != "127.0.0.1:9001");
    QCOMPARE(run->exit->value, 0); // reported only after what it left behind was killed

    const auto endless = test::run(fixture, programSpec({"/bin/sh", "-c", "sleep 1000; true"}));
    QVERIFY(endless);
    endless->sandbox->kill();
    QVERIFY(fixture.waitFor([&] { return endless->exit.has_value(); }));
    QCOMPARE(endless->exit->value, SIGKILL);
    endless->sandbox.reset();
    run->sandbox.reset();
    fixture.engine = absl::UnknownError("gone");
    QCOMPARE(cgroupsOf(fixture.options.instance).size(), std::size_t(0));
}

void SandboxTest::runtimesStart_data()
{
    QTest::addColumn<QString>("program");
    QTest::addColumn<QString>("option");
    QTest::addColumn<QString>("code");
    QTest::newRow("python") << "/usr/bin/python3"
                            << "-c"
                            << "import threading, ssl, subprocess\n"
                               "t = threading.Thread(target=lambda: None); t.start(); t.join()\n"
                               "subprocess.run(['/bin/true'], check=True)\nprint('ok')";
    QTest::newRow("node") << "/usr/bin/node"
                          << "-e"
                          << "const os = require('os'), fs = require('fs');"
                             "os.userInfo(); os.networkInterfaces(); os.cpus();"
                             "new (require('worker_threads').Worker)('1', {eval: true})"
                             ".on('exit', () => fs.readFile('/etc/hosts', () => "
                             "console.log('ok')))";
    QTest::newRow("java") << "/usr/bin/java"
                          << "--version"
                          << "";
}

void SandboxTest::runtimesStart()
{
    QFETCH(QString, program);
    QFETCH(QString, option);
    QFETCH(QString, code);
    if (!QFile::exists(program))
        QSKIP("This machine does not have it");
    SandboxFixture fixture;
    REQUIRE_ENGINE(fixture);
    Spec spec = programSpec({program.toStdString(), option.toStdString()});
    if (!code.isEmpty())
        spec.argv.push_back(code.toStdString());
    const auto run = runToEnd(fixture, spec);
    QVERIFY(run);
    QVERIFY2(run->exit->kind == Exit::Kind::Exited && run->exit->value == 0, run->err.c_str());
    QVERIFY(contains(run->out, code.isEmpty() ? "openjdk" : "ok"));
}

void SandboxTest::hostGapsAreExplained_data()
{
    QTest::addColumn<QString>("failing");
    QTest::addColumn<bool>("root");
    QTest::addColumn<QString>("id");
    QTest::addColumn<int>("state");
    QTest::addColumn<QString>("remedy");
    const auto state = [](Capability::State value) { return static_cast<int>(value); };
    QTest::newRow("all granted") << "" << true << "user-namespaces"
                                 << state(Capability::State::Available) << "";
    QTest::newRow("no user namespaces") << "user" << false << "user-namespaces"
                                        << state(Capability::State::Missing) << "Run Gantry";
    QTest::newRow("not needed as root")
        << "user" << true << "user-namespaces" << state(Capability::State::Degraded) << "";
    QTest::newRow("no network") << "network" << true << "network-namespaces"
                                << state(Capability::State::Missing) << "CAP_SYS_ADMIN";
    QTest::newRow("no filter") << "seccomp" << true << "seccomp"
                               << state(Capability::State::Missing) << "CONFIG_SECCOMP_FILTER";
    QTest::newRow("no delegation")
        << "" << false << "cgroup-memory" << state(Capability::State::Degraded) << "Delegate=yes";
}

void SandboxTest::hostGapsAreExplained()
{
    QFETCH(QString, failing);
    QFETCH(bool, root);
    QFETCH(QString, id);
    QFETCH(int, state);
    QFETCH(QString, remedy);
    HostTest test{{"user", 0}, {"network", 0}, {"mount", 0}, {"seccomp", 0}};
    if (!failing.isEmpty())
        test[failing.toStdString()] = EPERM;
    for (const Capability& capability : describeHost(test, CgroupLayout(), root)) {
        QVERIFY(!capability.title.empty() && !capability.detail.empty());
        if (capability.state == Capability::State::Missing)
            QVERIFY(!capability.remedy.empty());
        if (capability.id != id.toStdString())
            continue;
        QCOMPARE(static_cast<int>(capability.state), state);
        QVERIFY2(contains(capability.remedy, remedy.toStdString()), capability.remedy.c_str());
    }
}

void SandboxTest::cpuShare_data()
{
    QTest::addColumn<double>("vcpus");
    QTest::addColumn<QString>("text");
    QTest::newRow("128 MB") << 128.0 / 1769.0 << "1447 20000";
    QTest::newRow("one") << 1.0 << "20000 20000";
    QTest::newRow("10240 MB") << 10240.0 / 1769.0 << "115772 20000";
    QTest::newRow("below the kernel's bound") << 0.001 << "1000 20000";
}

void SandboxTest::cpuShare()
{
    QFETCH(double, vcpus);
    QFETCH(QString, text);
    QCOMPARE(cpuMax(vcpus), text.toStdString());
    QCOMPARE(fieldOf("low 1\noom_kill 3\noom_kill_disable 7\n", "oom_kill"), 3);
    QCOMPARE(fieldOf("oom_kill_disable 7\n", "oom_kill"), 0);
}

// Every truncation and every changed byte of a message is refused or read within its bounds.
void SandboxTest::packetsAreBoundsChecked()
{
    protocol::Start start;
    start.argv = {"/bin/true", "x"};
    start.binds = {{"/a", "/b"}};
    start.settings = {{1, 1, "memory.max", "5"}};
    const std::string packet = protocol::encode(start);
    protocol::Start copy;
    QVERIFY(protocol::decode(packet, copy));
    QCOMPARE(copy.binds.at(0).target, start.binds.at(0).target);
    for (std::size_t size = 0; size < packet.size(); ++size) {
        protocol::Start cut;
        QVERIFY(!protocol::decode(packet.substr(0, size), cut));
    }
    for (std::size_t at = 0; at < packet.size(); ++at) {
        std::string changed = packet;
        changed[at] = static_cast<char>(changed[at] ^ 0xff);
        protocol::Start any;
        protocol::decode(changed, any);
        QVERIFY(any.argv.size() <= protocol::maxItems);
    }
    protocol::Release other;
    QVERIFY(!protocol::decode(packet, other));
}

QTEST_GUILESS_MAIN(SandboxTest)
#include "sandbox_test.moc"
