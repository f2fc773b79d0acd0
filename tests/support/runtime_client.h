#pragma once

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

// A runtime that a test plays itself, in an environment whose sandbox is no sandbox.
namespace gantry::test {

using namespace gantry::runtime;
using Kind = runtime::InvocationOutcome::Kind;

inline constexpr int kPatienceMillis = 20'000;
inline constexpr std::size_t kMaxResponse = 6 * 1024 * 1024 + 100;

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

inline QByteArray get(const QByteArray& path)
{
    return "GET /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

inline QByteArray post(const QByteArray& path, const QByteArray& body, const QByteArray& headers = {})
{
    return "POST /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
           "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

inline QByteArray responseTo(const char* id, const QByteArray& body, const QByteArray& headers = {})
{
    return post("invocation/" + QByteArray(id) + "/response", body, headers);
}

inline constexpr std::int64_t kMaxStream = 1000;
inline constexpr char kStreamHead[] = "POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\n"
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

} // namespace gantry::test
