#include "aws/lambda.pb.h"
#include "backend/base/error.h"
#include "backend/iam/account.h"
#include "backend/wire/http_server.h"
#include "tests/support/sign.h"

#include <QDateTime>
#include <QTemporaryDir>
#include <QTest>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <future>
#include <thread>

#include <sys/socket.h>

using namespace gantry;
namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace lambda = gantry::aws::lambda;
using asio::ip::tcp;
using Response = http::response<http::string_body>;

namespace {

constexpr int kWaitMs = 20'000;
constexpr char kInvoke[] = "/2015-03-31/functions/echo/invocations";

// A request as a client would send it; sign() makes AWS's signature of what it is then.
struct Request {
    std::string method = "POST";
    std::string path = kInvoke;
    std::string query;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    Request& with(const std::string& name, const std::string& value)
    {
        headers.emplace_back(name, value);
        return *this;
    }

    Request& sign(const iam::Credential& key)
    {
        const std::string time =
            QDateTime::currentDateTimeUtc().toString("yyyyMMdd'T'HHmmss'Z'").toStdString();
        with("X-Amz-Date", time);
        HttpRequest request{method, path, query, {}, body};
        for (const auto& [name, value] : headers)
            request.headers.push_back({name, value});
        return with("Authorization", test::authorization(key, request, time));
    }

    std::string head(bool withLength = true) const
    {
        std::string out =
            method + " " + path + (query.empty() ? "" : "?" + query) + " HTTP/1.1\r\n";
        for (const auto& [name, value] : headers)
            out += name + ": " + value + "\r\n";
        if (withLength)
            out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return out + "\r\n";
    }
    std::string bytes() const { return head() + body; }
};

// A blocking client that gives up instead of hanging the test.
class Client final {
public:
    explicit Client(int port) : m_socket(m_io)
    {
        m_socket.connect(
            tcp::endpoint(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)));
        const timeval timeout{kWaitMs / 1000, 0};
        ::setsockopt(m_socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    }

    void send(const std::string& bytes)
    {
        boost::system::error_code ignored; // the server may have closed its end
        asio::write(m_socket, asio::buffer(bytes), ignored);
    }

    Response read()
    {
        http::response_parser<http::string_body> parser;
        parser.body_limit(boost::none);
        boost::system::error_code error;
        http::read(m_socket, m_buffer, parser, error);
        if (error)
            return Response(http::status::unknown, 11);
        return parser.release();
    }

    Response exchange(const std::string& bytes)
    {
        send(bytes);
        return read();
    }

    // Whether the server ends the connection (and sends nothing more).
    bool isClosed()
    {
        char byte = 0;
        boost::system::error_code error;
        m_socket.read_some(asio::buffer(&byte, 1), error);
        return error == asio::error::eof || error == asio::error::connection_reset;
    }

    tcp::socket& socket() { return m_socket; }

private:
    asio::io_context m_io;
    tcp::socket m_socket;
    boost::beast::flat_buffer m_buffer;
};

} // namespace

class HttpServerTest final : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void invokesOverOneConnection();
    void takesRequestsInAnyPieces();
    void answersPipelinedRequestsInOrder();
    void answersLater();
    void refuses_data();
    void refuses();
    void acceptsLocalNames_data();
    void acceptsLocalNames();
    void limitsBodies();
    void limitsChunkedBodies();
    void continuesWhenAsked();
    void answersWhatIsNotHttp_data();
    void answersWhatIsNotHttp();
    void keepsHeadersInTheirLines();
    void cancelsTheCallOfAClientThatHangsUp();
    void cancelsCallsWhenItCloses();
    void closesSlowConnections();
    void dropsTheLongestIdleWhenFull();
    void saysWhyItCannotListen();
    void outlivesLateReplies();

private:
    void start(wire::HttpOptions options);
    Request request(const std::string& body = "{}")
    {
        Request made;
        made.body = body;
        return made.with("Host", "127.0.0.1:" + std::to_string(m_port));
    }
    std::string signedInvoke(const std::string& body = "{}")
    {
        return request(body).sign(m_account->root()).bytes();
    }
    template <class F> void onIo(F work)
    {
        std::promise<void> done;
        asio::post(*m_io, [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }

    using Late = api::Reply<lambda::InvocationResponse>;

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<iam::Account> m_account;
    std::unique_ptr<asio::io_context> m_io;
    std::unique_ptr<api::OperationTable> m_table;
    std::unique_ptr<wire::HttpServer> m_server;
    std::thread m_thread;
    Clock m_clock;
    int m_port = 0;
    std::atomic<int> m_waiting = 0; // calls that have not been answered
    std::atomic<int> m_cancelled = 0;
    std::vector<Late> m_late; // I/O thread
};

void HttpServerTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    auto account = iam::Account::open(m_directory->path().toStdString());
    QVERIFY(account.ok());
    m_account = std::make_unique<iam::Account>(*std::move(account));
    m_waiting = m_cancelled = 0;
    start({});
}

void HttpServerTest::start(wire::HttpOptions options)
{
    cleanup();
    m_io = std::make_unique<asio::io_context>();
    m_table = std::make_unique<api::OperationTable>();
    m_table->on<lambda::InvocationRequest, lambda::InvocationResponse>(
        [this](api::CallPtr call, const lambda::InvocationRequest& request, Late reply) {
            if (request.function_name() == "wait") {
                ++m_waiting;
                call->onCancelled = [this] { ++m_cancelled; };
                m_late.push_back(std::move(reply));
                return;
            }
            if (request.function_name() == "later") {
                asio::post(*m_io, [reply] { reply(lambda::InvocationResponse()); });
                return;
            }
            lambda::InvocationResponse response;
            response.set_status_code(200);
            response.set_payload(request.payload());
            response.set_executed_version(call->accountId + " " + call->principalArn);
            if (request.function_name() == "inject")
                response.set_function_error("Unhandled\r\nX-Injected: 1");
            reply(response);
        });
    m_table->on<lambda::GetFunctionRequest, lambda::GetFunctionResponse>(
        [](api::CallPtr, const lambda::GetFunctionRequest&,
           api::Reply<lambda::GetFunctionResponse> reply) { reply(notFound("gone")); });
    m_server = std::make_unique<wire::HttpServer>(*m_io, *m_table, *m_account, m_clock,
                                                  std::move(options));
    const auto port = m_server->listen("127.0.0.1:0");
    QVERIFY(port.ok());
    m_port = *port;
    m_thread = std::thread([this] {
        const auto work = asio::make_work_guard(*m_io);
        m_io->run();
    });
}

void HttpServerTest::cleanup()
{
    if (!m_thread.joinable())
        return;
    onIo([this] {
        m_server.reset();
        m_late.clear();
    });
    m_io->stop();
    m_thread.join();
    m_io.reset();
}

void HttpServerTest::invokesOverOneConnection()
{
    Client client(m_port);
    std::string lastId;
    for (int i = 0; i < 50; ++i) {
        const std::string body = "{\"i\":" + std::to_string(i) + "}";
        Request made = request(body);
        made.query = "Qualifier=%24LATEST";
        made.with("X-Amzn-Trace-Id", "Root=1-2-3").sign(m_account->root());
        const Response response = client.exchange(made.bytes());
        QCOMPARE(int(response.result_int()), 200);
        QCOMPARE(response.body(), body);
        QCOMPARE(std::string(response["X-Amz-Executed-Version"]),
                 std::string("000000000000 arn:aws:iam::000000000000:root"));
        QCOMPARE(std::string(response["X-Amzn-Trace-Id"]), std::string("Root=1-2-3"));
        const std::string id(response["x-amzn-RequestId"]);
        QCOMPARE(id.size(), std::size_t(36));
        QVERIFY(id != lastId);
        lastId = id;
    }
    QCOMPARE(m_server->connections(), std::size_t(1));
}

void HttpServerTest::takesRequestsInAnyPieces()
{
    Client client(m_port);
    client.socket().set_option(tcp::no_delay(true));
    const std::string bytes = signedInvoke("{\"pieces\":true}");
    for (const char c : bytes)
        client.send(std::string(1, c));
    QCOMPARE(client.read().body(), std::string("{\"pieces\":true}"));
}

void HttpServerTest::answersPipelinedRequestsInOrder()
{
    Client client(m_port);
    Request slow = request();
    slow.path = "/2015-03-31/functions/later/invocations";
    std::string bytes = signedInvoke("1") + slow.sign(m_account->root()).bytes();
    for (int i = 2; i < 20; ++i)
        bytes += signedInvoke(std::to_string(i));
    client.send(bytes);
    QCOMPARE(client.read().body(), std::string("1"));
    QCOMPARE(client.read().body(), std::string());
    for (int i = 2; i < 20; ++i)
        QCOMPARE(client.read().body(), std::to_string(i));
}

void HttpServerTest::answersLater()
{
    Client client(m_port);
    Request slow = request();
    slow.path = "/2015-03-31/functions/wait/invocations";
    slow.sign(m_account->root());
    for (int i = 0; i < 3; ++i) {
        client.send(slow.bytes());
        QTRY_COMPARE_WITH_TIMEOUT(m_waiting.load(), i + 1, kWaitMs);
        onIo([&] {
            lambda::InvocationResponse response;
            response.set_payload("late");
            m_late[std::size_t(i)](response);
        });
        QCOMPARE(client.read().body(), std::string("late"));
        // In between, so that the wait for a hang-up of the call before is still in place.
        QCOMPARE(client.exchange(signedInvoke("x")).body(), std::string("x"));
    }
    QCOMPARE(m_cancelled.load(), 0);
}

void HttpServerTest::refuses_data()
{
    QTest::addColumn<QByteArray>("change");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("error");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("no signature") << QByteArray("unsigned") << 403
                                  << QByteArray("MissingAuthenticationTokenException")
                                  << QByteArray("Missing Authentication Token");
    QTest::newRow("altered body") << QByteArray("body") << 403
                                  << QByteArray("InvalidSignatureException")
                                  << QByteArray("The request signature we calculated");
    QTest::newRow("foreign host") << QByteArray("host") << 403
                                  << QByteArray("AccessDeniedException")
                                  << QByteArray("Host header");
    QTest::newRow("no host") << QByteArray("no host") << 403 << QByteArray("AccessDeniedException")
                             << QByteArray("Host header");
    QTest::newRow("OPTIONS") << QByteArray("options") << 403 << QByteArray("AccessDeniedException")
                             << QByteArray("origins");
    QTest::newRow("Origin") << QByteArray("origin") << 403 << QByteArray("AccessDeniedException")
                            << QByteArray("origins");
    QTest::newRow("unknown path") << QByteArray("path") << 404
                                  << QByteArray("UnknownOperationException")
                                  << QByteArray("/2015-03-31/nothing");
    QTest::newRow("not implemented")
        << QByteArray("declared") << 501 << QByteArray("NotImplemented")
        << QByteArray("Gantry does not implement ListFunctions yet.");
    QTest::newRow("handler's error")
        << QByteArray("handler") << 404 << QByteArray("ResourceNotFoundException")
        << QByteArray(R"({"Type":"User","Message":"gone"})");
    QTest::newRow("validation") << QByteArray("name") << 400 << QByteArray("ValidationException")
                                << QByteArray("Value '!' at 'functionName'");
}

void HttpServerTest::refuses()
{
    QFETCH(QByteArray, change);
    QFETCH(int, status);
    QFETCH(QByteArray, error);
    QFETCH(QByteArray, text);
    Request made = request();
    if (change == "host")
        made.headers[0].second = "rebound.example:80";
    if (change == "no host")
        made.headers.clear();
    if (change == "options")
        made.method = "OPTIONS";
    if (change == "origin")
        made.with("Origin", "https://example.com");
    if (change == "path")
        made.path = "/2015-03-31/nothing";
    if (change == "name")
        made.path = "/2015-03-31/functions/!/invocations";
    if (change == "declared" || change == "handler") {
        made.method = "GET";
        made.path = change == "declared" ? "/2015-03-31/functions" : "/2015-03-31/functions/f";
        made.body.clear();
    }
    if (change != "unsigned")
        made.sign(m_account->root());
    if (change == "body")
        made.body = "[]";
    Client client(m_port);
    const Response response = client.exchange(made.bytes());
    QCOMPARE(int(response.result_int()), status);
    QCOMPARE(std::string(response["x-amzn-ErrorType"]), error.toStdString());
    QCOMPARE(std::string(response["Content-Type"]), std::string("application/json"));
    QCOMPARE(std::string(response["x-amzn-RequestId"]).size(), std::size_t(36));
    QVERIFY2(QByteArray::fromStdString(response.body()).contains(text), response.body().c_str());
}

void HttpServerTest::acceptsLocalNames_data()
{
    QTest::addColumn<QByteArray>("host");
    for (const char* host : {"localhost", "LOCALHOST:9000", "127.0.0.1", "[::1]:9000",
                             "lambda.us-east-1.localhost:9000", "gantry.example:9000"})
        QTest::newRow(host) << QByteArray(host);
}

void HttpServerTest::acceptsLocalNames()
{
    QFETCH(QByteArray, host);
    start({.hosts = {"gantry.example"}});
    Request made = request();
    made.headers[0].second = host.toStdString();
    Client client(m_port);
    QCOMPARE(int(client.exchange(made.sign(m_account->root()).bytes()).result_int()), 200);
}

void HttpServerTest::limitsBodies()
{
    const std::string most(6 * 1024 * 1024, 'x');
    Client client(m_port);
    QVERIFY(client.exchange(signedInvoke(most)).body() == most);
    const Response response = client.exchange(signedInvoke(most + "x"));
    QCOMPARE(int(response.result_int()), 413);
    QCOMPARE(std::string(response["x-amzn-ErrorType"]), std::string("RequestTooLargeException"));
    QCOMPARE(response.body(),
             std::string(R"({"Type":"User","message":"Request must be smaller than 6291456 bytes )"
                         R"(for the InvokeFunction operation"})"));
    QVERIFY(client.isClosed());

    // A package may be bigger; this one is refused for what it lacks, not for its size.
    Request create =
        request("{\"Code\":{\"ZipFile\":\"" + std::string(8 * 1024 * 1024, 'A') + "\"}}");
    create.path = "/2015-03-31/functions";
    Client other(m_port);
    QCOMPARE(int(other.exchange(create.sign(m_account->root()).bytes()).result_int()), 501);
}

void HttpServerTest::limitsChunkedBodies()
{
    Request made = request();
    made.with("Transfer-Encoding", "chunked").sign(m_account->root());
    Client small(m_port);
    QCOMPARE(small.exchange(made.head(false) + "2\r\n{}\r\n0\r\n\r\n").body(), std::string("{}"));
    Client big(m_port);
    const Response response = big.exchange(made.head(false) + "700000\r\n" +
                                           std::string(0x700000, 'x') + "\r\n0\r\n\r\n");
    QCOMPARE(int(response.result_int()), 413);
    QVERIFY(big.isClosed());
}

void HttpServerTest::continuesWhenAsked()
{
    Request made = request("{\"expected\":1}");
    made.with("Expect", "100-continue").sign(m_account->root());
    Client client(m_port);
    QCOMPARE(int(client.exchange(made.head()).result_int()), 100);
    QCOMPARE(client.exchange(made.body).body(), made.body);
    // What would be refused anyway need not be sent.
    Request unsigned_ = request("{}");
    unsigned_.with("Expect", "100-continue");
    QCOMPARE(int(client.exchange(unsigned_.head()).result_int()), 403);
}

void HttpServerTest::answersWhatIsNotHttp_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("no HTTP") << QByteArray("hello\r\n\r\n");
    QTest::newRow("TLS") << QByteArray("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15);
    QTest::newRow("other version") << QByteArray("GET / HTTP/9.9\r\n\r\n");
    QTest::newRow("bad header") << QByteArray("GET / HTTP/1.1\r\nno colon\r\n\r\n");
    QTest::newRow("endless header")
        << QByteArray("GET / HTTP/1.1\r\nX: ") + QByteArray(200'000, 'x');
    QTest::newRow("two lengths") << QByteArray(
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    QTest::newRow("negative length") << QByteArray("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n");
}

void HttpServerTest::answersWhatIsNotHttp()
{
    QFETCH(QByteArray, bytes);
    Client client(m_port);
    const Response response = client.exchange(bytes.toStdString());
    QCOMPARE(int(response.result_int()), 400);
    QVERIFY(client.isClosed());
}

void HttpServerTest::keepsHeadersInTheirLines()
{
    Request made = request();
    made.path = "/2015-03-31/functions/inject/invocations";
    Client client(m_port);
    const Response response = client.exchange(made.sign(m_account->root()).bytes());
    QCOMPARE(std::string(response["X-Amz-Function-Error"]), std::string("UnhandledX-Injected: 1"));
    QVERIFY(response.find("X-Injected") == response.end());
}

void HttpServerTest::cancelsTheCallOfAClientThatHangsUp()
{
    Request slow = request();
    slow.path = "/2015-03-31/functions/wait/invocations";
    slow.sign(m_account->root());
    {
        Client client(m_port);
        QCOMPARE(int(client.exchange(signedInvoke()).result_int()), 200);
        client.send(slow.bytes());
        QTRY_COMPARE_WITH_TIMEOUT(m_waiting.load(), 1, kWaitMs);
        QCOMPARE(m_cancelled.load(), 0);
    }
    QTRY_COMPARE_WITH_TIMEOUT(m_cancelled.load(), 1, kWaitMs);
    onIo([this] { m_late[0](lambda::InvocationResponse()); }); // too late, and harmless
    QTRY_COMPARE_WITH_TIMEOUT(m_server->connections(), std::size_t(0), kWaitMs);
    QCOMPARE(m_cancelled.load(), 1);
}

void HttpServerTest::cancelsCallsWhenItCloses()
{
    Request slow = request();
    slow.path = "/2015-03-31/functions/wait/invocations";
    Client client(m_port);
    client.send(slow.sign(m_account->root()).bytes());
    QTRY_COMPARE_WITH_TIMEOUT(m_waiting.load(), 1, kWaitMs);
    onIo([this] { m_server->close(); });
    QCOMPARE(m_cancelled.load(), 1);
    QVERIFY(client.isClosed());
}

void HttpServerTest::closesSlowConnections()
{
    start({.idleSeconds = 1, .drainSeconds = 1});
    Client silent(m_port);
    QVERIFY(silent.isClosed());
    // Drip-feeding the head buys no time.
    Client drip(m_port);
    bool closed = false;
    for (int i = 0; i < kWaitMs / 50 && !closed; ++i) {
        boost::system::error_code error;
        asio::write(drip.socket(), asio::buffer("G", 1), error);
        closed = bool(error);
        QTest::qWait(50);
    }
    QVERIFY(closed);
}

void HttpServerTest::dropsTheLongestIdleWhenFull()
{
    start({.maxConnections = 2});
    Client first(m_port);
    QCOMPARE(int(first.exchange(signedInvoke()).result_int()), 200);
    Client second(m_port);
    QCOMPARE(int(second.exchange(signedInvoke()).result_int()), 200);
    Client third(m_port);
    QCOMPARE(int(third.exchange(signedInvoke()).result_int()), 200);
    QVERIFY(first.isClosed());
    QCOMPARE(int(second.exchange(signedInvoke()).result_int()), 200);
}

void HttpServerTest::saysWhyItCannotListen()
{
    onIo([this] {
        const auto taken = m_server->listen("127.0.0.1:" + std::to_string(m_port));
        QVERIFY(!taken.ok());
        QVERIFY(QString::fromStdString(std::string(taken.status().message()))
                    .contains("choose another port"));
        QVERIFY(!m_server->listen("127.0.0.1").ok());
        QVERIFY(!m_server->listen("127.0.0.1:70000").ok());
        QVERIFY(!m_server->listen("nowhere.example:80").ok());
        QVERIFY(m_server->listen("localhost:0").ok());
    });
}

void HttpServerTest::outlivesLateReplies()
{
    Request slow = request();
    slow.path = "/2015-03-31/functions/wait/invocations";
    Client client(m_port);
    client.send(slow.sign(m_account->root()).bytes());
    QTRY_COMPARE_WITH_TIMEOUT(m_waiting.load(), 1, kWaitMs);
    onIo([this] {
        m_server.reset();
        m_late[0](notFound("late"));
    });
    QVERIFY(client.isClosed());
}

QTEST_GUILESS_MAIN(HttpServerTest)
#include "wire_http_test.moc"
