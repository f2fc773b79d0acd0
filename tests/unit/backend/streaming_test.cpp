#include "backend/api/http_prelude.h"
#include "backend/base/byte_queue.h"
#include "backend/base/clock.h"
#include "backend/invoke/dispatcher.h"
#include "backend/invoke/response_meter.h"
#include "backend/runtime/environment.h"
#include "backend/runtime/extension_hub.h"
#include "backend/wire/event_stream.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <boost/asio/io_context.hpp>

using namespace gantry;
using runtime::ExtensionHub;
using runtime::ExtensionReply;
using runtime::ExtensionRequest;

namespace {

struct CountingHub final : ExtensionHub::Listener {
    void extensionsRegistered() override { ++registered; }
    void extensionsReady() override { ++ready; }
    void extensionFailed(std::string type, std::string) override { failure = std::move(type); }

    int registered = 0;
    int ready = 0;
    std::string failure;
};

struct Sink final : runtime::ResponseSink {
    void begin(const std::string& contentType) override { type = contentType; }
    void write(std::string bytes, std::function<void()> more) override
    {
        body += bytes;
        more();
    }
    std::string type, body;
};

QJsonObject json(const std::string& text)
{
    return QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
}

} // namespace

class StreamingTest final : public QObject {
    Q_OBJECT

private slots:
    void framesAnEvent();
    void aQueueHoldsItsMakerUp();
    void aQueueNobodyReadsTakesAll();
    void aPreludeMayComeInAnyPieces();
    void refusesPreludes_data();
    void refusesPreludes();
    void theMeterLetsABurstThroughAndThenPaces();
    void registersExtensions();
    void refusesExtensions_data();
    void refusesExtensions();
    void tellsExtensionsOfEvents();
    void anExtensionCanFail();

private:
    ExtensionReply ask(ExtensionHub& hub, const ExtensionRequest& request);
    std::string add(ExtensionHub& hub, const std::string& name, const std::string& events);
};

// The bytes that AWS's own encoders make of this message.
void StreamingTest::framesAnEvent()
{
    const std::string frame = wire::eventStreamFrame({{":message-type", "event"}}, "{}");
    QCOMPARE(frame.size(), std::size_t(12 + 1 + 13 + 1 + 2 + 5 + 2 + 4));
    QCOMPARE(QByteArray::fromStdString(frame.substr(0, 8)).toHex(), QByteArray("0000002800000016"));
    QCOMPARE(frame.substr(12, 1), std::string("\x0d"));
    QCOMPARE(frame.substr(13, 13), std::string(":message-type"));
    QCOMPARE(frame.substr(26, 3), std::string("\x07\x00\x05", 3));
    QCOMPARE(frame.substr(29, 5), std::string("event"));
    QCOMPARE(frame.substr(34, 2), std::string("{}"));
}

void StreamingTest::aQueueHoldsItsMakerUp()
{
    ByteQueue queue;
    int room = 0;
    queue.push(std::string(ByteQueue::kCapacity, 'x'));
    QVERIFY(!queue.hasRoom());
    queue.onRoom([&] { ++room; });
    QCOMPARE(room, 0);
    BodySource::Part part;
    queue.read([&](BodySource::Part got) { part = std::move(got); });
    QCOMPARE(part.bytes.size(), ByteQueue::kCapacity);
    QVERIFY(!part.last);
    QCOMPARE(room, 1);
    part = {};
    queue.read([&](BodySource::Part got) { part = std::move(got); });
    QVERIFY(part.bytes.empty());
    queue.push("tail");
    QCOMPARE(part.bytes, std::string("tail"));
    queue.finish(false);
    queue.read([&](BodySource::Part got) { part = std::move(got); });
    QVERIFY(part.last && part.broken);
}

void StreamingTest::aQueueNobodyReadsTakesAll()
{
    ByteQueue queue;
    int room = 0;
    queue.push(std::string(ByteQueue::kCapacity, 'x'));
    queue.onRoom([&] { ++room; });
    queue.cancel();
    QCOMPARE(room, 1);
    queue.push(std::string(ByteQueue::kCapacity, 'x'));
    QVERIFY(queue.hasRoom());
}

void StreamingTest::aPreludeMayComeInAnyPieces()
{
    const std::string head = R"({"statusCode":201,"headers":{"X-A":"1","x-n":2},"cookies":["a=1"]})";
    const std::string whole = head + std::string(8, '\0') + "body";
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        api::HttpPrelude prelude;
        auto state = prelude.add(whole.substr(0, cut));
        std::string rest;
        if (state == api::HttpPrelude::State::Incomplete)
            state = prelude.add(whole.substr(cut));
        else
            rest = whole.substr(cut);
        QVERIFY(state == api::HttpPrelude::State::Complete);
        const api::HttpHead got = prelude.takeHead();
        QCOMPARE(got.status, 201);
        QCOMPARE(got.headers.size(), std::size_t(3));
        QCOMPARE(got.headers[1].second, std::string("2"));
        QCOMPARE(got.headers[2].first, std::string("set-cookie"));
        QCOMPARE(prelude.takeRest() + rest, std::string("body"));
    }
}

void StreamingTest::refusesPreludes_data()
{
    QTest::addColumn<QByteArray>("head");
    QTest::newRow("no JSON") << QByteArray("{");
    QTest::newRow("no object") << QByteArray("[1]");
    QTest::newRow("status in words") << QByteArray(R"({"statusCode":"many"})");
    QTest::newRow("no such status") << QByteArray(R"({"statusCode":99})");
    QTest::newRow("header name with a line's end") << QByteArray(R"({"headers":{"a\r\nb":"1"}})");
    QTest::newRow("header value an object") << QByteArray(R"({"headers":{"a":{}}})");
    QTest::newRow("cookies no list") << QByteArray(R"({"cookies":"a=1"})");
}

void StreamingTest::refusesPreludes()
{
    QFETCH(QByteArray, head);
    api::HttpPrelude prelude;
    QVERIFY(prelude.add(head.toStdString() + std::string(8, '\0')) ==
            api::HttpPrelude::State::Malformed);
}

void StreamingTest::theMeterLetsABurstThroughAndThenPaces()
{
    boost::asio::io_context io;
    const auto sink = std::make_shared<Sink>();
    const auto meter = std::make_shared<invoke::ResponseMeter>(
        io, sink, functions::StreamPace{1000, 10'000});
    meter->begin("text/plain");
    int more = 0;
    meter->write(std::string(1000, 'x'), [&] { ++more; });
    QCOMPARE(more, 1); // the burst
    const std::int64_t before = monotonicMicros();
    meter->write(std::string(2000, 'y'), [&] { ++more; });
    QCOMPARE(more, 1);
    io.run();
    QCOMPARE(more, 2);
    QVERIFY(monotonicMicros() - before >= 150'000);
    QCOMPARE(sink->body.size(), std::size_t(3000));
    invoke::InvocationRecord record;
    meter->report(record);
    QCOMPARE(record.streamedBytes, std::int64_t(3000));
    QCOMPARE(meter->kept()->size(), std::size_t(3000));
}

ExtensionReply StreamingTest::ask(ExtensionHub& hub, const ExtensionRequest& request)
{
    ExtensionReply reply;
    reply.status = 0;
    hub.handle(request, [&reply](ExtensionReply got) { reply = std::move(got); });
    return reply;
}

std::string StreamingTest::add(ExtensionHub& hub, const std::string& name,
                               const std::string& events)
{
    ExtensionRequest request;
    request.kind = ExtensionRequest::Kind::Register;
    request.name = name;
    request.body = "{\"events\":[" + events + "]}";
    const ExtensionReply reply = ask(hub, request);
    return reply.headers.empty() ? std::string() : reply.headers[0].second;
}

void StreamingTest::registersExtensions()
{
    CountingHub events;
    ExtensionHub hub({"f", "7", "app.handler", "000000000000"}, {"outer"}, events);
    QVERIFY(hub.hasExternal() && !hub.registered());
    ExtensionRequest request;
    request.kind = ExtensionRequest::Kind::Register;
    request.name = "outer";
    request.body = R"({"events":["INVOKE","SHUTDOWN"]})";
    request.acceptsAccountId = true;
    const ExtensionReply reply = ask(hub, request);
    QCOMPARE(reply.status, 200);
    QCOMPARE(reply.headers[0].first, std::string("Lambda-Extension-Identifier"));
    QCOMPARE(json(reply.body)["functionVersion"].toString(), QString("7"));
    QCOMPARE(json(reply.body)["accountId"].toString(), QString("000000000000"));
    QCOMPARE(events.registered, 1);
    QVERIFY(!add(hub, "inner", "\"INVOKE\"").empty());
    QCOMPARE(hub.describe().size(), std::size_t(2));
}

void StreamingTest::refusesExtensions_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<bool>("closed");
    QTest::addColumn<int>("before");
    QTest::addColumn<QString>("type");
    QTest::newRow("no name") << QByteArray() << QByteArray("{}") << false << 0
                             << "Extension.InvalidExtensionName";
    QTest::newRow("no JSON") << QByteArray("a") << QByteArray("[") << false << 0
                             << "Extension.InvalidRequestFormat";
    QTest::newRow("unknown event") << QByteArray("a") << QByteArray(R"({"events":["START"]})")
                                   << false << 0 << "Extension.InvalidEventType";
    QTest::newRow("an internal one for SHUTDOWN")
        << QByteArray("a") << QByteArray(R"({"events":["SHUTDOWN"]})") << false << 0
        << "Extension.InvalidEventType";
    QTest::newRow("too late") << QByteArray("a") << QByteArray("{}") << true << 0
                              << "Extension.RegistrationClosed";
    QTest::newRow("too many") << QByteArray("a") << QByteArray("{}") << false << 10
                              << "Extension.TooManyExtensions";
    QTest::newRow("twice") << QByteArray("e0") << QByteArray("{}") << false << 1
                           << "Extension.InvalidExtensionState";
}

void StreamingTest::refusesExtensions()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, body);
    QFETCH(bool, closed);
    QFETCH(int, before);
    QFETCH(QString, type);
    CountingHub events;
    ExtensionHub hub({}, {}, events);
    for (int i = 0; i < before; ++i)
        QVERIFY(!add(hub, "e" + std::to_string(i), "").empty());
    if (closed)
        hub.closeRegistration();
    ExtensionRequest request;
    request.kind = ExtensionRequest::Kind::Register;
    request.name = name.toStdString();
    request.body = body.toStdString();
    const ExtensionReply reply = ask(hub, request);
    QCOMPARE(reply.status, 403);
    QCOMPARE(json(reply.body)["errorType"].toString(), type);
    request.kind = ExtensionRequest::Kind::Next;
    QCOMPARE(json(ask(hub, request).body)["errorType"].toString(),
             QString("Extension.MissingExtensionIdentifier"));
    request.identifier = "unknown";
    QCOMPARE(json(ask(hub, request).body)["errorType"].toString(),
             QString("Extension.InvalidExtensionIdentifier"));
}

void StreamingTest::tellsExtensionsOfEvents()
{
    CountingHub events;
    ExtensionHub hub({}, {"outer", "quiet"}, events);
    ExtensionRequest outer, quiet;
    outer.identifier = add(hub, "outer", "\"INVOKE\",\"SHUTDOWN\"");
    quiet.identifier = add(hub, "quiet", "");
    ExtensionReply told;
    hub.handle(outer, [&](ExtensionReply reply) { told = std::move(reply); });
    QVERIFY(!hub.ready());
    hub.handle(quiet, [](const ExtensionReply&) { QFAIL("asked for nothing"); });
    QVERIFY(hub.ready());
    QCOMPARE(events.ready, 1);
    runtime::Invocation invocation;
    invocation.requestId = "r-1";
    invocation.traceId = "Root=1";
    hub.invoke(invocation, 1234);
    QVERIFY(!hub.ready());
    const QJsonObject event = json(told.body);
    QCOMPARE(event["eventType"].toString(), QString("INVOKE"));
    QCOMPARE(event["requestId"].toString(), QString("r-1"));
    QCOMPARE(event["deadlineMs"].toInt(), 1234);
    QCOMPARE(event["tracing"].toObject()["value"].toString(), QString("Root=1"));
    // The end comes while it is at work: it hears of it when it asks again.
    QVERIFY(hub.shutDown("spindown", 99));
    hub.handle(outer, [&](ExtensionReply reply) { told = std::move(reply); });
    QCOMPARE(json(told.body)["eventType"].toString(), QString("SHUTDOWN"));
    QCOMPARE(json(told.body)["shutdownReason"].toString(), QString("spindown"));
}

void StreamingTest::anExtensionCanFail()
{
    CountingHub events;
    ExtensionHub hub({}, {}, events);
    ExtensionRequest request;
    request.identifier = add(hub, "inner", "\"INVOKE\"");
    request.kind = ExtensionRequest::Kind::InitError;
    request.errorType = "Extension.NoConfiguration";
    QCOMPARE(ask(hub, request).status, 202);
    QCOMPARE(events.failure, std::string("Extension.NoConfiguration"));
    request.kind = ExtensionRequest::Kind::Next;
    QCOMPARE(ask(hub, request).status, 403);
}

QTEST_GUILESS_MAIN(StreamingTest)
#include "streaming_test.moc"
