#include "backend/api/develop.h"
#include "backend/api/function_feed.h"
#include "backend/api/lambda_invoke.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/registry.h"
#include "backend/invoke/async_queue.h"
#include "backend/invoke/dispatcher.h"
#include "gantry/v1/develop.pb.h"
#include "tests/unit/backend/zip_maker.h"

#include <boost/asio/io_context.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace gantry;
namespace lambda = gantry::aws::lambda;

namespace {

// Keeps what it is asked to run; the test says what comes of it.
class FakeDispatcher final : public invoke::Dispatcher {
public:
    void invoke(invoke::Request request, Done done) override
    {
        requests.push_back(std::move(request));
        done(result);
    }
    void checkInit(functions::Target target, InitChecked done) override
    {
        checked.push_back(target.poolKey);
        done(init, {"a line"});
    }
    void retire(const std::string&, const std::string&) override {}
    int runningTotal() const override { return 0; }
    int running(const std::string&) const override { return 0; }
    void shutdown(std::function<void()>) override {}

    std::vector<invoke::Request> requests;
    std::vector<std::string> checked;
    absl::StatusOr<invoke::Result> result = invoke::Result();
    runtime::InitOutcome init;
};

class Sink final : public api::StreamSink {
public:
    bool write(const google::protobuf::Message& message) override
    {
        if (room == 0)
            return false;
        --room;
        events.push_back(static_cast<const v1::FunctionEvent&>(message));
        return true;
    }
    void onWritable(std::function<void()> callback) override { writable = std::move(callback); }
    void finish(absl::Status status) override { finished = std::move(status); }

    int room = 1000;
    std::vector<v1::FunctionEvent> events;
    std::function<void()> writable;
    std::optional<absl::Status> finished;
};

} // namespace

class LambdaInvokeTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_directory.emplace();
        const std::filesystem::path path = m_directory->path().toStdString();
        m_io = std::make_unique<boost::asio::io_context>();
        m_pool = std::make_unique<WorkerPool>(1);
        m_code = *store::CodeStore::open(*m_io, *m_pool, path / "code");
        m_registry = *functions::Registry::open(*m_io, path / "functions.db", *m_code, m_clock, {});
        m_dispatcher = std::make_unique<FakeDispatcher>();
        m_table = std::make_unique<api::OperationTable>();
        m_queue = *invoke::AsyncQueue::open(*m_io, path / "events.db", m_clock, *m_registry,
                                            *m_dispatcher, m_observer, {});
        api::registerLambdaInvoke(*m_table, *m_registry, *m_dispatcher, *m_queue);
        api::registerDevelop(*m_table, *m_io, *m_registry, *m_dispatcher);
        deploy("hello");
    }

    void cleanup()
    {
        m_table.reset();
        m_queue.reset();
        m_dispatcher.reset();
        m_registry.reset();
        m_code.reset();
        m_pool.reset();
        m_io.reset();
    }

    void passesTheCallOn()
    {
        m_dispatcher->result->payload = "\"hi\"";
        m_dispatcher->result->executedVersion = "$LATEST";
        m_dispatcher->result->logTail = "a log";
        auto request = invocation("hello", "{\"a\":1}");
        request.set_log_type("Tail");
        request.set_client_context("eyJjdXN0b20iOnt9fQ==");
        const auto response = ask<lambda::InvocationResponse>(request);
        QVERIFY(response.ok());
        QCOMPARE(response->status_code(), 200);
        QCOMPARE(response->payload(), std::string("\"hi\""));
        QCOMPARE(response->executed_version(), std::string("$LATEST"));
        QCOMPARE(response->log_result(), std::string("YSBsb2c="));
        QVERIFY(!response->has_function_error());
        const invoke::Request& sent = m_dispatcher->requests.at(0);
        QCOMPARE(*sent.event, std::string("{\"a\":1}"));
        QCOMPARE(sent.clientContext, std::string("{\"custom\":{}}"));
        QCOMPARE(sent.requestId, std::string("the-request"));
        QVERIFY(sent.traceId.starts_with("Root=1-2-3;Lineage=1:"));
        QCOMPARE(sent.target.spec->functionName, std::string("hello"));
        QVERIFY(sent.logTail);
    }

    void wordsFunctionErrors()
    {
        m_dispatcher->result->functionError = true;
        m_dispatcher->result->payload = "{\"errorType\":\"E\"}";
        const auto response = ask<lambda::InvocationResponse>(invocation("hello", "{}"));
        QCOMPARE(response->status_code(), 200);
        QCOMPARE(response->function_error(), std::string("Unhandled"));
        QVERIFY(!response->has_log_result());
    }

    void readsNoPayloadAsAnEmptyEvent()
    {
        QVERIFY(ask<lambda::InvocationResponse>(invocation("hello", "")).ok());
        QCOMPARE(*m_dispatcher->requests.at(0).event, std::string("{}"));
    }

    void refuses_data()
    {
        QTest::addColumn<QString>("function");
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("payload");
        QTest::addColumn<QString>("context");
        QTest::addColumn<QString>("error");
        QTest::addColumn<int>("status");
        QTest::newRow("unknown function") << "other"
                                          << ""
                                          << "{}"
                                          << ""
                                          << "ResourceNotFoundException" << 404;
        QTest::newRow("unknown alias") << "hello:live"
                                       << ""
                                       << "{}"
                                       << ""
                                       << "ResourceNotFoundException" << 404;
        QTest::newRow("no JSON") << "hello"
                                 << ""
                                 << "{a"
                                 << ""
                                 << "InvalidRequestContentException" << 400;
        QTest::newRow("no JSON, dry run") << "hello"
                                          << "DryRun"
                                          << "{a"
                                          << ""
                                          << "InvalidRequestContentException" << 400;
        QTest::newRow("no base64") << "hello"
                                   << ""
                                   << "{}"
                                   << "%%%"
                                   << "InvalidRequestContentException" << 400;
        QTest::newRow("no object as context") << "hello"
                                              << ""
                                              << "{}"
                                              << "MQ=="
                                              << "InvalidRequestContentException" << 400;
        QTest::newRow("no JSON, asynchronous") << "hello"
                                               << "Event"
                                               << "{a"
                                               << ""
                                               << "InvalidRequestContentException" << 400;
    }

    void refuses()
    {
        QFETCH(QString, function);
        QFETCH(QString, type);
        QFETCH(QString, payload);
        QFETCH(QString, context);
        QFETCH(QString, error);
        QFETCH(int, status);
        auto request = invocation(function.toStdString(), payload.toStdString());
        if (!type.isEmpty())
            request.set_invocation_type(type.toStdString());
        if (!context.isEmpty())
            request.set_client_context(context.toStdString());
        const AwsError answered = awsErrorOf(ask<lambda::InvocationResponse>(request).status());
        QCOMPARE(QString::fromStdString(answered.name), error);
        QCOMPARE(answered.status, status);
        QVERIFY(m_dispatcher->requests.empty());
    }

    void takesAnEventForLater()
    {
        auto request = invocation("hello", "{\"n\":1}");
        request.set_invocation_type("Event");
        const auto response = ask<lambda::InvocationResponse>(request);
        QVERIFY(response.ok());
        QCOMPARE(response->status_code(), 202);
        QVERIFY(!response->has_payload() && !response->has_executed_version());
        QCOMPARE(m_queue->size(), std::size_t{1});
        QVERIFY(m_dispatcher->requests.empty());
        lambda::InvokeAsyncRequest older;
        older.set_function_name("hello");
        older.set_invoke_args("{}");
        QCOMPARE(ask<lambda::InvokeAsyncResponse>(older)->status(), 202);
        QCOMPARE(m_queue->size(), std::size_t{2});
    }

    void dryRunRunsNothing()
    {
        auto request = invocation("hello", "{}");
        request.set_invocation_type("DryRun");
        QCOMPARE(ask<lambda::InvocationResponse>(request)->status_code(), 204);
        QVERIFY(m_dispatcher->requests.empty());
    }

    void checksAnInit()
    {
        m_dispatcher->init.errorType = "Runtime.UserCodeSyntaxError";
        m_dispatcher->init.stackTrace = {"  File \"/var/task/app.py\" Line 4"};
        m_dispatcher->init.durationMicros = 12'500;
        v1::CheckInitRequest request;
        request.set_function_name("hello");
        const auto response = ask<v1::CheckInitResponse>(request);
        QVERIFY(response.ok());
        QVERIFY(!response->ok());
        QCOMPARE(response->init_ms(), 12.5);
        QCOMPARE(response->error_file(), std::string("app.py"));
        QCOMPARE(response->error_line(), 4);
        QCOMPARE(response->log(0), std::string("a line"));
        QCOMPARE(m_dispatcher->checked.size(), std::size_t{1});
        request.set_function_name("other");
        QVERIFY(!ask<v1::CheckInitResponse>(request).ok());
    }

    void givesThePackageBack()
    {
        v1::GetPackageRequest request;
        request.set_function_name("hello");
        const auto response = ask<v1::GetPackageResponse>(request);
        QVERIFY(response.ok());
        QCOMPARE(response->zip(), test::makeZip({{.name = "index.js", .data = "1"}}));
        QVERIFY(!response->code_sha256().empty());
    }

    void refusesLoadsWithoutAnEnd_data()
    {
        QTest::addColumn<int>("concurrency");
        QTest::addColumn<qint64>("count");
        QTest::addColumn<qint64>("durationMs");
        QTest::addColumn<double>("rate");
        QTest::addColumn<QByteArray>("payload");
        QTest::newRow("no end") << 1 << qint64(0) << qint64(0) << 0.0 << QByteArray("{}");
        QTest::newRow("no concurrency") << 0 << qint64(1) << qint64(0) << 0.0 << QByteArray("{}");
        QTest::newRow("too many") << 1001 << qint64(1) << qint64(0) << 0.0 << QByteArray("{}");
        QTest::newRow("too long") << 1 << qint64(0) << qint64(3'600'001) << 0.0 << QByteArray("{}");
        QTest::newRow("negative") << 1 << qint64(-5) << qint64(0) << 0.0 << QByteArray("{}");
        QTest::newRow("rate") << 1 << qint64(5) << qint64(0) << qQNaN() << QByteArray("{}");
        QTest::newRow("payload") << 1 << qint64(5) << qint64(0) << 0.0 << QByteArray("{");
    }

    void refusesLoadsWithoutAnEnd()
    {
        QFETCH(int, concurrency);
        QFETCH(qint64, count);
        QFETCH(qint64, durationMs);
        QFETCH(double, rate);
        QFETCH(QByteArray, payload);
        v1::RunLoadRequest request;
        request.set_function_name("hello");
        request.set_concurrency(concurrency);
        request.set_count(count);
        request.set_duration_ms(durationMs);
        request.set_rate_per_second(rate);
        request.set_payload(payload.toStdString());
        const auto sink = std::make_shared<Sink>();
        m_table->find(methodOf(request))->stream(std::make_shared<api::Call>(), request, sink);
        QVERIFY(sink->finished && !sink->finished->ok());
        QCOMPARE(awsErrorOf(*sink->finished).status, 400);
        QVERIFY(m_dispatcher->requests.empty());
    }

    void followsTheFunctions()
    {
        api::FunctionFeed feed(*m_registry);
        m_registry->onChange([&](const functions::Change& change) { feed.changed(change); });
        const auto sink = std::make_shared<Sink>();
        const auto slow = std::make_shared<Sink>();
        const auto call = std::make_shared<api::Call>();
        slow->room = 1;
        feed.watch(call, sink);
        feed.watch(std::make_shared<api::Call>(), slow);
        deploy("second");
        lambda::DeleteFunctionRequest remove;
        remove.set_function_name("hello");
        m_registry->remove(remove, [](const absl::Status& status) { QVERIFY(status.ok()); });
        settle();
        QVERIFY(sink->events.size() >= 4);
        QCOMPARE(sink->events[0].kind(), v1::FunctionEvent::PRESENT);
        QCOMPARE(sink->events[0].function().name(), std::string("hello"));
        QCOMPARE(sink->events[1].kind(), v1::FunctionEvent::SNAPSHOT_END);
        QCOMPARE(sink->events[2].kind(), v1::FunctionEvent::CREATED);
        QCOMPARE(sink->events[2].function().name(), std::string("second"));
        QCOMPARE(sink->events.back().kind(), v1::FunctionEvent::DELETED);
        QCOMPARE(sink->events.back().function().name(), std::string("hello"));
        // A slow reader gets the same, in the same order.
        QCOMPARE(slow->events.size(), std::size_t{1});
        slow->room = 1000;
        slow->writable();
        QCOMPARE(slow->events.size(), sink->events.size());
        for (std::size_t i = 0; i < slow->events.size(); ++i)
            QCOMPARE(slow->events[i].SerializeAsString(), sink->events[i].SerializeAsString());
        call->onCancelled();
        const std::size_t seen = sink->events.size();
        deploy("third");
        QCOMPARE(sink->events.size(), seen);
        QVERIFY(slow->events.size() > seen);
    }

private:
    static const google::protobuf::MethodDescriptor*
    methodOf(const google::protobuf::Message& request)
    {
        const auto* service = request.GetDescriptor()->file()->service(0);
        for (int i = 0; i < service->method_count(); ++i) {
            if (service->method(i)->input_type() == request.GetDescriptor())
                return service->method(i);
        }
        return nullptr;
    }

    static lambda::InvocationRequest invocation(const std::string& function,
                                                const std::string& payload)
    {
        lambda::InvocationRequest request;
        request.set_function_name(function);
        request.set_payload(payload);
        return request;
    }

    // Runs until nothing is owed any more.
    void settle()
    {
        m_io->restart();
        m_io->run();
    }

    template <class Response> absl::StatusOr<Response> ask(const google::protobuf::Message& request)
    {
        auto call = std::make_shared<api::Call>();
        call->requestId = "the-request";
        call->traceId = "Root=1-2-3";
        std::optional<absl::StatusOr<Response>> answer;
        m_table->find(methodOf(request))
            ->unary(call, request, [&](absl::StatusOr<api::MessagePtr> reply) {
                if (reply.ok())
                    answer.emplace(static_cast<const Response&>(**reply));
                else
                    answer.emplace(reply.status());
            });
        for (int i = 0; i < 10'000 && !answer; ++i) {
            m_io->restart();
            m_io->run_for(std::chrono::milliseconds(1));
        }
        if (!answer)
            qFatal("no answer");
        return *std::move(answer);
    }

    void deploy(const std::string& name)
    {
        lambda::CreateFunctionRequest request;
        request.set_function_name(name);
        request.set_runtime("nodejs22.x");
        request.set_handler("index.handler");
        request.set_role("arn:aws:iam::000000000000:role/any");
        request.mutable_code()->set_zip_file(test::makeZip({{.name = "index.js", .data = "1"}}));
        m_registry->create(request, [](const auto& reply) { QVERIFY(reply.ok()); });
        for (int i = 0; i < 10'000 && !m_registry->resolve(name, "", 0).ok(); ++i) {
            m_io->restart();
            m_io->run_for(std::chrono::milliseconds(1));
        }
        QVERIFY(m_registry->resolve(name, "", 0).ok());
    }

    std::optional<QTemporaryDir> m_directory;
    Clock m_clock;
    std::unique_ptr<boost::asio::io_context> m_io;
    std::unique_ptr<WorkerPool> m_pool;
    std::unique_ptr<store::CodeStore> m_code;
    std::unique_ptr<functions::Registry> m_registry;
    std::unique_ptr<FakeDispatcher> m_dispatcher;
    invoke::AsyncObserver m_observer;
    std::unique_ptr<invoke::AsyncQueue> m_queue;
    std::unique_ptr<api::OperationTable> m_table;
};

QTEST_GUILESS_MAIN(LambdaInvokeTest)
#include "lambda_invoke_test.moc"
