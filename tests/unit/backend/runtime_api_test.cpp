#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/runtime/catalogue.h"
#include "backend/runtime/environment_factory.h"
#include "tests/support/fake_sandbox.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <boost/asio/io_context.hpp>

#include <absl/status/status.h>

#include <algorithm>
#include <csignal>
#include <optional>

using namespace gantry;
using namespace gantry::runtime;
using Kind = InvocationOutcome::Kind;

namespace {

constexpr int kPatienceMillis = 20'000;
constexpr std::size_t kMaxResponse = 6 * 1024 * 1024 + 100;

struct Response {
    int status = 0;
    QByteArray head;
    QByteArray body;
};

// The runtime's side of a connection, driven from the same thread as the server.
class Client final {
public:
    Client(boost::asio::io_context& io, std::uint16_t port) : m_io(io)
    {
        m_fd = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        m_connected =
            ::connect(m_fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        ::fcntl(m_fd.get(), F_SETFL, O_NONBLOCK);
    }

    bool connected() const { return m_connected; }
    void close() { m_fd.reset(); }

    // False when the server has closed.
    bool send(const QByteArray& data)
    {
        QElapsedTimer timer;
        timer.start();
        qsizetype sent = 0;
        while (sent < data.size() && timer.elapsed() < kPatienceMillis) {
            const ssize_t count =
                ::send(m_fd.get(), data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
            if (count < 0 && errno != EAGAIN)
                return false;
            if (count > 0)
                sent += count;
            m_io.restart();
            m_io.poll();
        }
        return sent == data.size();
    }

    std::optional<Response> tryReceive()
    {
        char chunk[65536];
        for (;;) {
            const ssize_t count = ::recv(m_fd.get(), chunk, sizeof chunk, 0);
            if (count <= 0) {
                m_closed = m_closed || count == 0 || errno != EAGAIN;
                break;
            }
            m_received.append(chunk, count);
        }
        const qsizetype end = m_received.indexOf("\r\n\r\n");
        if (end < 0)
            return std::nullopt;
        const qsizetype at = m_received.toLower().indexOf("content-length:");
        const qsizetype length =
            m_received.mid(at + 15).split('\r').value(0).trimmed().toLongLong();
        if (m_received.size() < end + 4 + length)
            return std::nullopt;
        Response response{m_received.mid(9, 3).toInt(), m_received.left(end),
                          m_received.mid(end + 4, length)};
        m_received.remove(0, end + 4 + length);
        return response;
    }

    bool closedByServer()
    {
        tryReceive();
        return m_closed;
    }

    Response receive()
    {
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < kPatienceMillis) {
            m_io.restart();
            m_io.run_for(std::chrono::milliseconds(2));
            if (auto response = tryReceive())
                return *response;
        }
        return {};
    }

    Response exchange(const QByteArray& request) { return send(request) ? receive() : Response{}; }

private:
    boost::asio::io_context& m_io;
    UniqueFd m_fd;
    bool m_connected = false;
    bool m_closed = false;
    QByteArray m_received;
};

QByteArray get(const QByteArray& path)
{
    return "GET /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

QByteArray post(const QByteArray& path, const QByteArray& body, const QByteArray& headers = {})
{
    return "POST /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
           "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

QByteArray responseTo(const char* id, const QByteArray& body, const QByteArray& headers = {})
{
    return post("invocation/" + QByteArray(id) + "/response", body, headers);
}

constexpr std::int64_t kMaxStream = 1000;
constexpr char kStreamHead[] = "POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\n"
                               "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
                               "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";

// A reader that is ready for more only when the test says so.
struct SlowSink final : ResponseSink {
    void begin(const std::string& contentType) override { type = contentType; }
    void write(std::string bytes, std::function<void()> next) override
    {
        body += bytes;
        more = std::move(next);
    }
    std::string type, body;
    std::function<void()> more;
};

// An environment whose runtime is the test.
class Fixture final {
public:
    Fixture()
    {
        QFile bootstrap(code.filePath("bootstrap"));
        bootstrap.open(QFile::WriteOnly);
        bootstrap.write("#!/bin/sh\n");
        bootstrap.setPermissions(bootstrap.permissions() | QFile::ExeOwner);
        spec.functionName = "fn";
        spec.version = "$LATEST";
        spec.runtime = "provided.al2023";
        spec.codeDirectory = code.path().toStdString();
        options.freezeDelayMicros = 0;
    }

    void start()
    {
        factory = makeEnvironmentFactory(io, engine, catalogue(), clock, options);
        environment = factory->make(spec, [this](std::int64_t, std::string line) {
            lines << QString::fromStdString(line);
        });
        environment->onDeath([this] { died = true; });
        environment->start([this](InitOutcome outcome) { init = std::move(outcome); });
        pump();
    }

    // Init done: the first /next is parked.
    Client ready()
    {
        start();
        Client client(io, engine.last->port);
        client.send(get("invocation/next"));
        waitFor([this] { return init.has_value(); });
        return client;
    }

    void invoke(const char* id, const QByteArray& event = "{}",
                std::int64_t timeoutMicros = 60'000'000,
                std::shared_ptr<ResponseSink> sink = nullptr)
    {
        Invocation invocation;
        invocation.requestId = id;
        invocation.invokedFunctionArn = "arn:aws:lambda:us-east-1:000000000000:function:fn";
        invocation.traceId = "Root=1-2-3";
        invocation.timeoutMicros = timeoutMicros;
        invocation.event = std::make_shared<const std::string>(event.toStdString());
        invocation.sink = std::move(sink);
        invocation.maxStreamBytes = kMaxStream;
        outcome.reset();
        environment->invoke(std::move(invocation),
                            [this](InvocationOutcome result) { outcome = std::move(result); });
    }

    template <class Condition> bool waitFor(Condition condition)
    {
        QElapsedTimer timer;
        timer.start();
        while (!condition() && timer.elapsed() < kPatienceMillis) {
            io.restart();
            io.run_for(std::chrono::milliseconds(2));
        }
        return condition();
    }
    bool answered()
    {
        return waitFor([this] { return outcome.has_value(); });
    }
    void pump()
    {
        io.restart();
        io.run_for(std::chrono::milliseconds(5));
    }

    static const Catalogue& catalogue()
    {
        static const Catalogue probed = Catalogue::probe();
        return probed;
    }

    boost::asio::io_context io;
    test::FakeEngine engine;
    Clock clock;
    EnvironmentOptions options;
    QTemporaryDir code;
    EnvironmentSpec spec;
    std::unique_ptr<EnvironmentFactory> factory;
    std::unique_ptr<Environment> environment;
    std::optional<InitOutcome> init;
    std::optional<InvocationOutcome> outcome;
    QStringList lines;
    bool died = false;
};

} // namespace

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
    void reportsInitErrors();
    void reportsAnInitTimeout();
    void reportsAnEngineThatFails();
    void belongingsLiveWithTheEnvironment();
    void reportsARefusal();
    void reportsAMissingEntryPoint_data();
    void reportsAMissingEntryPoint();
    void reportsExits_data();
    void reportsExits();
    void prefersTheAnswerOverTheExit();
    void timesOut();
    void deliversAgainWhenTheRuntimeWasLost();
    void freezesOnlyAParkedRuntime();
    void endsARuntimeThatDoesNotComeBack();
    void tellsOfDeathWhileIdle();
    void deliversLogLinesBeforeTheAnswer();
    void survivesItsOwnDestructionInACallback();
    void shutsDown();
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

void RuntimeApiTest::reportsInitErrors()
{
    Fixture f;
    f.start();
    f.engine.last->write("while loading\n");
    Client client(f.io, f.engine.last->port);
    const QByteArray document =
        "{\"errorType\":\"Runtime.UserCodeSyntaxError\",\"errorMessage\":\"bad\","
        "\"stackTrace\":[\"  File \\\"/var/task/x.py\\\" Line 3\\n    x\"]}";
    client.send(post("init/error", document));
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QVERIFY(!f.init->ok);
    QCOMPARE(f.init->errorType, "Runtime.UserCodeSyntaxError");
    QCOMPARE(f.init->errorMessage, "bad");
    QCOMPARE(f.init->stackTrace.size(), 1u);
    QCOMPARE(f.init->stackTrace[0], "  File \"/var/task/x.py\" Line 3\n    x");
    QCOMPARE(f.init->payload, document.toStdString());
    QCOMPARE(f.lines, QStringList{"while loading"});
    QVERIFY(f.engine.last->kills > 0);
}

void RuntimeApiTest::reportsAnInitTimeout()
{
    Fixture f;
    f.spec.initTimeoutMicros = 20'000;
    f.start();
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QCOMPARE(f.init->errorType, "Sandbox.Timedout");
    QCOMPARE(f.init->errorMessage, "Init timed out");
    QVERIFY(f.engine.last->kills > 0);
}

void RuntimeApiTest::reportsAnEngineThatFails()
{
    Fixture f;
    f.engine.failure = absl::ResourceExhaustedError("no more processes");
    f.start();
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QCOMPARE(f.init->errorType, "Sandbox.Failure");
    QCOMPARE(f.init->errorMessage, "no more processes");
}

void RuntimeApiTest::belongingsLiveWithTheEnvironment()
{
    Fixture f;
    std::weak_ptr<int> lease, service;
    f.options.equip = [&](EnvironmentSpec& spec) -> absl::StatusOr<Belongings> {
        spec.accessKeyId = "ASIAOWN";
        const auto held = std::make_shared<int>();
        lease = held;
        return Belongings{held, 42, {{4566, [&](UniqueFd) {
                                          const auto served = std::make_shared<int>();
                                          service = served;
                                          return served;
                                      }}}};
    };
    f.ready();
    QCOMPARE(f.environment->goodUntilUnixMicros(), std::int64_t{42});
    const sandbox::Spec& started = f.engine.last->spec;
    QCOMPARE(started.servicePorts, std::vector<std::uint16_t>{4566});
    QVERIFY(std::count(started.env.begin(), started.env.end(), "AWS_ACCESS_KEY_ID=ASIAOWN") == 1);
    QVERIFY(!lease.expired() && !service.expired());
    f.environment->shutdown([] {});
    f.pump();
    QVERIFY(lease.expired() && service.expired());
}

void RuntimeApiTest::reportsARefusal()
{
    Fixture f;
    f.options.equip = [](EnvironmentSpec&) -> absl::StatusOr<Belongings> {
        return makeError("AccessDeniedException", 403, "not this role");
    };
    f.start();
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QVERIFY(!f.init->ok);
    QCOMPARE(awsErrorOf(f.init->refusal).name, std::string("AccessDeniedException"));
    QVERIFY(!f.engine.last); // nothing was started
}

void RuntimeApiTest::reportsAMissingEntryPoint_data()
{
    QTest::addColumn<bool>("present");
    QTest::addColumn<QString>("message");
    const QString start =
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]: ";
    QTest::newRow("missing") << false << start + "neither exists in the package or its layers";
    QTest::newRow("not executable")
        << true
        << start + "/var/task/bootstrap is not executable; run chmod +x on it before packaging";
}

void RuntimeApiTest::reportsAMissingEntryPoint()
{
    QFETCH(bool, present);
    Fixture f;
    QFile bootstrap(f.code.filePath("bootstrap"));
    if (present)
        bootstrap.setPermissions(QFile::ReadOwner);
    else
        bootstrap.remove();
    f.start();
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QCOMPARE(f.init->errorType, "Runtime.InvalidEntrypoint");
    QTEST(QString::fromStdString(f.init->errorMessage), "message");
    QVERIFY(!f.engine.last);
}

void RuntimeApiTest::reportsExits_data()
{
    using Exit = sandbox::Exit::Kind;
    QTest::addColumn<int>("exitKind");
    QTest::addColumn<int>("value");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* name, Exit exit, int value, Kind kind, const char* type,
                        const char* message) {
        QTest::newRow(name) << int(exit) << value << int(kind) << type << message;
    };
    row("status", Exit::Exited, 3, Kind::Exited, "Runtime.ExitError",
        "Runtime exited with error: exit status 3");
    row("zero", Exit::Exited, 0, Kind::Exited, "Runtime.ExitError",
        "Runtime exited without providing a reason");
    row("signal", Exit::Signalled, SIGSEGV, Kind::Exited, "Runtime.ExitError",
        "Runtime exited with error: signal: segmentation fault");
    row("memory", Exit::OutOfMemory, 9, Kind::OutOfMemory, "Runtime.OutOfMemory",
        "Runtime exited with error: signal: killed");
}

void RuntimeApiTest::reportsExits()
{
    QFETCH(int, exitKind);
    QFETCH(int, value);
    QFETCH(QString, type);
    QFETCH(QString, message);
    const auto kind = static_cast<sandbox::Exit::Kind>(exitKind);
    {
        Fixture f;
        Client client = f.ready();
        f.invoke("id");
        client.receive();
        f.engine.last->exit(kind, value);
        client.close();
        QVERIFY(f.answered());
        QTEST(int(f.outcome->kind), "kind");
        QCOMPARE(QString::fromStdString(f.outcome->errorType), type);
        QCOMPARE(QString::fromStdString(f.outcome->errorMessage),
                 "RequestId: id Error: " + message);
        QVERIFY(!f.outcome->usable);
    }
    Fixture f;
    f.start();
    f.engine.last->write("half a line");
    f.engine.last->exit(kind, value);
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QCOMPARE(QString::fromStdString(f.init->errorType), type);
    QCOMPARE(QString::fromStdString(f.init->errorMessage), message);
    QCOMPARE(f.lines, QStringList{"half a line"});
}

void RuntimeApiTest::prefersTheAnswerOverTheExit()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    // Both are there before the platform looks: the exit is seen first.
    f.engine.last->exit(sandbox::Exit::Kind::Exited, 0);
    client.send(responseTo("id", "\"last words\""));
    client.close();
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::Response);
    QCOMPARE(f.outcome->payload, "\"last words\"");
    QVERIFY(!f.outcome->usable);
}

void RuntimeApiTest::timesOut()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id", "{}", 30'000);
    client.receive();
    f.engine.last->write("working");
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::Timeout);
    QCOMPARE(f.outcome->errorType, "Sandbox.Timedout");
    QCOMPARE(
        f.outcome->payload,
        "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: id Error: Task timed "
        "out after 0.03 seconds\"}");
    QVERIFY(!f.outcome->usable);
    QVERIFY(f.engine.last->kills > 0);
    QCOMPARE(f.lines, QStringList{"working"});
}

void RuntimeApiTest::deliversAgainWhenTheRuntimeWasLost()
{
    Fixture f;
    Client client = f.ready();
    client.close();
    f.invoke("id", "{\"x\":1}");
    f.pump();
    QVERIFY(!f.outcome);
    Client again(f.io, f.engine.last->port);
    again.send(get("invocation/next"));
    QCOMPARE(again.receive().body, "{\"x\":1}");
}

void RuntimeApiTest::freezesOnlyAParkedRuntime()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    client.exchange(responseTo("id", "1"));
    QVERIFY(f.answered());
    f.environment->freeze();
    f.pump();
    QCOMPARE(f.engine.last->freezes, 0);
    client.send(get("invocation/next"));
    QVERIFY(f.waitFor([&] { return f.engine.last->freezes == 1; }));
}

void RuntimeApiTest::endsARuntimeThatDoesNotComeBack()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id", "{}", 50'000);
    client.receive();
    client.exchange(responseTo("id", "1"));
    QVERIFY(f.answered());
    QVERIFY(f.waitFor([&] { return f.died; }));
    QVERIFY(f.engine.last->kills > 0);
}

void RuntimeApiTest::tellsOfDeathWhileIdle()
{
    Fixture f;
    Client client = f.ready();
    f.engine.last->exit(sandbox::Exit::Kind::Exited, 1);
    QVERIFY(f.waitFor([&] { return f.died; }));
    f.invoke("id");
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::Failure);
}

void RuntimeApiTest::deliversLogLinesBeforeTheAnswer()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    f.engine.last->write("one\ntwo\n\n\xffthree");
    const std::string error = "to stderr\n";
    QCOMPARE(::write(f.engine.last->standardError.get(), error.data(), error.size()),
             static_cast<ssize_t>(error.size()));
    client.send(responseTo("id", "1"));
    QVERIFY(f.answered());
    f.lines.sort(); // the order between the two outputs is open
    QCOMPARE(f.lines,
             (QStringList{"", "one", "to stderr", "two", QString(QChar(0xFFFD)) + "three"}));

    f.lines.clear();
    const std::string endless(40'000, 'x');
    for (int i = 0; i < 10; ++i) {
        f.engine.last->write(endless);
        f.pump();
    }
    f.engine.last->write("\n");
    QVERIFY(f.waitFor([&] { return f.lines.size() == 2; }));
    QCOMPARE(f.lines[0].size(), 256 * 1024);
    QCOMPARE(f.lines[0].size() + f.lines[1].size(), 400'000);
}

void RuntimeApiTest::survivesItsOwnDestructionInACallback()
{
    Fixture f;
    Client client = f.ready();
    Invocation invocation;
    invocation.requestId = "id";
    bool done = false;
    f.environment->invoke(std::move(invocation), [&](InvocationOutcome) {
        f.environment.reset();
        done = true;
    });
    client.receive();
    client.send(responseTo("id", "1"));
    QVERIFY(f.waitFor([&] { return done; }));
    f.pump();
    QVERIFY(f.engine.last->destroyed);

    Fixture g;
    g.start();
    Client failing(g.io, g.engine.last->port);
    g.environment.reset();
    g.pump();
    QVERIFY(g.engine.last->destroyed);
}

void RuntimeApiTest::shutsDown()
{
    Fixture f;
    Client client = f.ready();
    f.environment->freeze();
    f.pump();
    bool done = false;
    f.environment->shutdown([&] { done = true; });
    QCOMPARE(f.engine.last->thaws, 1);
    QVERIFY(f.waitFor([&] { return done; }));
    QVERIFY(!f.died);
}

QTEST_GUILESS_MAIN(RuntimeApiTest)
#include "runtime_api_test.moc"
