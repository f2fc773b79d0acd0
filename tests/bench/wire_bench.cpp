// What the AWS front costs: warm Invoke of an operation that echoes, with SigV4, beside a bare Node
// HTTP echo on the same machine in the same run. Then what deciding the call and keeping the decision
// in the audit log add to it, turn by turn.
//
//   ninja -C build wire_bench && build/bin/wire_bench [seconds per row]
#include "aws/lambda.pb.h"
#include "backend/iam/access.h"
#include "backend/iam/account.h"
#include "backend/iam/audit_log.h"
#include "backend/iam/directory.h"
#include "backend/wire/http_server.h"
#include "tests/support/sign.h"

#include <absl/strings/str_format.h>
#include <absl/time/clock.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace gantry;
namespace asio = boost::asio;
namespace lambda = gantry::aws::lambda;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr char kPath[] = "/2015-03-31/functions/echo/invocations";

// An Invoke as boto3 sends it; its signature is good for five minutes.
std::string signedInvoke(const iam::Credential& key, int port, const std::string& body)
{
    const std::string time = absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone());
    const std::string host = "127.0.0.1:" + std::to_string(port);
    const HttpRequest request{"POST", kPath, "", {{"Host", host}, {"X-Amz-Date", time}}, body};
    return std::string("POST ") + kPath + " HTTP/1.1\r\nHost: " + host +
           "\r\nAccept-Encoding: identity\r\nUser-Agent: bench\r\nX-Amz-Date: " + time +
           "\r\nX-Amz-Invocation-Type: RequestResponse\r\nAuthorization: " +
           test::authorization(key, request, time) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// One keep-alive connection that sends the request again as soon as its answer is there.
class Load final : public std::enable_shared_from_this<Load> {
public:
    Load(asio::io_context& io, int port, const std::string& request, Clock::time_point end,
         std::vector<double>& micros)
        : m_socket(io), m_request(request), m_end(end), m_micros(micros)
    {
        m_socket.connect(
            tcp::endpoint(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)));
        m_socket.set_option(tcp::no_delay(true));
    }

    void next()
    {
        m_begin = Clock::now();
        if (m_begin > m_end)
            return;
        asio::async_write(m_socket, asio::buffer(m_request),
                          [self = shared_from_this()](auto error, std::size_t) {
                              if (!error)
                                  self->readHead();
                          });
    }

private:
    void readHead()
    {
        asio::async_read_until(m_socket, asio::dynamic_buffer(m_answer), "\r\n\r\n",
                               [self = shared_from_this()](auto error, std::size_t size) {
                                   if (!error)
                                       self->readBody(size);
                               });
    }

    void readBody(std::size_t headSize)
    {
        if (m_answer.compare(9, 3, "200") != 0) {
            std::fprintf(stderr, "%s\n", m_answer.c_str());
            std::exit(1);
        }
        std::size_t at = m_answer.find("ontent-");
        while (at != std::string::npos && (m_answer[at + 7] | 32) != 'l')
            at = m_answer.find("ontent-", at + 1);
        const std::size_t total = headSize + std::strtoul(m_answer.c_str() + at + 15, nullptr, 10);
        if (m_answer.size() >= total) {
            done();
            return;
        }
        asio::async_read(m_socket, asio::dynamic_buffer(m_answer),
                         asio::transfer_exactly(total - m_answer.size()),
                         [self = shared_from_this()](auto error, std::size_t) {
                             if (!error)
                                 self->done();
                         });
    }

    void done()
    {
        m_micros.push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - m_begin).count());
        m_answer.clear();
        next();
    }

    tcp::socket m_socket;
    const std::string& m_request;
    Clock::time_point m_end;
    std::vector<double>& m_micros;
    Clock::time_point m_begin;
    std::string m_answer;
};

double cpuSeconds(clockid_t clock)
{
    timespec time{};
    clock_gettime(clock, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

struct Measured {
    double p50 = 0, p99 = 0, perSecond = 0, cpuMicros = 0;
};

Measured load(int port, const std::string& request, int connections, double seconds,
              clockid_t serverClock)
{
    asio::io_context io;
    std::vector<double> micros;
    const auto begin = Clock::now();
    const double cpu = cpuSeconds(serverClock);
    for (int i = 0; i < connections; ++i)
        std::make_shared<Load>(io, port, request,
                               begin + std::chrono::milliseconds(int(seconds * 1000)), micros)
            ->next();
    io.run();
    const double wall = std::chrono::duration<double>(Clock::now() - begin).count();
    const double cpuMicros = (cpuSeconds(serverClock) - cpu) * 1e6 / double(micros.size());
    std::sort(micros.begin(), micros.end());
    return {micros[micros.size() / 2], micros[micros.size() * 99 / 100],
            double(micros.size()) / wall, cpuMicros};
}

void measure(const char* name, int port, const std::string& request, int connections,
             double seconds, clockid_t serverClock)
{
    const Measured row = load(port, request, connections, seconds, serverClock);
    absl::PrintF("%-18s %4d %10.0f %10.0f %10.0f %14.1f\n", name, connections, row.p50, row.p99,
                 row.perSecond, row.cpuMicros);
}

double medianOf(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// A front that decides each call of a user with two policies, and one that keeps the decision too.
class Audited final {
public:
    Audited(asio::io_context& io, const api::OperationTable& table, const iam::Account& account,
            const gantry::Clock& clock, const std::string& directory)
        : m_directory(*iam::Directory::open(io, directory + "/iam.db",
                                            GANTRY_SOURCE_DIR "/resources/iam/managed_policies.json",
                                            account, clock, keepClear())),
          m_access(*m_directory), m_log(*iam::AuditLog::open(io, directory, clock, keepClear())),
          m_decides(io, table, account, clock, options(false)),
          m_keeps(io, table, account, clock, options(true))
    {
        m_directory->change(
            [](iam::Directory::Draft& draft) {
                record::Identity& user = draft.add(iam::IdentityKind::User, "caller");
                user.add_attached("arn:aws:iam::aws:policy/AWSLambda_FullAccess");
                user.add_attached("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
                record::AccessKey& key = draft.addKey("AKIABENCHBENCHBENCH1");
                key.set_secret("secret");
                key.set_user("caller");
                return absl::OkStatus();
            },
            [](const absl::Status&) {});
        decides = *m_decides.listen("127.0.0.1:0");
        keeps = *m_keeps.listen("127.0.0.1:0");
    }

    const iam::Credential caller{"AKIABENCHBENCHBENCH1", "secret"};
    int decides = 0, keeps = 0; // ports

    void close()
    {
        m_decides.close();
        m_keeps.close();
    }

private:
    static iam::Sealing keepClear()
    {
        const auto same = [](const std::string&, const std::string& text) {
            return absl::StatusOr<std::string>(text);
        };
        return {same, same};
    }

    wire::HttpOptions options(bool keep)
    {
        wire::HttpOptions wanted;
        wanted.access = &m_access;
        wanted.audit = keep ? m_log.get() : nullptr;
        return wanted;
    }

    std::unique_ptr<iam::Directory> m_directory;
    iam::AccessControl m_access;
    std::unique_ptr<iam::AuditLog> m_log;
    wire::HttpServer m_decides, m_keeps;
};

// One connection, turn by turn, so that what the machine does meanwhile hits all three alike.
void compare(int plain, const Audited& audited, const iam::Credential& root, double seconds,
             clockid_t serverClock)
{
    constexpr int kTurns = 9;
    const std::string body(16, '1');
    const struct {
        const char* name;
        int port;
        std::string request;
    } rows[] = {{"no decision", plain, signedInvoke(root, plain, body)},
                {"decided", audited.decides, signedInvoke(audited.caller, audited.decides, body)},
                {"decided and kept", audited.keeps, signedInvoke(audited.caller, audited.keeps, body)}};
    std::vector<double> p50[3], cpu[3];
    for (int turn = 0; turn < kTurns; ++turn) {
        for (int i = 0; i < 3; ++i) {
            const Measured row =
                load(rows[i].port, rows[i].request, 1, seconds / kTurns, serverClock);
            p50[i].push_back(row.p50);
            cpu[i].push_back(row.cpuMicros);
        }
    }
    absl::PrintF("\n%-18s %10s %14s %8s\n", "audit, medians", "p50 us", "server CPU us", "ratio");
    for (int i = 0; i < 3; ++i)
        absl::PrintF("%-18s %10.1f %14.2f %8.3f\n", rows[i].name, medianOf(p50[i]),
                     medianOf(cpu[i]), medianOf(cpu[i]) / medianOf(cpu[0]));
}

// Starts `node -e` with an echo on a free port; gives the port, or 0 without Node.
int startNode(pid_t& pid)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return 0;
    pid = ::fork();
    if (pid == 0) {
        ::dup2(ends[1], 1);
        ::execlp("node", "node", "-e",
                 "require('http').createServer((q, r) => { const b = []; q.on('data', c => "
                 "b.push(c)); q.on('end', () => { const t = Buffer.concat(b); r.writeHead(200, "
                 "{'Content-Type': 'application/json', 'Content-Length': t.length}); r.end(t); }) "
                 "}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })",
                 nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    char text[16] = {};
    const auto size = ::read(ends[0], text, sizeof text - 1);
    ::close(ends[0]);
    return size > 0 ? std::atoi(text) : 0;
}

} // namespace

int main(int argc, char** argv)
{
    const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
    std::string directory = "/tmp/wire_bench.XXXXXX";
    if (!::mkdtemp(directory.data()))
        return 1;
    const auto account = iam::Account::open(directory);
    asio::io_context io;
    api::OperationTable table;
    table.on<lambda::InvocationRequest, lambda::InvocationResponse>(
        [&io](api::CallPtr, const lambda::InvocationRequest& request,
              api::Reply<lambda::InvocationResponse> reply) {
            lambda::InvocationResponse response;
            response.set_status_code(200);
            response.set_payload(request.payload());
            response.set_executed_version("$LATEST");
            // Later, as a function answers.
            asio::post(
                io, [reply = std::move(reply), response]() mutable { reply(std::move(response)); });
        });
    const gantry::Clock clock;
    wire::HttpServer server(io, table, *account, clock);
    const int port = *server.listen("127.0.0.1:0");
    Audited audited(io, table, *account, clock, directory);
    clockid_t serverClock = 0;
    std::thread thread([&] {
        const auto work = asio::make_work_guard(io);
        io.run();
    });
    pthread_getcpuclockid(thread.native_handle(), &serverClock);
    pid_t node = 0;
    clockid_t nodeClock = 0;
    const int nodePort = startNode(node);
    if (nodePort > 0)
        clock_getcpuclockid(node, &nodeClock);

    absl::PrintF("%-18s %4s %10s %10s %10s %14s\n", "server, body", "conn", "p50 us", "p99 us",
                 "calls/s", "server CPU us");
    for (const std::size_t size : {std::size_t(16), std::size_t(64 * 1024)}) {
        const std::string request = signedInvoke(account->root(), port, std::string(size, '1'));
        for (const int connections : {1, 16, 64}) {
            if (nodePort > 0)
                measure(absl::StrFormat("node echo, %d", size).c_str(), nodePort, request,
                        connections, seconds, nodeClock);
            measure(absl::StrFormat("gantry, %d", size).c_str(), port, request, connections,
                    seconds, serverClock);
        }
    }
    compare(port, audited, account->root(), seconds * 3, serverClock);
    asio::post(io, [&] {
        server.close();
        audited.close();
        io.stop();
    });
    thread.join();
    if (nodePort > 0)
        ::kill(node, SIGKILL);
    ::waitpid(node, nullptr, 0);
    std::filesystem::remove_all(directory);
    return 0;
}
