#include "gantry/v1/monitor.pb.h"
#include "gantry/v1/platform.pb.h"
#include "tests/support/grpc_server.h"
#include "ui/rpc/call.h"
#include "ui/rpc/platform_api.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <semaphore>

using namespace gantry;
using rpc::Channel;
using test::GrpcServer;
using test::Reply;

namespace {

constexpr int kWaitMs = 20000;
constexpr char kGetPlatform[] = "/gantry.v1.Platform/GetPlatform";
constexpr char kWatchMetrics[] = "/gantry.v1.Monitor/WatchMetrics";

std::string frame(int64_t timeMs)
{
    v1::MetricsFrame message;
    message.set_time_ms(timeMs);
    return message.SerializeAsString();
}

qint64 timeOf(const v1::MetricsFrame& message) { return message.time_ms(); }

} // namespace

// The console's side of gRPC against a real server on a real socket.
class RpcTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_socket = m_dir->filePath(QStringLiteral("d.sock"));
        m_server = std::make_unique<GrpcServer>(m_socket.toStdString());
        m_channel = std::make_unique<Channel>();
    }
    void cleanup()
    {
        m_channel.reset();
        m_server.reset();
    }

    void namesTheMethodOfARequest()
    {
        QCOMPARE(rpc::methodPath(v1::GetPlatformRequest::descriptor()), std::string(kGetPlatform));
        QVERIFY_EXCEPTION_THROWN(rpc::methodPath(v1::PlatformInfo::descriptor()), std::logic_error);
    }

    void convertsAnAnswer()
    {
        m_server->on(kGetPlatform, [](const std::string&) {
            v1::PlatformInfo info;
            info.set_version("1.2.3");
            info.set_api_level(7);
            auto* capability = info.add_capabilities();
            capability->set_id("cgroup");
            capability->set_state(v1::HostCapability::DEGRADED);
            return Reply{{info.SerializeAsString()}, {}, {}, false};
        });
        connectToServer();
        rpc::PlatformApi api(*m_channel);
        std::optional<rpc::Result<rpc::PlatformInfo>> result;
        api.getPlatform(this, [&](const auto& r) { result = r; });
        QTRY_VERIFY_WITH_TIMEOUT(result, kWaitMs);
        QVERIFY(bool(*result));
        QCOMPARE((*result)->version, QStringLiteral("1.2.3"));
        QCOMPARE((*result)->apiLevel, 7);
        QCOMPARE((*result)->capabilities.constFirst().state, rpc::HostCapability::State::Degraded);
    }

    void namesErrors_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("sent");
        QTest::addColumn<QString>("expected");
        QTest::addColumn<bool>("unavailable");
        using Code = grpc::StatusCode;
        QTest::newRow("AWS error") << int(Code::ALREADY_EXISTS) << QStringLiteral("ResourceConflictException")
                                   << QStringLiteral("ResourceConflictException") << false;
        QTest::newRow("an AWS error is never a lost daemon")
            << int(Code::UNAVAILABLE) << QStringLiteral("ServiceException")
            << QStringLiteral("ServiceException") << false;
        QTest::newRow("lost") << int(Code::UNAVAILABLE) << QString() << QStringLiteral("Unavailable") << true;
        QTest::newRow("unnamed") << int(Code::INTERNAL) << QString() << QStringLiteral("ServiceException") << false;
        QTest::newRow("late") << int(Code::DEADLINE_EXCEEDED) << QString() << QStringLiteral("TimedOut") << false;
    }
    void namesErrors()
    {
        QFETCH(int, code);
        QFETCH(QString, sent);
        m_server->on(kGetPlatform, [&](const std::string&) {
            return Reply{{}, grpc::Status(grpc::StatusCode(code), "why"), sent.toStdString(), false};
        });
        connectToServer();
        rpc::PlatformApi api(*m_channel);
        std::optional<rpc::Result<rpc::PlatformInfo>> result;
        api.getPlatform(this, [&](const auto& r) { result = r; });
        QTRY_VERIFY_WITH_TIMEOUT(result, kWaitMs);
        QVERIFY(!*result);
        QTEST(result->error().name, "expected");
        QTEST(result->error().unavailable, "unavailable");
        QVERIFY(!result->error().message.isEmpty());
    }

    void failsAtOnceBeforeItIsOpened()
    {
        rpc::PlatformApi api(*m_channel);
        std::optional<rpc::Result<rpc::PlatformInfo>> result;
        api.getPlatform(this, [&](const auto& r) { result = r; });
        QVERIFY(!result);  // never from inside the call
        QTRY_VERIFY_WITH_TIMEOUT(result, kWaitMs);
        QVERIFY(result->error().unavailable);
    }

    void dropsALateAnswer()
    {
        std::binary_semaphore release(0);
        std::atomic<int> answered = 0;
        m_server->on(kGetPlatform, [&](const std::string&) {
            release.acquire();
            ++answered;
            return Reply{{v1::PlatformInfo().SerializeAsString()}, {}, {}, false};
        });
        connectToServer();
        rpc::PlatformApi api(*m_channel);
        int calls = 0;
        auto page = std::make_unique<QObject>();
        api.getPlatform(page.get(), [&](const auto&) { ++calls; });
        page.reset();
        release.release();
        // A second call is answered after the first one, so the first had its chance.
        std::optional<rpc::Result<rpc::PlatformInfo>> second;
        api.getPlatform(this, [&](const auto& r) { second = r; });
        release.release();
        QTRY_VERIFY_WITH_TIMEOUT(second && answered == 2, kWaitMs);
        QTest::qWait(50);
        QCOMPARE(calls, 0);
    }

    void streamsInOrderAndEnds()
    {
        m_server->on(kWatchMetrics, [](const std::string& request) {
            v1::WatchMetricsRequest parsed;
            parsed.ParseFromString(request);
            Reply reply;
            for (int i = 0; i < parsed.max_rate_hz(); ++i)
                reply.messages.push_back(frame(i));
            return reply;
        });
        connectToServer();
        v1::WatchMetricsRequest request;
        request.set_max_rate_hz(500);
        QList<qint64> got;
        std::optional<rpc::Error> end;
        const auto stream = rpc::stream<v1::MetricsFrame>(
            *m_channel, request, timeOf, [&](qint64 t) { got.append(t); },
            [&](const rpc::Error& error) { end = error; });
        QTRY_VERIFY_WITH_TIMEOUT(end, kWaitMs);
        QVERIFY(end->name.isEmpty());
        QCOMPARE(got.size(), 500);
        QVERIFY(std::is_sorted(got.cbegin(), got.cend()));
    }

    void nothingComesAfterAStreamWasDestroyed()
    {
        m_server->on(kWatchMetrics, [](const std::string&) {
            Reply reply{{}, {}, {}, true};
            for (int i = 0; i < 100; ++i)
                reply.messages.push_back(frame(i));
            return reply;
        });
        connectToServer();
        int values = 0;
        int ends = 0;
        std::unique_ptr<rpc::Stream> stream;
        stream = rpc::stream<v1::MetricsFrame>(
            *m_channel, v1::WatchMetricsRequest(), timeOf,
            [&](qint64) {
                if (++values == 3)
                    stream.reset();  // from inside its own callback
            },
            [&](const rpc::Error&) { ++ends; });
        QTRY_VERIFY_WITH_TIMEOUT(!stream, kWaitMs);
        QTest::qWait(100);
        QCOMPARE(values, 3);
        QCOMPARE(ends, 0);
    }

    void survivesARestartOfTheServer()
    {
        m_server->on(kWatchMetrics,
                     [](const std::string&) { return Reply{{frame(1)}, {}, {}, true}; });
        connectToServer();
        std::optional<rpc::Error> end;
        int values = 0;
        const auto stream = rpc::stream<v1::MetricsFrame>(
            *m_channel, v1::WatchMetricsRequest(), timeOf, [&](qint64) { ++values; },
            [&](const rpc::Error& error) { end = error; });
        QTRY_COMPARE_WITH_TIMEOUT(values, 1, kWaitMs);

        QSignalSpy states(m_channel.get(), &Channel::stateChanged);
        m_server->stop();
        QTRY_VERIFY_WITH_TIMEOUT(end && !m_channel->isConnected(), kWaitMs);
        QVERIFY(end->unavailable || end->name == QStringLiteral("Cancelled"));
        QVERIFY(m_server->start());
        QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), kWaitMs);
        QVERIFY(states.count() >= 2);
    }

    void leavesTheSocketBefore()
    {
        connectToServer();
        m_channel->open(m_dir->filePath(QStringLiteral("nobody.sock")));
        QVERIFY(!m_channel->isConnected());
        QTest::qWait(300);
        QVERIFY(!m_channel->isConnected());
    }

private:
    void connectToServer()
    {
        QVERIFY(m_server->start());
        m_channel->open(m_socket);
        QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), kWaitMs);
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    QString m_socket;
    std::unique_ptr<GrpcServer> m_server;
    std::unique_ptr<Channel> m_channel;
};

QTEST_GUILESS_MAIN(RpcTest)
#include "rpc_test.moc"
