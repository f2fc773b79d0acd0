#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/registry.h"
#include "gantry/v1/monitor.pb.h"
#include "tests/unit/backend/zip_maker.h"

#include <boost/asio/io_context.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::functions;
namespace lambda = gantry::aws::lambda;
namespace fs = std::filesystem;

namespace {

constexpr const char* kRole = "arn:aws:iam::000000000000:role/any";

std::string zipOf(const std::string& code)
{
    return test::makeZip({{.name = "main.py", .data = code}});
}

lambda::CreateFunctionRequest createRequest(const std::string& name, const std::string& code = "1")
{
    lambda::CreateFunctionRequest request;
    request.set_function_name(name);
    request.set_runtime("python3.11");
    request.set_handler("main.handler");
    request.set_role(kRole);
    request.mutable_code()->set_zip_file(zipOf(code));
    return request;
}

lambda::UpdateFunctionCodeRequest codeRequest(const std::string& name, const std::string& code)
{
    lambda::UpdateFunctionCodeRequest request;
    request.set_function_name(name);
    request.set_zip_file(zipOf(code));
    return request;
}

std::string readFile(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string textOf(const absl::Status& status)
{
    return awsErrorOf(status).name + ": " + awsErrorOf(status).message;
}

// A platform's control plane on a directory of its own; made again, it is a restart.
struct Platform {
    explicit Platform(const fs::path& directory, Options options = {})
        : pool(1), code(*store::CodeStore::open(io, pool, directory / "code")),
          registry(*Registry::open(io, directory / "functions.db", *code, clock, options))
    {
    }

    // Runs until nothing is under way any more: deploys are then active.
    void settle()
    {
        io.restart();
        io.run();
    }

    template <class Call> auto ask(Call call)
    {
        std::optional<absl::StatusOr<Configuration>> answer;
        call([&](absl::StatusOr<Configuration> reply) { answer = std::move(reply); });
        while (!answer) {
            io.restart();
            if (io.run_one() == 0)
                throw std::logic_error("no answer");
        }
        return *std::move(answer);
    }
    absl::StatusOr<Configuration> create(const lambda::CreateFunctionRequest& request)
    {
        return ask([&](auto reply) { registry->create(request, std::move(reply)); });
    }
    absl::StatusOr<Configuration> updateCode(const lambda::UpdateFunctionCodeRequest& request)
    {
        return ask([&](auto reply) { registry->updateCode(request, std::move(reply)); });
    }
    absl::StatusOr<Configuration>
    updateConfiguration(const lambda::UpdateFunctionConfigurationRequest& request)
    {
        return ask([&](auto reply) { registry->updateConfiguration(request, std::move(reply)); });
    }
    absl::StatusOr<Configuration> publish(const std::string& name,
                                          const std::string& description = {})
    {
        lambda::PublishVersionRequest request;
        request.set_function_name(name);
        request.set_description(description);
        return ask([&](auto reply) { registry->publish(request, std::move(reply)); });
    }
    absl::Status remove(const std::string& name, const std::string& qualifier = {})
    {
        lambda::DeleteFunctionRequest request;
        request.set_function_name(name);
        if (!qualifier.empty())
            request.set_qualifier(qualifier);
        absl::Status result = absl::UnknownError("no answer");
        registry->remove(request, [&](absl::Status status) { result = std::move(status); });
        settle();
        return result;
    }
    absl::StatusOr<Alias> createAlias(const std::string& function, const std::string& name,
                                      const std::string& version,
                                      const std::string& additional = {}, double weight = 0)
    {
        lambda::CreateAliasRequest request;
        request.set_function_name(function);
        request.set_name(name);
        request.set_function_version(version);
        if (!additional.empty())
            (*request.mutable_routing_config()->mutable_additional_version_weights())[additional] =
                weight;
        absl::StatusOr<Alias> result = absl::UnknownError("no answer");
        registry->createAlias(request, [&](auto alias) { result = std::move(alias); });
        settle();
        return result;
    }
    // Created and active.
    void deploy(const std::string& name, const std::string& code = "1")
    {
        const auto created = create(createRequest(name, code));
        if (!created.ok())
            throw std::logic_error(textOf(created.status()));
        settle();
    }
    std::string codeOf(const std::string& name, const std::string& qualifier = {}) const
    {
        const auto target = registry->resolve(name, qualifier, 0);
        return target.ok() ? readFile(fs::path(target->spec->codeDirectory) / "main.py")
                           : textOf(target.status());
    }

    boost::asio::io_context io;
    Clock clock;
    WorkerPool pool;
    std::unique_ptr<store::CodeStore> code;
    std::unique_ptr<Registry> registry;
};

} // namespace

class FunctionsTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_directory.emplace();
        m_path = m_directory->path().toStdString();
    }

    void aNewFunctionHasLambdasDefaults()
    {
        Platform platform(m_path);
        const auto created = platform.create(createRequest("hello"));
        QVERIFY2(created.ok(), textOf(created.status()).c_str());
        const Configuration& c = *created;
        QCOMPARE(c.function_arn(),
                 std::string("arn:aws:lambda:us-east-1:000000000000:function:hello"));
        QCOMPARE(c.timeout(), 3);
        QCOMPARE(c.memory_size(), 128);
        QCOMPARE(c.ephemeral_storage().size(), 512);
        QCOMPARE(c.architectures(0), std::string("x86_64"));
        QCOMPARE(c.package_type(), std::string("Zip"));
        QCOMPARE(c.tracing_config().mode(), std::string("PassThrough"));
        QCOMPARE(c.snap_start().apply_on(), std::string("None"));
        QCOMPARE(c.snap_start().optimization_status(), std::string("Off"));
        QCOMPARE(c.logging_config().log_format(), std::string("Text"));
        QCOMPARE(c.logging_config().log_group(), std::string("/aws/lambda/hello"));
        QCOMPARE(c.version(), std::string("$LATEST"));
        QCOMPARE(c.code_size(), std::int64_t(zipOf("1").size()));
        QVERIFY(QRegularExpression(
                    QStringLiteral("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\+0000$"))
                    .match(QString::fromStdString(c.last_modified()))
                    .hasMatch());
        const auto digest = QCryptographicHash::hash(QByteArray::fromStdString(zipOf("1")),
                                                     QCryptographicHash::Sha256);
        QCOMPARE(c.code_sha256(), digest.toBase64().toStdString());
    }

    void aFunctionIsPendingUntilItsCodeIsUnpacked()
    {
        Platform platform(m_path);
        const auto created = platform.create(createRequest("hello", "print(1)"));
        QVERIFY(created.ok());
        QCOMPARE(created->state(), std::string("Pending"));
        QCOMPARE(created->state_reason_code(), std::string("Creating"));
        const auto early = platform.registry->resolve("hello", {}, 0);
        QCOMPARE(textOf(early.status()),
                 std::string("ResourceConflictException: The operation cannot be performed at this "
                             "time. The function is currently in the following state: Pending"));
        platform.settle();
        const auto active = platform.registry->describe(*platform.registry->find("hello"));
        QCOMPARE(active.state(), std::string("Active"));
        QCOMPARE(active.last_update_status(), std::string("Successful"));
        QVERIFY(!active.has_state_reason());
        QVERIFY(active.revision_id() != created->revision_id());
        QCOMPARE(active.last_modified(), created->last_modified());
        QCOMPARE(platform.codeOf("hello"), std::string("print(1)"));
    }

    void anUpdateRunsTheOldCodeUntilItIsDone()
    {
        Platform platform(m_path);
        platform.deploy("hello", "old");
        const auto before = platform.registry->resolve("hello", {}, 0);
        const auto updated = platform.updateCode(codeRequest("hello", "new"));
        QVERIFY(updated.ok());
        QCOMPARE(updated->state(), std::string("Active"));
        QCOMPARE(updated->last_update_status(), std::string("InProgress"));
        QCOMPARE(platform.codeOf("hello"), std::string("old"));
        platform.settle();
        QCOMPARE(platform.codeOf("hello"), std::string("new"));
        const auto after = platform.registry->resolve("hello", {}, 0);
        QVERIFY(after->poolKey != before->poolKey);
        // The call in flight still has its code although nothing else refers to it.
        QCOMPARE(readFile(fs::path(before->spec->codeDirectory) / "main.py"), std::string("old"));
    }

    void codeThatNobodyRunsIsRemoved()
    {
        Platform platform(m_path);
        platform.deploy("hello", "old");
        auto running = platform.registry->resolve("hello", {}, 0);
        const fs::path old = running->spec->codeDirectory;
        QVERIFY(platform.updateCode(codeRequest("hello", "new")).ok());
        platform.settle();
        QVERIFY(fs::exists(old));
        running = absl::UnknownError("ended");
        QTRY_VERIFY(!fs::exists(old));
        QTRY_VERIFY(!fs::exists(old.string() + ".zip"));
    }

private:
    std::optional<QTemporaryDir> m_directory;
    fs::path m_path;
};

QTEST_APPLESS_MAIN(FunctionsTest)
#include "functions_test.moc"
