// A daemon with running sandboxes is killed: what is left of it, and how the next one fares.
#include "tests/support/sandbox_fixture.h"

#include <QFile>
#include <QProcess>
#include <QTest>

#include <csignal>

using namespace gantry;
using namespace gantry::sandbox;
using namespace gantry::test;

class SandboxKillTest final : public QObject {
    Q_OBJECT

private slots:
    void killedDaemonLeavesNothing_data();
    void killedDaemonLeavesNothing();
    void nextDaemonKeepsItsCgroups();

private:
    void startDaemon(QProcess& daemon, const QTemporaryDir& state, const std::string& instance);
};

void SandboxKillTest::startDaemon(QProcess& daemon, const QTemporaryDir& state,
                                  const std::string& instance)
{
    daemon.start(
        GANTRY_BINARY_DIR "/tests/sandbox_daemon",
        {QString::fromStdString(launcherPath()), state.path(), QString::fromStdString(instance)});
    QByteArray said;
    QTRY_VERIFY_WITH_TIMEOUT((said += daemon.readAllStandardOutput()).contains("ready"), 20'000);
}

void SandboxKillTest::killedDaemonLeavesNothing_data()
{
    QTest::addColumn<bool>("launcherToo");
    QTest::newRow("the daemon") << false;
    QTest::newRow("daemon and launcher") << true;
}

void SandboxKillTest::killedDaemonLeavesNothing()
{
    QFETCH(bool, launcherToo);
    QTemporaryDir state;
    const std::string instance = newInstance();
    QProcess daemon;
    startDaemon(daemon, state, instance);
    QVERIFY(processesWith(instance) >= 3); // the daemon and two programs
    const pid_t launcher = launcherOf(static_cast<pid_t>(daemon.processId()));
    QVERIFY(launcher > 0);
    if (launcherToo)
        ::kill(launcher, SIGKILL);
    daemon.kill();
    QVERIFY(daemon.waitForFinished());
    if (launcherToo) {
        // Nobody was left to clean up; the next daemon of that instance does.
        SandboxFixture fixture;
        fixture.engine = absl::UnknownError("another");
        fixture.options.instance = instance;
        fixture.engine = makeEngine(fixture.io, fixture.options);
        REQUIRE_ENGINE(fixture);
        const auto run = runToEnd(fixture, programSpec({"/bin/true"}));
        QVERIFY(run);
    }
    QTRY_COMPARE_WITH_TIMEOUT(processesWith(instance), 0, 20'000);
    QTRY_COMPARE_WITH_TIMEOUT(cgroupsOf(instance).size(), std::size_t(0), 20'000);
}

// The launcher of a killed daemon ends while the next daemon already works under the same instance.
void SandboxKillTest::nextDaemonKeepsItsCgroups()
{
    QTemporaryDir state;
    const std::string instance = newInstance();
    QProcess daemon;
    startDaemon(daemon, state, instance);
    const pid_t launcher = launcherOf(static_cast<pid_t>(daemon.processId()));
    QVERIFY(launcher > 0);
    ::kill(launcher, SIGSTOP);
    daemon.kill();
    QVERIFY(daemon.waitForFinished());
    {
        SandboxFixture fixture;
        fixture.engine = absl::UnknownError("another");
        fixture.options.instance = instance;
        fixture.options.preparedSandboxes = 0; // the directories are empty until something starts
        fixture.engine = makeEngine(fixture.io, fixture.options);
        REQUIRE_ENGINE(fixture);
        ::kill(launcher, SIGCONT);
        const auto launcherRuns = [launcher] { // a zombie has no command line
            QFile command(QStringLiteral("/proc/%1/cmdline").arg(launcher));
            return command.open(QIODevice::ReadOnly) && !command.readAll().isEmpty();
        };
        QTRY_VERIFY_WITH_TIMEOUT(!launcherRuns(), 20'000);
        const auto run = runToEnd(fixture, programSpec({"/bin/true"}));
        QVERIFY(run);
        QCOMPARE(run->exit->value, 0);
    }
    QTRY_COMPARE_WITH_TIMEOUT(cgroupsOf(instance).size(), std::size_t(0), 20'000);
}

QTEST_GUILESS_MAIN(SandboxKillTest)
#include "sandbox_kill_test.moc"
