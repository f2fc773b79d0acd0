#include "aws/lambda.pb.h"
#include "backend/base/error.h"
#include "backend/iam/account.h"
#include "backend/wire/grpc_server.h"
#include "gantry/v1/monitor.pb.h"
#include "gantry/v1/platform.pb.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <future>
#include <thread>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace gantry;
namespace lambda = gantry::aws::lambda;

namespace {

constexpr int kWaitMs = 20'000;

// Producer of frames as fast as the stream takes them; counts how often it was held back.
struct Flood : std::enable_shared_from_this<Flood> {
    api::StreamPtr sink;
    std::atomic<bool>& cancelled;
    std::atomic<int>& heldBack;
    int sent = 0;
    int total = 0;
    std::string padding;

    Flood(api::StreamPtr target, std::atomic<bool>& gone, std::atomic<int>& held)
        : sink(std::move(target)), cancelled(gone), heldBack(held)
    {
    }

    void run()
    {
        while (sent < total) {
            v1::MetricsFrame frame;
            frame.set_time_ms(sent);
            frame.add_functions()->set_function_name(padding);
            if (!sink->write(frame)) {
                ++heldBack;
                sink->onWritable([self = shared_from_this()] { self->run(); });
                return;
            }
            ++sent;
        }
        sink->finish(absl::OkStatus());
    }
};

} // namespace

class GrpcServerTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void init();
    void answersUnaryCalls();
    void carriesBigMessages();
    void answersLater();
    void mapsErrors_data();
    void mapsErrors();
    void streamsInOrderWithFlowControl();
    void tellsTheHandlerThatTheCallerHasGone();
    void endsWithUnfinishedCalls();
    void socketIsPrivate();
    void refusesOtherUsers();
    void takesOverAStaleSocketOnly();

private:
    grpc::Status call(const std::string& method, const google::protobuf::Message& request,
                      google::protobuf::Message& response, grpc::ClientContext& context);
    template <class F> void onIo(F work)
    {
        std::promise<void> done;
        boost::asio::post(*m_io, [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<iam::Account> m_account;
    std::unique_ptr<boost::asio::io_context> m_io;
    std::thread m_thread;
    api::OperationTable m_table;
    std::unique_ptr<wire::GrpcServer> m_server;
    std::string m_path;
    std::shared_ptr<grpc::Channel> m_channel;
    std::atomic<bool> m_cancelled = false;
    std::atomic<int> m_heldBack = 0;
    std::thread::id m_handlerThread;
};

void GrpcServerTest::initTestCase()
{
    m_directory = std::make_unique<QTemporaryDir>();
    auto account = iam::Account::open(m_directory->path().toStdString());
    QVERIFY(account.ok());
    m_account = std::make_unique<iam::Account>(*std::move(account));
    m_io = std::make_unique<boost::asio::io_context>();
    m_path = m_directory->filePath("grpc.sock").toStdString();

    using boost::asio::steady_timer;
    m_table.on<v1::GetPlatformRequest, v1::PlatformInfo>(
        [this](api::CallPtr call, const v1::GetPlatformRequest&,
               api::Reply<v1::PlatformInfo> reply) {
            m_handlerThread = std::this_thread::get_id();
            v1::PlatformInfo info;
            info.set_account_id(call->console ? call->accountId : "not the console");
            reply(info);
        });
    m_table.on<lambda::InvocationRequest, lambda::InvocationResponse>(
        [](api::CallPtr, const lambda::InvocationRequest& request,
           api::Reply<lambda::InvocationResponse> reply) {
            lambda::InvocationResponse response;
            response.set_payload(request.payload());
            reply(response);
        });
    m_table.on<lambda::GetFunctionRequest, lambda::GetFunctionResponse>(
        [](api::CallPtr, const lambda::GetFunctionRequest& request,
           api::Reply<lambda::GetFunctionResponse> reply) {
            if (request.function_name() == "throttled")
                reply(throttled("CallerRateLimitExceeded"));
            else
                reply(notFound("Function not found: " + request.function_name() +
                               std::string(10'000, '.')));
        });
    m_table.on<v1::QueryMetricsRequest, v1::QueryMetricsResponse>(
        [this](api::CallPtr, const v1::QueryMetricsRequest&,
               api::Reply<v1::QueryMetricsResponse> reply) {
            auto timer = std::make_shared<steady_timer>(*m_io, std::chrono::milliseconds(20));
            timer->async_wait([timer, reply](auto) {
                v1::QueryMetricsResponse response;
                response.set_width_ms(1000);
                reply(response);
            });
        });
    // Never answers: it waits to be told that nobody wants the answer any more.
    m_table.on<v1::QueryLogsRequest, v1::LogBatch>(
        [this](api::CallPtr call, const v1::QueryLogsRequest&, api::Reply<v1::LogBatch>) {
            call->onCancelled = [this] { m_cancelled = true; };
        });
    m_table.onStream<v1::WatchMetricsRequest>(
        [this](api::CallPtr call, const v1::WatchMetricsRequest& request, api::StreamPtr sink) {
            auto flood = std::make_shared<Flood>(sink, m_cancelled, m_heldBack);
            flood->total = request.max_rate_hz();
            flood->padding = request.function_name();
            call->onCancelled = [this] { m_cancelled = true; };
            if (flood->total > 0)
                flood->run();
        });

    m_server = std::make_unique<wire::GrpcServer>(*m_io, m_table, *m_account);
    const absl::Status listening = m_server->listen(m_path);
    QVERIFY2(listening.ok(), std::string(listening.message()).c_str());
    m_thread = std::thread([this] {
        const auto work = boost::asio::make_work_guard(*m_io);
        m_io->run();
    });
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    m_channel =
        grpc::CreateCustomChannel("unix:" + m_path, grpc::InsecureChannelCredentials(), arguments);
    QVERIFY(m_channel->WaitForConnected(std::chrono::system_clock::now() +
                                        std::chrono::milliseconds(kWaitMs)));
}

void GrpcServerTest::cleanupTestCase()
{
    if (m_server)
        onIo([this] { m_server.reset(); });
    QVERIFY(!QFile::exists(QString::fromStdString(m_path)));
    m_io->stop();
    m_thread.join();
}

void GrpcServerTest::init()
{
    m_cancelled = false;
    m_heldBack = 0;
}

grpc::Status GrpcServerTest::call(const std::string& method,
                                  const google::protobuf::Message& request,
                                  google::protobuf::Message& response, grpc::ClientContext& context)
{
    const grpc::internal::RpcMethod rpc(method.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
    return grpc::internal::BlockingUnaryCall<google::protobuf::Message, google::protobuf::Message,
                                             google::protobuf::Message, google::protobuf::Message>(
        m_channel.get(), rpc, &context, request, &response);
}

void GrpcServerTest::answersUnaryCalls()
{
    for (int i = 0; i < 100; ++i) {
        grpc::ClientContext context;
        v1::PlatformInfo info;
        const grpc::Status status =
            call("/gantry.v1.Platform/GetPlatform", v1::GetPlatformRequest(), info, context);
        QVERIFY2(status.ok(), status.error_message().c_str());
        QCOMPARE(info.account_id(), std::string("000000000000"));
    }
    QVERIFY(m_handlerThread == m_thread.get_id());
}

void GrpcServerTest::carriesBigMessages()
{
    lambda::InvocationRequest request;
    request.set_function_name("f");
    request.set_payload(std::string(16 * 1024 * 1024, 'x'));
    lambda::InvocationResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        call("/gantry.aws.lambda.Lambda/Invoke", request, response, context);
    QVERIFY2(status.ok(), status.error_message().c_str());
    QVERIFY(response.payload() == request.payload());
}

void GrpcServerTest::answersLater()
{
    grpc::ClientContext context;
    v1::QueryMetricsResponse response;
    QVERIFY(
        call("/gantry.v1.Monitor/QueryMetrics", v1::QueryMetricsRequest(), response, context).ok());
    QCOMPARE(response.width_ms(), 1000);
}

void GrpcServerTest::mapsErrors_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("function");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("text");
    const QByteArray get("/gantry.aws.lambda.Lambda/GetFunction");
    QTest::newRow("of the handler, long")
        << get << QByteArray("f") << int(grpc::StatusCode::NOT_FOUND)
        << QByteArray("ResourceNotFoundException") << QByteArray("Function not found: f");
    QTest::newRow("throttled") << get << QByteArray("throttled")
                               << int(grpc::StatusCode::RESOURCE_EXHAUSTED)
                               << QByteArray("TooManyRequestsException")
                               << QByteArray("Rate Exceeded.");
    QTest::newRow("of the validation")
        << get << QByteArray("no name") << int(grpc::StatusCode::INVALID_ARGUMENT)
        << QByteArray("ValidationException")
        << QByteArray("1 validation error detected: Value 'no name' at 'functionName'");
    QTest::newRow("declared, not implemented")
        << QByteArray("/gantry.aws.lambda.Lambda/DeleteFunction") << QByteArray("f")
        << int(grpc::StatusCode::UNIMPLEMENTED) << QByteArray("NotImplemented")
        << QByteArray("Gantry does not implement DeleteFunction yet.");
    QTest::newRow("not declared") << QByteArray("/gantry.v9.Nothing/Do") << QByteArray("f")
                                  << int(grpc::StatusCode::UNIMPLEMENTED)
                                  << QByteArray("ServiceException")
                                  << QByteArray("This gantryd does not know");
}

void GrpcServerTest::mapsErrors()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, function);
    QFETCH(int, code);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, text);
    lambda::GetFunctionRequest request;
    request.set_function_name(function.toStdString());
    lambda::GetFunctionResponse response;
    grpc::ClientContext context;
    const grpc::Status status = call(method.toStdString(), request, response, context);
    QCOMPARE(int(status.error_code()), code);
    QVERIFY2(QByteArray::fromStdString(status.error_message()).startsWith(text),
             status.error_message().c_str());
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto found = trailers.find("gantry-error");
    QVERIFY(found != trailers.end());
    QCOMPARE(QByteArray(found->second.data(), int(found->second.size())), name);
}

void GrpcServerTest::streamsInOrderWithFlowControl()
{
    v1::WatchMetricsRequest request;
    request.set_max_rate_hz(2'000);
    request.set_function_name(std::string(10'000, 'f')); // 20 MB in all: more than any window
    grpc::ClientContext context;
    const grpc::internal::RpcMethod rpc("/gantry.v1.Monitor/WatchMetrics",
                                        grpc::internal::RpcMethod::SERVER_STREAMING);
    const std::unique_ptr<grpc::ClientReader<v1::MetricsFrame>> reader(
        grpc::internal::ClientReaderFactory<v1::MetricsFrame>::Create(m_channel.get(), rpc,
                                                                      &context, request));
    v1::MetricsFrame frame;
    std::int64_t next = 0;
    while (reader->Read(&frame)) {
        QCOMPARE(frame.time_ms(), next);
        ++next;
    }
    QCOMPARE(next, std::int64_t(2'000));
    QVERIFY(reader->Finish().ok());
    QVERIFY(m_heldBack > 0);
    QVERIFY(!m_cancelled);
}

void GrpcServerTest::tellsTheHandlerThatTheCallerHasGone()
{
    // A call without an answer, and a stream that is not read.
    {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
        v1::LogBatch response;
        const auto status =
            call("/gantry.v1.Monitor/QueryLogs", v1::QueryLogsRequest(), response, context);
        QCOMPARE(int(status.error_code()), int(grpc::StatusCode::DEADLINE_EXCEEDED));
        QTRY_VERIFY_WITH_TIMEOUT(m_cancelled, kWaitMs);
    }
    m_cancelled = false;
    v1::WatchMetricsRequest request;
    request.set_max_rate_hz(1'000'000);
    request.set_function_name(std::string(100'000, 'f'));
    grpc::ClientContext context;
    const grpc::internal::RpcMethod rpc("/gantry.v1.Monitor/WatchMetrics",
                                        grpc::internal::RpcMethod::SERVER_STREAMING);
    const std::unique_ptr<grpc::ClientReader<v1::MetricsFrame>> reader(
        grpc::internal::ClientReaderFactory<v1::MetricsFrame>::Create(m_channel.get(), rpc,
                                                                      &context, request));
    v1::MetricsFrame frame;
    QVERIFY(reader->Read(&frame));
    QTRY_VERIFY_WITH_TIMEOUT(m_heldBack > 0, kWaitMs);
    QVERIFY(!m_cancelled);
    context.TryCancel();
    QTRY_VERIFY_WITH_TIMEOUT(m_cancelled, kWaitMs);
    QCOMPARE(int(reader->Finish().error_code()), int(grpc::StatusCode::CANCELLED));
}

void GrpcServerTest::endsWithUnfinishedCalls()
{
    // A second server on the same I/O thread, stopped on it while a call and a stream are open.
    const std::string path = m_directory->filePath("second.sock").toStdString();
    std::unique_ptr<wire::GrpcServer> server;
    onIo([&] {
        server = std::make_unique<wire::GrpcServer>(*m_io, m_table, *m_account);
        QVERIFY(server->listen(path).ok());
    });
    const auto channel = grpc::CreateChannel("unix:" + path, grpc::InsecureChannelCredentials());
    v1::WatchMetricsRequest request;
    request.set_max_rate_hz(1'000'000);
    request.set_function_name(std::string(100'000, 'f'));
    grpc::ClientContext context;
    const grpc::internal::RpcMethod rpc("/gantry.v1.Monitor/WatchMetrics",
                                        grpc::internal::RpcMethod::SERVER_STREAMING);
    const std::unique_ptr<grpc::ClientReader<v1::MetricsFrame>> reader(
        grpc::internal::ClientReaderFactory<v1::MetricsFrame>::Create(channel.get(), rpc, &context,
                                                                      request));
    QTRY_VERIFY_WITH_TIMEOUT(m_heldBack > 0, kWaitMs);
    QElapsedTimer timer;
    timer.start();
    onIo([&] { server.reset(); });
    QVERIFY2(timer.elapsed() < kWaitMs, "shutting down waits for the clients");
    v1::MetricsFrame frame;
    while (reader->Read(&frame)) {
    }
    QVERIFY(!reader->Finish().ok());
    QTRY_VERIFY_WITH_TIMEOUT(m_cancelled, kWaitMs);
}

void GrpcServerTest::socketIsPrivate()
{
    struct stat info {};
    QCOMPARE(::stat(m_path.c_str(), &info), 0);
    QCOMPARE(int(info.st_mode & 0777), 0600);
}

void GrpcServerTest::refusesOtherUsers()
{
    if (::geteuid() != 0)
        QSKIP("needs root to become another user");
    // As if someone had opened the way for others: only the kernel's word for the peer is left.
    QCOMPARE(::chmod(m_path.c_str(), 0666), 0);
    QCOMPARE(::chmod(m_directory->path().toLocal8Bit().data(), 0755), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, m_path.c_str(), sizeof address.sun_path - 1);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        char byte = 0;
        if (::setuid(65534) != 0 ||
            ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            ::_exit(2);
        // gRPC greets at once with its settings; a refused peer only sees the end.
        ::_exit(::read(fd, &byte, 1) == 1 ? 1 : 0);
    }
    int result = -1;
    QCOMPARE(::waitpid(child, &result, 0), child);
    QCOMPARE(result, 0);
    QCOMPARE(::chmod(m_path.c_str(), 0600), 0);
}

void GrpcServerTest::takesOverAStaleSocketOnly()
{
    const std::string path = m_directory->filePath("stale.sock").toStdString();
    // A socket whose owner died without removing it.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    QCOMPARE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
    QFile plain(m_directory->filePath("plain"));
    QVERIFY(plain.open(QIODevice::WriteOnly));
    onIo([&] {
        wire::GrpcServer taker(*m_io, m_table, *m_account);
        QVERIFY(taker.listen(path).ok());
        wire::GrpcServer second(*m_io, m_table, *m_account);
        QVERIFY(std::string(second.listen(path).message()).find("Another gantryd") !=
                std::string::npos);
        QVERIFY(!second.listen(plain.fileName().toStdString()).ok());
        QVERIFY(!second.listen(std::string(200, 'x')).ok());
    });
    QVERIFY(plain.exists());
    QVERIFY(!QFile::exists(QString::fromStdString(path)));
}

QTEST_GUILESS_MAIN(GrpcServerTest)
#include "wire_grpc_test.moc"
