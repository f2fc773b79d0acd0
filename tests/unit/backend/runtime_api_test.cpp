#include "tests/support/runtime_client.h"

#include <QTest>

#include <algorithm>
#include <optional>

using namespace gantry;
using namespace gantry::runtime;
using namespace gantry::test;

class RuntimeApiTest : public QObject {
    Q_OBJECT
private slots:
    void deliversTheEventAndTakesTheResponse();
    void refusesWhatIsOutOfOrder_data();
    void refusesWhatIsOutOfOrder();
    void repliesGoWithTheNextEvent();
    void answersOnce();
    void holdsAStreamForItsReader();
    void endsAStreamThatIsTooLong();
    void seesThatAStreamBrokeOff();
    void boundsTheResponse_data();
    void boundsTheResponse();
    void boundsHeaders();
    void boundsConnections();
    void collectsAStream();
    void takesTheErrorOfABrokenStream();
    void reportsATruncatedResponse();
    void refusesAnUnknownResponseMode();
    void passesOnFunctionErrors_data();
    void passesOnFunctionErrors();
    void continuesOnExpectation();
};

void RuntimeApiTest::deliversTheEventAndTakesTheResponse()
{
    Fixture f;
    Client client = f.ready();
    QVERIFY(f.init->ok);
    QVERIFY(f.engine.last->cpuLimited);
    f.environment->freeze();
    f.pump();
    QCOMPARE(f.engine.last->freezes, 1);

    f.invoke("id-1", "{\"a\":1}");
    QCOMPARE(f.engine.last->thaws, 1);
    const Response event = client.receive();
    QCOMPARE(event.status, 200);
    QCOMPARE(event.body, "{\"a\":1}");
    for (const char* header :
         {"Lambda-Runtime-Aws-Request-Id: id-1", "Lambda-Runtime-Deadline-Ms: ",
          "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:fn",
          "Lambda-Runtime-Trace-Id: Root=1-2-3", "Content-Type: application/json"})
        QVERIFY2(event.head.contains(header), header);
    QVERIFY(!event.head.contains("Client-Context"));

    const Response accepted =
        client.exchange(responseTo("id-1", "[1]", "Content-Type: application/json\r\n"));
    QCOMPARE(accepted.status, 202);
    QCOMPARE(accepted.body, "{\"status\":\"OK\"}\n");
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::Response);
    QCOMPARE(f.outcome->payload, "[1]");
    QCOMPARE(f.outcome->contentType, "application/json");
    QCOMPARE(f.outcome->memoryPeakBytes, 42 << 20);
    QVERIFY(f.outcome->usable);
    QVERIFY(f.outcome->durationMicros > 0);
}

void RuntimeApiTest::refusesWhatIsOutOfOrder_data()
{
    QTest::addColumn<QByteArray>("state"); // init, idle, running
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("errorType");
    const auto row = [](const char* name, const char* state, const QByteArray& request, int status,
                        const char* type) {
        QTest::newRow(name) << QByteArray(state) << request << status << QByteArray(type);
    };
    row("response before an event", "init", responseTo("x", "1"), 400, "InvalidRequestID");
    row("error before an event", "init", post("invocation/x/error", "{}"), 400, "InvalidRequestID");
    row("init error when ready", "idle", post("init/error", "{}"), 403, "InvalidStateTransition");
    row("init error when running", "running", post("init/error", "{}"), 403,
        "InvalidStateTransition");
    row("next when running", "running", get("invocation/next"), 403, "InvalidStateTransition");
    row("wrong id", "running", responseTo("other", "1"), 400, "InvalidRequestID");
    row("wrong id with a large body", "running", responseTo("other", QByteArray(3 << 20, 'x')), 400,
        "InvalidRequestID");
    row("unknown path", "running", get("invocation/nothing/here/now"), 404, "NotFound");
    row("restore is for SnapStart only", "init", get("restore/next"), 404, "NotFound");
    row("an extension without a name", "init",
        "POST /2020-01-01/extension/register HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 403,
        "Extension.InvalidExtensionName");
    row("no such path of extensions", "init", "GET /2020-01-01/extension/other HTTP/1.1\r\n\r\n",
        404, "NotFound");
    row("telemetry for nobody", "init",
        "PUT /2022-07-01/telemetry HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 403,
        "Extension.MissingExtensionIdentifier");
    row("wrong method", "init", post("invocation/next", ""), 405, "MethodNotAllowed");
    row("get a response", "running", get("invocation/id/response"), 405, "MethodNotAllowed");
}

void RuntimeApiTest::holdsAStreamForItsReader()
{
    Fixture f;
    Client runtime = f.ready();
    const auto sink = std::make_shared<SlowSink>();
    f.invoke("id", "{}", 60'000'000, sink);
    QCOMPARE(runtime.receive().status, 200);
    runtime.send(QByteArray(kStreamHead) + "3\r\none\r\n");
    QVERIFY(f.waitFor([&] { return sink->body == "one"; }));
    QCOMPARE(sink->type, std::string("text/plain"));
    runtime.send("3\r\ntwo\r\n0\r\n\r\n" + get("invocation/next"));
    for (int i = 0; i < 20; ++i)
        f.pump();
    QCOMPARE(sink->body, std::string("one"));
    QVERIFY(!f.outcome);
    std::exchange(sink->more, nullptr)();
    QVERIFY(f.waitFor([&] { return sink->body == "onetwo"; }));
    std::exchange(sink->more, nullptr)();
    QVERIFY(f.answered());
    QVERIFY(f.outcome->kind == Kind::Response && f.outcome->usable);
    QVERIFY(f.outcome->payload.empty());
    f.invoke("id2"); // as good as new; the answer to the stream goes out with the event
    QCOMPARE(runtime.receive().status, 202);
    QCOMPARE(runtime.receive().status, 200);
}

void RuntimeApiTest::endsAStreamThatIsTooLong()
{
    Fixture f;
    Client runtime = f.ready();
    const auto sink = std::make_shared<SlowSink>();
    f.invoke("id", "{}", 60'000'000, sink);
    QCOMPARE(runtime.receive().status, 200);
    runtime.send(QByteArray(kStreamHead) + "3e9\r\n" + QByteArray(1001, 'x') +
                 "\r\n0\r\n\r\n");
    QCOMPARE(runtime.receive().status, 413);
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->errorType, std::string("Function.ResponseSizeTooLarge"));
    QVERIFY(sink->body.size() <= std::size_t(kMaxStream));
}

void RuntimeApiTest::seesThatAStreamBrokeOff()
{
    Fixture f;
    Client runtime = f.ready();
    const auto sink = std::make_shared<SlowSink>();
    f.invoke("id", "{}", 60'000'000, sink);
    QCOMPARE(runtime.receive().status, 200);
    runtime.send(QByteArray(kStreamHead) + "3\r\none\r\n");
    QVERIFY(f.waitFor([&] { return sink->body == "one"; }));
    std::exchange(sink->more, nullptr)();
    runtime.close();
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->errorType, std::string("Runtime.TruncatedResponse"));
}

void RuntimeApiTest::refusesWhatIsOutOfOrder()
{
    QFETCH(QByteArray, state);
    QFETCH(QByteArray, request);
    Fixture f;
    std::optional<Client> runtime;
    if (state == "init")
        f.start();
    else
        runtime.emplace(f.ready());
    if (state == "running") {
        f.invoke("id");
        QCOMPARE(runtime->receive().status, 200);
    }
    Client other(f.io, f.engine.last->port);
    const Response response = other.exchange(request);
    QTEST(response.status, "status");
    QFETCH(QByteArray, errorType);
    QVERIFY2(response.body.contains("\"errorType\":\"" + errorType + "\""), response.body);
    // The connection and the invocation are as good as before.
    const Response ping = other.exchange("GET /2018-06-01/ping HTTP/1.1\r\n\r\n");
    QCOMPARE(ping.body, "pong");
    if (state == "running") {
        QCOMPARE(runtime->exchange(responseTo("id", "7")).status, 202);
        QVERIFY(f.answered());
        QCOMPARE(f.outcome->payload, "7");
    }
}

// A runtime that asks for the next event right behind its answer waits for nothing else: it is woken
// once, with both replies. One that does not gets its reply at once.
void RuntimeApiTest::repliesGoWithTheNextEvent()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("a");
    QCOMPARE(client.receive().status, 200);
    QVERIFY(client.send(responseTo("a", "1") + get("invocation/next")));
    QVERIFY(f.waitFor([&] { return f.outcome.has_value(); }));
    f.pump();
    QVERIFY(!client.tryReceive());
    f.invoke("b");
    QCOMPARE(client.receive().status, 202);
    const Response next = client.receive();
    QCOMPARE(next.status, 200);
    QVERIFY(next.head.contains("Lambda-Runtime-Aws-Request-Id: b"));

    // The rest of a request may be long in coming: the reply does not wait for it.
    const QByteArray asks = get("invocation/next");
    QVERIFY(client.send(responseTo("b", "2") + asks.left(10)));
    QCOMPARE(client.receive().status, 202);
    QVERIFY(client.send(asks.mid(10)));
    f.invoke("c");
    QVERIFY(client.receive().head.contains("Lambda-Runtime-Aws-Request-Id: c"));
    QCOMPARE(client.exchange(responseTo("c", "3")).status, 202);
}

void RuntimeApiTest::answersOnce()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    QCOMPARE(client.exchange(responseTo("id", "1")).status, 202);
    const Response second = client.exchange(responseTo("id", "2"));
    QCOMPARE(second.status, 403);
    QVERIFY(
        second.body.contains("State transition from ResponseSent to InvocationResponse failed"));
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->payload, "1");
    client.send(get("invocation/next"));
    f.pump();
    Client late(f.io, f.engine.last->port);
    QCOMPARE(late.exchange(responseTo("id", "3")).status, 400);
}

void RuntimeApiTest::boundsTheResponse_data()
{
    QTest::addColumn<qsizetype>("size");
    QTest::addColumn<bool>("chunked");
    QTest::addColumn<bool>("accepted");
    const qsizetype most = kMaxResponse;
    QTest::newRow("most") << most << false << true;
    QTest::newRow("one more") << most + 1 << false << false;
    QTest::newRow("most, chunked") << most << true << true;
    QTest::newRow("one more, chunked") << most + 1 << true << false;
    QTest::newRow("twice") << 2 * most << false << false;
}

void RuntimeApiTest::boundsTheResponse()
{
    QFETCH(qsizetype, size);
    QFETCH(bool, chunked);
    QFETCH(bool, accepted);
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    const QByteArray body(size, 'x');
    QByteArray request = responseTo("id", body);
    if (chunked)
        request = "POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n" +
                  QByteArray::number(size, 16) + "\r\n" + body + "\r\n0\r\n\r\n";
    const Response response = client.exchange(request);
    QCOMPARE(response.status, accepted ? 202 : 413);
    QVERIFY(f.answered());
    if (accepted) {
        QCOMPARE(f.outcome->payload.size(), static_cast<std::size_t>(size));
    } else {
        QCOMPARE(f.outcome->kind, Kind::FunctionError);
        QCOMPARE(f.outcome->errorType, "Function.ResponseSizeTooLarge");
        QCOMPARE(f.outcome->payload,
                 "{\"errorType\":\"Function.ResponseSizeTooLarge\",\"errorMessage\":\"Response "
                 "payload size exceeded maximum allowed payload size (6291556 bytes).\"}");
    }
    // Either way the next event finds the runtime.
    client.send(get("invocation/next"));
    f.invoke("id-2");
    QCOMPARE(client.receive().status, 200);
}

void RuntimeApiTest::boundsHeaders()
{
    Fixture f;
    f.start();
    Client client(f.io, f.engine.last->port);
    client.send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n");
    const QByteArray line = "X-Filler: " + QByteArray(1000, 'x') + "\r\n";
    int sent = 0;
    while (sent < 4000 && client.send(line))
        ++sent;
    QVERIFY2(sent < 4000, "endless headers were read to their end");
    QVERIFY(f.waitFor([&] { return client.closedByServer(); }));
}

void RuntimeApiTest::boundsConnections()
{
    Fixture f;
    f.start();
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 48; ++i)
        clients.push_back(std::make_unique<Client>(f.io, f.engine.last->port));
    const auto closed = [&] {
        return std::count_if(clients.begin(), clients.end(),
                             [](auto& client) { return client->closedByServer(); });
    };
    QVERIFY(f.waitFor([&] { return closed() == 16; }));
    clients.clear();
    f.pump();
    Client client(f.io, f.engine.last->port);
    QCOMPARE(client.exchange("GET /2018-06-01/ping HTTP/1.1\r\n\r\n").body, "pong");
}

void RuntimeApiTest::collectsAStream()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    client.send("POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\n"
                "Lambda-Runtime-Function-Response-Mode: streaming\r\nContent-Type: text/plain\r\n"
                "Trailer: Lambda-Runtime-Function-Error-Type\r\n"
                "Trailer: Lambda-Runtime-Function-Error-Body\r\n"
                "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    f.pump();
    QVERIFY(!f.outcome);
    QCOMPARE(client.exchange("3\r\ntwo\r\n0\r\n\r\n").status, 202);
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::Response);
    QCOMPARE(f.outcome->payload, "onetwo");
    QCOMPARE(f.outcome->contentType, "text/plain");
}

void RuntimeApiTest::takesTheErrorOfABrokenStream()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    const QByteArray document =
        "{\"errorType\":\"RangeError\",\"errorMessage\":\"mid\",\"trace\":[]}";
    const Response response =
        client.exchange("POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\n"
                        "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
                        "Trailer: Lambda-Runtime-Function-Error-Type\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n"
                        "Lambda-Runtime-Function-Error-Type: RangeError\r\n"
                        "Lambda-Runtime-Function-Error-Body: " +
                        document.toBase64() + "\r\n\r\n");
    QCOMPARE(response.status, 202);
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::FunctionError);
    QCOMPARE(f.outcome->errorType, "RangeError");
    QCOMPARE(f.outcome->errorMessage, "mid");
    QCOMPARE(f.outcome->payload, document.toStdString());
}

void RuntimeApiTest::reportsATruncatedResponse()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    client.send("POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\n"
                "Content-Length: 100\r\n\r\nhalf");
    client.close();
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->errorType, "Runtime.TruncatedResponse");
    Client again(f.io, f.engine.last->port);
    again.send(get("invocation/next"));
    f.invoke("id-2");
    QCOMPARE(again.receive().status, 200);
}

void RuntimeApiTest::refusesAnUnknownResponseMode()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    const Response response = client.exchange(
        responseTo("id", "1", "Lambda-Runtime-Function-Response-Mode: sideways\r\n"));
    QCOMPARE(response.status, 400);
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->errorType, "Runtime.InvalidResponseModeHeader");
}

void RuntimeApiTest::passesOnFunctionErrors_data()
{
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QByteArray>("payload");
    const QByteArray document = "{\"errorType\":\"KeyError\",\"errorMessage\":\"'x'\"}";
    QTest::newRow("document") << QByteArray() << document << "KeyError"
                              << "'x'" << document;
    QTest::newRow("document and header")
        << QByteArray("Lambda-Runtime-Function-Error-Type: Runtime.Other\r\n") << document
        << "KeyError"
        << "'x'" << document;
    QTest::newRow("header only")
        << QByteArray("Lambda-Runtime-Function-Error-Type: Runtime.Other\r\n") << QByteArray()
        << "Runtime.Other"
        << "" << QByteArray("{\"errorType\":\"Runtime.Other\",\"errorMessage\":\"\"}");
    QTest::newRow("no JSON") << QByteArray() << QByteArray("oops") << "Function.Unknown"
                             << "" << QByteArray("oops");
}

void RuntimeApiTest::passesOnFunctionErrors()
{
    QFETCH(QByteArray, headers);
    QFETCH(QByteArray, body);
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    QCOMPARE(client.exchange(post("invocation/id/error", body, headers)).status, 202);
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::FunctionError);
    QVERIFY(f.outcome->usable);
    QTEST(QString::fromStdString(f.outcome->errorType), "type");
    QTEST(QString::fromStdString(f.outcome->errorMessage), "message");
    QTEST(QByteArray::fromStdString(f.outcome->payload), "payload");
}

void RuntimeApiTest::continuesOnExpectation()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    const Response go =
        client.exchange("POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\n"
                        "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    QCOMPARE(go.status, 100);
    QCOMPARE(client.exchange("42").status, 202);
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->payload, "42");
}

QTEST_GUILESS_MAIN(RuntimeApiTest)
#include "runtime_api_test.moc"
