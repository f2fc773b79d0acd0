#include "gantry/v1/platform.pb.h"
#include "tests/support/grpc_server.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/platform_api.h"
#include "ui/rpc/version.h"
#include "ui/shell/backend_process.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <unistd.h>

using namespace gantry;
using ui::BackendProcess;
using State = BackendProcess::State;

namespace {

constexpr int kWaitMs = 30000;

test::Reply platformReply(int apiLevel)
{
    v1::PlatformInfo info;
    info.set_version("0.0.9");
    info.set_api_level(apiLevel);
    info.set_process_id(::getpid());
    return {{info.SerializeAsString()}, {}, {}, false};
}

// Of a daemon that this console works with.
test::Reply presentPlatform(const std::string&)
{
    return platformReply(rpc::kNeededApiLevel);
}

std::string valueOf(int argc, char** argv, const char* option)
{
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::string(argv[i]) == option)
            return argv[i + 1];
    }
    return {};
}

// This program as a daemon: it is started with gantryd's own options and answers as one, so that the
// console's side meets a real process. A file in the data directory tells it how to behave.
int daemonMain(int argc, char** argv)
{
    const std::string data = valueOf(argc, argv, "--data-dir");
    const std::string address = valueOf(argc, argv, "--aws");
    const std::string socket = valueOf(argc, argv, "--grpc").substr(5);
    if (::access((data + "/port-taken").c_str(), F_OK) == 0 && address != "127.0.0.1:0") {
        std::fprintf(stderr, "gantryd: Another program listens on %s already.\n", address.c_str());
        return 1;
    }
    if (::access((data + "/broken").c_str(), F_OK) == 0) {
        std::fprintf(stderr, "first line\nthe database is damaged\n");
        return 3;
    }
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stops, nullptr);  // before gRPC makes its threads
    test::GrpcServer server(socket);
    server.on("/gantry.v1.Platform/GetPlatform", presentPlatform);
    if (!server.start())
        return 1;
    int signal = 0;
    sigwait(&stops, &signal);
    return 0;
}

} // namespace

// Starting, finding, losing and stopping the platform's process.
class BackendProcessTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_config.program = QCoreApplication::applicationFilePath();
        m_config.dataDirectory = m_dir->filePath(QStringLiteral("data"));
        m_config.awsAddress = QStringLiteral("127.0.0.1:4566");
        m_config.socketPath = m_dir->filePath(QStringLiteral("d.sock"));
        QDir().mkpath(m_config.dataDirectory);
        m_channel = std::make_unique<rpc::Channel>();
        m_api = std::make_unique<rpc::PlatformApi>(*m_channel);
        make();
    }
    void cleanup()
    {
        m_backend.reset();
        m_api.reset();
        m_channel.reset();
    }

    void startsOneWhereNoneAnswers()
    {
        QSignalSpy identified(m_backend.get(), &BackendProcess::identified);
        m_backend->ensureRunning();
        QCOMPARE(m_backend->state(), State::Starting);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Running, kWaitMs);
        QVERIFY(m_backend->isOurs());
        QTRY_COMPARE_WITH_TIMEOUT(identified.count(), 1, kWaitMs);
    }

    void usesOneThatRunsAndLeavesItAlone()
    {
        test::GrpcServer other(m_config.socketPath.toStdString());
        other.on("/gantry.v1.Platform/GetPlatform", presentPlatform);
        QVERIFY(other.start());
        m_backend->ensureRunning();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Running, kWaitMs);
        QVERIFY(!m_backend->isOurs());
        m_backend.reset();
        QVERIFY(QFile::exists(m_config.socketPath));
    }

    void startsItsOwnWhenTheOtherGoes()
    {
        auto other = std::make_unique<test::GrpcServer>(m_config.socketPath.toStdString());
        other->on("/gantry.v1.Platform/GetPlatform", presentPlatform);
        QVERIFY(other->start());
        m_backend->ensureRunning();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Running, kWaitMs);
        QSignalSpy states(m_backend.get(), &BackendProcess::stateChanged);
        other.reset();
        QTRY_VERIFY_WITH_TIMEOUT(m_backend->state() == State::Running && m_backend->isOurs(), kWaitMs);
        QCOMPARE(states.constFirst().constFirst().value<State>(), State::Waiting);
    }

    void startsItAgainWhenItDies()
    {
        const qint64 first = startedPid();
        QSignalSpy states(m_backend.get(), &BackendProcess::stateChanged);
        QCOMPARE(::kill(pid_t(first), SIGKILL), 0);
        QTRY_VERIFY_WITH_TIMEOUT(!states.isEmpty(), kWaitMs);
        QCOMPARE(states.constFirst().constFirst().value<State>(), State::Waiting);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Running, kWaitMs);
        QVERIFY(m_channel->isConnected());
        QVERIFY(pid() != first);
    }

    void tellsAnOlderOne_data()
    {
        QTest::addColumn<int>("apiLevel");
        QTest::addColumn<bool>("answers");
        QTest::newRow("lower level") << rpc::kNeededApiLevel - 1 << true;
        QTest::newRow("knows no GetPlatform") << 0 << false;
    }
    void tellsAnOlderOne()
    {
        QFETCH(int, apiLevel);
        QFETCH(bool, answers);
        auto old = std::make_unique<test::GrpcServer>(m_config.socketPath.toStdString());
        test::GrpcServer* server = old.get();
        std::atomic<bool> asked = false;
        if (answers) {
            server->on("/gantry.v1.Platform/GetPlatform",
                       [apiLevel](const std::string&) { return platformReply(apiLevel); });
        }
        server->on("/gantry.v1.Platform/Shutdown", [&](const std::string&) {
            asked = true;
            return test::Reply{{v1::ShutdownResponse().SerializeAsString()}, {}, {}, false};
        });
        QVERIFY(old->start());
        QSignalSpy outdated(m_backend.get(), &BackendProcess::outdated);
        m_backend->ensureRunning();
        QTRY_COMPARE_WITH_TIMEOUT(outdated.count(), 1, kWaitMs);

        // The button beside the message: the old one is asked to go, then ours starts.
        m_backend->restart();
        QTRY_VERIFY_WITH_TIMEOUT(asked.load(), kWaitMs);
        old.reset();
        QTRY_VERIFY_WITH_TIMEOUT(m_backend->state() == State::Running && m_backend->isOurs(), kWaitMs);
        QCOMPARE(outdated.count(), 1);
    }

    void restartsAndStopsItsOwn()
    {
        const qint64 first = startedPid();
        m_backend->restart();
        QTRY_VERIFY_WITH_TIMEOUT(m_backend->state() == State::Running && pid() != first, kWaitMs);
        m_backend->stop();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Stopped, kWaitMs);
        QVERIFY(!m_backend->isOurs());
        QTRY_VERIFY_WITH_TIMEOUT(!m_channel->isConnected(), kWaitMs);
    }

    void saysWhyItDidNotStart()
    {
        touch("broken");
        m_backend->ensureRunning();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Failed, kWaitMs);
        QCOMPARE(m_backend->problem().log,
                 QStringList({QStringLiteral("first line"), QStringLiteral("the database is damaged")}));
        QVERIFY(m_backend->problem().advice.contains(QLatin1String("code 3")));
        QVERIFY(!m_backend->problem().portInUse);

        QVERIFY(QFile::remove(m_config.dataDirectory + QStringLiteral("/broken")));
        m_backend->ensureRunning();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Running, kWaitMs);
    }

    void offersAFreePort()
    {
        touch("port-taken");
        m_backend->ensureRunning();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Failed, kWaitMs);
        QVERIFY(m_backend->problem().portInUse);
        QVERIFY(m_backend->problem().title.contains(QLatin1String("4566")));
        m_backend->startOnFreePort();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Running, kWaitMs);
    }

    void saysThatThereIsNoProgram()
    {
        m_config.program = m_dir->filePath(QStringLiteral("nothing"));
        make();
        m_backend->ensureRunning();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), State::Failed, kWaitMs);
        QVERIFY(m_backend->problem().advice.contains(m_config.program));
    }

    void endsItWithTheConsoleUnlessToldOtherwise_data()
    {
        QTest::addColumn<bool>("keep");
        QTest::newRow("ends") << false;
        QTest::newRow("stays") << true;
    }
    void endsItWithTheConsoleUnlessToldOtherwise()
    {
        QFETCH(bool, keep);
        const pid_t daemon = pid_t(startedPid());
        m_backend->setKeepRunning(keep);
        m_backend.reset();
        QCOMPARE(::kill(daemon, 0) == 0, keep);
        if (keep)
            ::kill(daemon, SIGTERM);
    }

private:
    void make() { m_backend = std::make_unique<BackendProcess>(*m_channel, *m_api, m_config); }
    void touch(const char* name)
    {
        QFile file(m_config.dataDirectory + QLatin1Char('/') + QLatin1String(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    // The process that answers now; 0 when none does.
    qint64 pid()
    {
        std::optional<rpc::Result<rpc::PlatformInfo>> result;
        m_api->getPlatform(this, [&](const auto& r) { result = r; });
        return QTest::qWaitFor([&] { return result.has_value(); }, kWaitMs) && *result
                   ? (*result)->processId
                   : 0;
    }
    qint64 startedPid()
    {
        m_backend->ensureRunning();
        return QTest::qWaitFor([&] { return m_backend->state() == State::Running; }, kWaitMs) ? pid()
                                                                                              : 0;
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    BackendProcess::Config m_config;
    std::unique_ptr<rpc::Channel> m_channel;
    std::unique_ptr<rpc::PlatformApi> m_api;
    std::unique_ptr<BackendProcess> m_backend;
};

int main(int argc, char** argv)
{
    if (!valueOf(argc, argv, "--data-dir").empty())
        return daemonMain(argc, argv);
    QCoreApplication application(argc, argv);
    BackendProcessTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "backend_process_test.moc"
