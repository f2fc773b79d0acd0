#include "ui/models/chunk_log.h"
#include "ui/models/streamed_invocation.h"
#include "ui/models/url_call.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/urls_api.h"

#include <QSignalSpy>
#include <QTest>

using namespace gantry;
using models::ChunkLog;
using models::StreamedInvocation;
using models::UrlCall;

// What the console makes of a response that comes in chunks. The platform is out of reach here; the
// test says what it would bring.
class UrlModelsTest final : public QObject {
    Q_OBJECT

private slots:
    void keepsWhatCanBeShown();
    void followsACall();
    void seesThatAResponseBrokeOff();
    void saysThatThePlatformIsGone();
    void followsAStreamedInvocation();

private:
    rpc::Channel m_channel;
    rpc::UrlsApi m_api{m_channel};
};

void UrlModelsTest::keepsWhatCanBeShown()
{
    ChunkLog log;
    QCOMPARE(log.firstByteMs(), 0.0);
    log.add(5, "one ");
    log.add(6, {});
    log.add(9, QByteArray(ChunkLog::kShownBytes, 'x'));
    QCOMPARE(log.count(), qint64(2));
    QCOMPARE(log.firstByteMs(), 5.0);
    QCOMPARE(log.lastByteMs(), 9.0);
    QCOMPARE(log.bytes(), qint64(ChunkLog::kShownBytes + 4));
    QCOMPARE(log.body().size(), ChunkLog::kShownBytes);
    QVERIFY(log.isCut());
}

void UrlModelsTest::followsACall()
{
    UrlCall call(m_api);
    call.start({});
    QCOMPARE(call.state(), UrlCall::State::Running);
    QSignalSpy changed(&call, &UrlCall::changed);
    rpc::UrlEvent event;
    event.elapsedMs = 3;
    event.status = 203;
    event.headers = {{"content-type", "text/plain"}};
    call.take(event);
    for (int i = 0; i < 100; ++i) {
        rpc::UrlEvent chunk;
        chunk.elapsedMs = 4 + i;
        chunk.chunk = "x";
        call.take(chunk);
    }
    QCOMPARE(changed.count(), 0); // the timer gathers them
    QCOMPARE(call.status(), 203);
    QCOMPARE(call.chunks().firstByteMs(), 4.0);
    rpc::UrlEvent end;
    end.elapsedMs = 200;
    end.ended = true;
    call.take(end);
    QCOMPARE(call.state(), UrlCall::State::Ended);
    QCOMPARE(call.totalMs(), 200.0);
    QCOMPARE(changed.count(), 1);
    call.take(event); // too late
    QCOMPARE(call.totalMs(), 200.0);
}

void UrlModelsTest::seesThatAResponseBrokeOff()
{
    UrlCall call(m_api);
    call.start({});
    rpc::UrlEvent end;
    end.status = 200;
    end.ended = true;
    end.broken = true;
    call.take(end);
    QCOMPARE(call.state(), UrlCall::State::Broken);
}

void UrlModelsTest::saysThatThePlatformIsGone()
{
    UrlCall call(m_api);
    call.start({});
    QTRY_COMPARE(call.state(), UrlCall::State::Failed);
    QVERIFY(call.error() && !call.error()->message.isEmpty());
}

void UrlModelsTest::followsAStreamedInvocation()
{
    StreamedInvocation invocation(m_api);
    QVERIFY(invocation.isIdle());
    invocation.start({});
    rpc::StreamedEvent chunk;
    chunk.executedVersion = "7";
    chunk.chunk = "a";
    invocation.take(1, chunk);
    QVERIFY(!invocation.hasCompleted());
    rpc::StreamedEvent end;
    end.completed = true;
    end.errorCode = "RangeError";
    end.log = "REPORT";
    invocation.take(2, end);
    QVERIFY(invocation.hasCompleted() && !invocation.isRunning());
    QCOMPARE(invocation.executedVersion(), QString("7"));
    QCOMPARE(invocation.errorCode(), QString("RangeError"));
    QCOMPARE(invocation.chunks().bytes(), qint64(1));
    invocation.clear();
    QVERIFY(invocation.isIdle());
}

QTEST_GUILESS_MAIN(UrlModelsTest)
#include "url_models_test.moc"
