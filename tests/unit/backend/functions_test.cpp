#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/registry.h"
#include "backend/keys/key_store.h"
#include "gantry/v1/monitor.pb.h"
#include "tests/unit/backend/zip_maker.h"

#include <boost/asio/io_context.hpp>

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <functional>
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

Q_DECLARE_METATYPE(std::function<void(lambda::CreateFunctionRequest&)>)

class FunctionsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_named = std::make_unique<Platform>(m_namedDirectory.path().toStdString());
        m_named->deploy("hello");
        QVERIFY(m_named->publish("hello").ok());
        QVERIFY(m_named->createAlias("hello", "live", "1").ok());
    }

    void cleanupTestCase() { m_named.reset(); }

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

    void changesOfOneFunctionFollowEachOther()
    {
        Platform platform(m_path);
        std::vector<std::string> answers;
        const auto note = [&](const char* what) {
            return [&answers, what](const absl::StatusOr<Configuration>& reply) {
                answers.push_back(std::string(what) + (reply.ok() ? "" : textOf(reply.status())));
            };
        };
        lambda::UpdateFunctionConfigurationRequest settings;
        settings.set_function_name("hello");
        settings.set_memory_size(512);
        lambda::PublishVersionRequest publish;
        publish.set_function_name("hello");
        platform.registry->create(createRequest("hello", "first"), note("create"));
        platform.registry->create(createRequest("hello", "again"), note("again "));
        platform.registry->updateCode(codeRequest("hello", "second"), note("code"));
        platform.registry->updateConfiguration(settings, note("settings"));
        platform.registry->publish(publish, note("publish"));
        platform.settle();
        QCOMPARE(answers,
                 (std::vector<std::string>{
                     "create", "again ResourceConflictException: Function already exist: hello",
                     "code", "settings", "publish"}));
        QCOMPARE(platform.codeOf("hello", "1"), std::string("second"));
        QCOMPARE(platform.registry->resolve("hello", "1", 0)->spec->memoryMb, 512);
    }

    void variablesFromBeforeTheyWereSealedLeaveTheDisk()
    {
        const std::string value = "plain-in-the-database-0815";
        {
            Platform before(m_path);
            auto request = createRequest("hello");
            (*request.mutable_environment()->mutable_variables())["HIDDEN"] = value;
            QVERIFY(before.create(request).ok());
            before.settle();
            QVERIFY(before.publish("hello").ok());
        }
        const auto onDisk = [&] {
            return readFile(m_path / "functions.db") + readFile(m_path / "functions.db-wal");
        };
        QVERIFY(onDisk().find(value) != std::string::npos);
        boost::asio::io_context io;
        const Clock clock;
        const auto keys = *keys::KeyStore::open(io, m_path, clock, Place{}, keys::MasterKeyPlace::File);
        Options options;
        options.keys = keys.get();
        for (int start = 0; start < 2; ++start) {
            Platform after(m_path, options);
            QVERIFY(onDisk().find(value) == std::string::npos);
            for (const char* version : {"$LATEST", "1"}) {
                const auto found = after.registry->find("hello", version);
                QVERIFY(found.ok());
                QCOMPARE(found->version->configuration.environment().variables().at("HIDDEN"), value);
            }
        }
    }

    void theSpecSaysWhatAnEnvironmentNeeds()
    {
        Options options;
        options.place = {"123456789012", "eu-west-1"};
        Platform platform(m_path, options);
        auto request = createRequest("hello");
        request.add_architectures("arm64");
        request.set_timeout(30);
        request.set_memory_size(1769);
        request.mutable_ephemeral_storage()->set_size(1024);
        (*request.mutable_environment()->mutable_variables())["STAGE"] = "test";
        request.mutable_logging_config()->set_log_group("/my/group");
        QVERIFY(platform.create(request).ok());
        platform.settle();
        const auto target = platform.registry->resolve("hello", "$LATEST", 0);
        QVERIFY2(target.ok(), textOf(target.status()).c_str());
        const runtime::EnvironmentSpec& spec = *target->spec;
        QCOMPARE(spec.accountId, std::string("123456789012"));
        QCOMPARE(spec.region, std::string("eu-west-1"));
        QCOMPARE(spec.functionArn,
                 std::string("arn:aws:lambda:eu-west-1:123456789012:function:hello"));
        QCOMPARE(target->invokedArn, spec.functionArn + ":$LATEST");
        QCOMPARE(spec.version, std::string("$LATEST"));
        QCOMPARE(spec.handler, std::string("main.handler"));
        QCOMPARE(spec.runtime, std::string("python3.11"));
        QCOMPARE(spec.timeoutSeconds, 30);
        QCOMPARE(spec.memoryMb, 1769);
        QCOMPARE(spec.tmpMb, 1024);
        QVERIFY(spec.emulated);
        QCOMPARE(spec.variables, (std::map<std::string, std::string>{{"STAGE", "test"}}));
        QCOMPARE(spec.log.group, std::string("/my/group"));
        QCOMPARE(spec.role, std::string(kRole));
    }

    void aVersionWaitsForItsSnapshot_data()
    {
        QTest::addColumn<bool>("ok");
        QTest::addColumn<QString>("errorType");
        QTest::addColumn<QString>("state");
        QTest::addColumn<QString>("optimization");
        QTest::newRow("taken") << true << "" << "Active" << "On";
        QTest::newRow("not possible here") << false << runtime::kNoSnapshots << "Active" << "Off";
        QTest::newRow("its init fails") << false << "ValueError" << "Failed" << "On";
    }

    void aVersionWaitsForItsSnapshot()
    {
        QFETCH(bool, ok);
        QFETCH(QString, errorType);
        QFETCH(QString, state);
        QFETCH(QString, optimization);
        Platform platform(m_path);
        auto request = createRequest("hello");
        request.set_runtime("python3.13");
        request.mutable_snap_start()->set_apply_on("PublishedVersions");
        QVERIFY(platform.create(request).ok());
        platform.settle();
        QCOMPARE(platform.publish("hello")->state(), std::string("Pending"));
        platform.settle();
        auto target = platform.registry->resolve("hello", "1", 0);
        QCOMPARE(awsErrorOf(target.status()).name, std::string("SnapStartNotReadyException"));
        QVERIFY(!platform.registry->resolve("hello", {}, 0)->spec->snapStart);

        runtime::InitOutcome outcome;
        outcome.ok = ok;
        outcome.errorType = errorType.toStdString();
        platform.registry->snapshotTaken("hello", "1", outcome);
        platform.settle();
        const Configuration& c = platform.registry->find("hello", "1")->version->configuration;
        QCOMPARE(QString::fromStdString(c.state()), state);
        QCOMPARE(QString::fromStdString(c.snap_start().optimization_status()), optimization);
        target = platform.registry->resolve("hello", "1", 0);
        QCOMPARE(target.ok(), state == "Active");
        if (target.ok())
            QVERIFY((*target).spec->snapStart);
        QCOMPARE(platform.publish("hello")->version(), std::string("1")); // nothing has changed
    }

    void snapStartIsRefusedWhereItCannotBe_data()
    {
        QTest::addColumn<QString>("runtime");
        QTest::addColumn<int>("tmpMb");
        QTest::addColumn<bool>("fits");
        QTest::newRow("Python 3.12") << "python3.12" << 512 << true;
        QTest::newRow("Java 21") << "java21" << 512 << true;
        QTest::newRow("an older Python") << "python3.11" << 512 << false;
        QTest::newRow("Node.js") << "nodejs24.x" << 512 << false;
        QTest::newRow("a bootstrap") << "provided.al2023" << 512 << false;
        QTest::newRow("a large /tmp") << "python3.12" << 513 << false;
    }

    void snapStartIsRefusedWhereItCannotBe()
    {
        QFETCH(QString, runtime);
        QFETCH(int, tmpMb);
        QFETCH(bool, fits);
        Platform platform(m_path);
        auto request = createRequest("hello");
        request.set_runtime(runtime.toStdString());
        request.mutable_ephemeral_storage()->set_size(tmpMb);
        request.mutable_snap_start()->set_apply_on("PublishedVersions");
        const auto created = platform.create(request);
        QCOMPARE(created.ok(), fits);
        if (!fits)
            QCOMPARE(awsErrorOf(created.status()).name,
                     std::string("InvalidParameterValueException"));
    }

    void findsFunctionsByEveryName_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("qualifier");
        QTest::addColumn<QString>("result"); // qualifier found, or the error
        const auto row = [](const char* name, const char* qualifier, const char* result) {
            QTest::addRow("%s?%s", name, qualifier)
                << QString::fromLatin1(name) << QString::fromLatin1(qualifier)
                << QString::fromLatin1(result);
        };
        row("hello", "", "ok:");
        row("hello", "1", "ok:1");
        row("hello:1", "", "ok:1");
        row("hello:1", "1", "ok:1");
        row("hello:live", "", "ok:live");
        row("hello:$LATEST", "", "ok:$LATEST");
        row("function:hello", "", "ok:");
        row("000000000000:hello", "", "ok:");
        row("000000000000:function:hello:live", "", "ok:live");
        row("us-east-1:000000000000:function:hello", "", "ok:");
        row("arn:aws:lambda:us-east-1:000000000000:function:hello", "live", "ok:live");
        row("arn:aws:lambda:us-east-1:000000000000:function:hello:1", "", "ok:1");
        row("hello:1", "2",
            "InvalidParameterValueException: The derived qualifier from the function name does not "
            "match the specified qualifier.");
        row("other", "",
            "ResourceNotFoundException: Function not found: "
            "arn:aws:lambda:us-east-1:000000000000:function:other");
        row("hello", "7",
            "ResourceNotFoundException: Function not found: "
            "arn:aws:lambda:us-east-1:000000000000:function:hello:7");
        row("hello", "99999999999999999999",
            "ResourceNotFoundException: Function not found: "
            "arn:aws:lambda:us-east-1:000000000000:function:hello:99999999999999999999");
        row("hello", "no",
            "ResourceNotFoundException: Function not found: "
            "arn:aws:lambda:us-east-1:000000000000:function:hello:no");
        row("arn:aws:lambda:eu-west-1:000000000000:function:hello", "",
            "ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this "
            "region ('us-east-1')");
        row("arn:aws:lambda:us-east-1:123456789012:function:hello", "", "AccessDeniedException: ");
        row("arn:aws:lambda:us-east-1:000000000000:layer:hello", "", "ResourceNotFoundException: ");
        for (const char* name : {"", ":", "hello:", "a b", "hello:1:2", "arn:aws:s3:::bucket:x:y",
                                 "arn:aws:lambda:us-east-1::function:hello", "../etc"})
            row(name, "", "ValidationException: ");
    }

    void findsFunctionsByEveryName()
    {
        QFETCH(QString, name);
        QFETCH(QString, qualifier);
        QFETCH(QString, result);
        const auto found = m_named->registry->find(name.toStdString(), qualifier.toStdString());
        const std::string actual = found.ok() ? "ok:" + found->qualifier : textOf(found.status());
        QVERIFY2(result.endsWith(QLatin1Char(' ')) ? actual.rfind(result.toStdString(), 0) == 0
                                                   : actual == result.toStdString(),
                 actual.c_str());
    }

    void refusesWhatLambdaRefuses_data()
    {
        using Edit = std::function<void(lambda::CreateFunctionRequest&)>;
        QTest::addColumn<Edit>("edit");
        QTest::addColumn<QString>("error");
        const auto row = [](const char* name, Edit edit, const char* error) {
            QTest::newRow(name) << std::move(edit) << QString::fromLatin1(error);
        };
        using Request = lambda::CreateFunctionRequest;
        row(
            "memory", [](Request& r) { r.set_memory_size(10241); },
            "'MemorySize' value failed to satisfy constraint: Member must have value less than or "
            "equal to 10240");
        row(
            "time-out", [](Request& r) { r.set_timeout(901); },
            "'Timeout' value failed to satisfy constraint: Member must have value less than or "
            "equal to 900");
        row(
            "no runtime", [](Request& r) { r.clear_runtime(); },
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages.");
        row(
            "no handler", [](Request& r) { r.clear_handler(); },
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages.");
        row(
            "old runtime", [](Request& r) { r.set_runtime("python2.7"); },
            "The runtime parameter of python2.7 is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or "
            "updating functions.");
        row(
            "no code", [](Request& r) { r.clear_code(); },
            "Please provide a source for function code.");
        row(
            "empty code", [](Request& r) { r.mutable_code()->set_zip_file(""); },
            "Uploaded file must be a non-empty zip");
        row(
            "broken code", [](Request& r) { r.mutable_code()->set_zip_file("nonsense"); },
            "Could not unzip uploaded file. Please check your file, then try to upload again.");
        row(
            "S3", [](Request& r) { r.mutable_code()->set_s3_bucket("bucket"); },
            "Code in S3 is not supported by this platform yet.*");
        row(
            "image", [](Request& r) { r.set_package_type("Image"); },
            "PackageType Image is not supported by this platform yet.*");
        row(
            "image code", [](Request& r) { r.mutable_code()->set_image_uri("x"); },
            "A container image is not supported by this platform yet.*");
        row(
            "layers", [](Request& r) { r.add_layers("arn:aws:lambda:us-east-1:1:layer:x:1"); },
            "This platform has no layers.");
        row(
            "VPC", [](Request& r) { r.mutable_vpc_config()->add_subnet_ids("subnet-1"); },
            "VpcConfig is not supported by this platform yet.*");
        row(
            "file system", [](Request& r) { r.add_file_system_configs(); },
            "FileSystemConfigs is not supported by this platform yet.*");
        row(
            "durable", [](Request& r) { r.mutable_durable_config(); },
            "DurableConfig is not supported by this platform yet.*");
        row(
            "reserved names",
            [](Request& r) {
                auto& variables = *r.mutable_environment()->mutable_variables();
                variables["AWS_REGION"] = "x";
                variables["_HANDLER"] = "y";
                variables["MINE"] = "z";
            },
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            "for modification. Reserved keys used in this request: AWS_REGION, _HANDLER");
        row(
            "4 KB",
            [](Request& r) {
                (*r.mutable_environment()->mutable_variables())["A"] = std::string(4089, 'x');
            },
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided exceeded the 4KB limit. String measured: {\"A\":\"xxx*");
        row(
            "system tag", [](Request& r) { (*r.mutable_tags())["aws:x"] = "1"; },
            "aws: prefixed tag key names are not allowed for external use.");
        row(
            "51 tags",
            [](Request& r) {
                for (int i = 0; i < 51; ++i)
                    (*r.mutable_tags())["t" + std::to_string(i)] = "1";
            },
            "Number of tags exceeds resource tag limit.");
    }

    void refusesWhatLambdaRefuses()
    {
        using Edit = std::function<void(lambda::CreateFunctionRequest&)>;
        QFETCH(Edit, edit);
        QFETCH(QString, error);
        Platform platform(m_path);
        auto request = createRequest("hello");
        edit(request);
        const auto created = platform.create(request);
        QVERIFY(!created.ok());
        const AwsError actual = awsErrorOf(created.status());
        QCOMPARE(actual.name, std::string("InvalidParameterValueException"));
        const QString message = QString::fromStdString(actual.message);
        if (error.endsWith(QLatin1Char('*')))
            QVERIFY2(message.startsWith(error.chopped(1)), actual.message.c_str());
        else
            QCOMPARE(message, error);
        platform.settle();
        QVERIFY(platform.registry->functions().empty());
        // The name is free again.
        QVERIFY(platform.create(createRequest("hello")).ok());
    }

    void anEnvironmentOfExactly4KbIsAccepted()
    {
        Platform platform(m_path);
        auto request = createRequest("hello");
        (*request.mutable_environment()->mutable_variables())["A"] = std::string(4088, 'x');
        QVERIFY(platform.create(request).ok());
    }

    void aPackageOver50MbIsTooLarge()
    {
        Platform platform(m_path);
        auto request = createRequest("hello");
        request.mutable_code()->set_zip_file(std::string(52'428'801, 'x'));
        const auto created = platform.create(request);
        QCOMPARE(awsErrorOf(created.status()).name, std::string("RequestEntityTooLargeException"));
        QCOMPARE(awsErrorOf(created.status()).status, 413);
        QCOMPARE(awsErrorOf(created.status()).message,
                 std::string("Request must be smaller than 69905067 bytes for the CreateFunction "
                             "operation"));
    }

    void codeStorageHasALimit()
    {
        Options options;
        options.totalCodeBytes = std::int64_t(zipOf("1").size()) + 10;
        Platform platform(m_path, options);
        platform.deploy("one");
        const auto two = platform.create(createRequest("two", "22"));
        QCOMPARE(awsErrorOf(two.status()).name, std::string("CodeStorageExceededException"));
        platform.settle();
        QCOMPARE(platform.registry->codeBytes(), std::int64_t(zipOf("1").size()));
        // Replacing code needs only what it adds.
        QVERIFY(platform.updateCode(codeRequest("one", "22")).ok());
    }

    void revisionsGuardChanges()
    {
        Platform platform(m_path);
        platform.deploy("hello");
        auto request = codeRequest("hello", "2");
        request.set_revision_id("outdated");
        const auto refused = platform.updateCode(request);
        QCOMPARE(awsErrorOf(refused.status()).name, std::string("PreconditionFailedException"));
        QCOMPARE(awsErrorOf(refused.status()).status, 412);
        QCOMPARE(awsErrorOf(refused.status()).message,
                 std::string("The Revision Id provided does not match the latest Revision Id. Call "
                             "the GetFunction/GetAlias API to retrieve the latest Revision Id"));
        const auto current = platform.registry->find("hello")->version->configuration.revision_id();
        request.set_revision_id(current);
        const auto accepted = platform.updateCode(request);
        QVERIFY(accepted.ok());
        QVERIFY(accepted->revision_id() != current);
    }

    void aDryRunChangesNothing()
    {
        Platform platform(m_path);
        platform.deploy("hello", "old");
        auto request = codeRequest("hello", "new code");
        request.set_dry_run(true);
        const auto answer = platform.updateCode(request);
        QVERIFY(answer.ok());
        QCOMPARE(answer->code_size(), std::int64_t(zipOf("new code").size()));
        platform.settle();
        QCOMPARE(platform.codeOf("hello"), std::string("old"));
        QVERIFY(platform.registry->find("hello")->version->configuration.code_sha256() !=
                answer->code_sha256());
        request.set_zip_file("broken");
        QVERIFY(!platform.updateCode(request).ok());
    }

    void anUpdateSetsOnlyWhatItNames()
    {
        Platform platform(m_path);
        auto create = createRequest("hello");
        create.set_description("kept");
        create.set_timeout(7);
        (*create.mutable_environment()->mutable_variables())["A"] = "1";
        QVERIFY(platform.create(create).ok());
        platform.settle();
        lambda::UpdateFunctionConfigurationRequest request;
        request.set_function_name("hello");
        request.set_memory_size(256);
        request.mutable_logging_config()->set_log_format("JSON");
        const auto updated = platform.updateConfiguration(request);
        QVERIFY(updated.ok());
        QCOMPARE(updated->memory_size(), 256);
        QCOMPARE(updated->timeout(), 7);
        QCOMPARE(updated->description(), std::string("kept"));
        QCOMPARE(updated->environment().variables().at("A"), std::string("1"));
        QCOMPARE(updated->logging_config().application_log_level(), std::string("INFO"));
        QCOMPARE(updated->logging_config().log_group(), std::string("/aws/lambda/hello"));
        QCOMPARE(updated->last_update_status(), std::string("InProgress"));
        platform.settle();
        QCOMPARE(platform.registry->find("hello")->version->configuration.last_update_status(),
                 std::string("Successful"));
        QCOMPARE(platform.registry->resolve("hello", {}, 0)->spec->memoryMb, 256);
    }

    void publishesAVersionOnlyWhenSomethingChanged()
    {
        Platform platform(m_path);
        platform.deploy("hello", "one");
        const auto first = platform.publish("hello", "the first");
        QVERIFY(first.ok());
        QCOMPARE(first->version(), std::string("1"));
        QCOMPARE(first->function_arn(),
                 std::string("arn:aws:lambda:us-east-1:000000000000:function:hello:1"));
        QCOMPARE(first->description(), std::string("the first"));
        QCOMPARE(first->state(), std::string("Active"));
        const auto same = platform.publish("hello", "another");
        QCOMPARE(same->version(), std::string("1"));
        QCOMPARE(same->revision_id(), first->revision_id());
        QVERIFY(platform.updateCode(codeRequest("hello", "two")).ok());
        platform.settle();
        QCOMPARE(platform.publish("hello")->version(), std::string("2"));
        QCOMPARE(platform.codeOf("hello", "1"), std::string("one"));
        QCOMPARE(platform.codeOf("hello", "2"), std::string("two"));
        // A number is never given twice.
        QVERIFY(platform.remove("hello", "2").ok());
        QCOMPARE(platform.publish("hello")->version(), std::string("3"));
        lambda::PublishVersionRequest request;
        request.set_function_name("hello");
        request.set_code_sha256("other");
        const auto wrong = platform.ask(
            [&](auto reply) { platform.registry->publish(request, std::move(reply)); });
        QVERIFY(awsErrorOf(wrong.status())
                    .message.rfind("CodeSHA256 (other) is different from "
                                   "current CodeSHA256 in $LATEST (",
                                   0) == 0);
    }

    void createAndUpdateCanPublishAtOnce()
    {
        Platform platform(m_path);
        auto create = createRequest("hello", "one");
        create.set_publish(true);
        const auto created = platform.create(create);
        QCOMPARE(created->version(), std::string("1"));
        QCOMPARE(created->state(), std::string("Pending"));
        platform.settle();
        QCOMPARE(platform.codeOf("hello", "1"), std::string("one"));
        auto update = codeRequest("hello", "two");
        update.set_publish(true);
        QCOMPARE(platform.updateCode(update)->version(), std::string("2"));
        QVERIFY(!platform.registry->resolve("hello", "2", 0).ok());
        platform.settle();
        QCOMPARE(platform.codeOf("hello", "2"), std::string("two"));
        QCOMPARE(platform.codeOf("hello", "1"), std::string("one"));
        QCOMPARE(platform.registry->find("hello", "2")->version->configuration.last_update_status(),
                 std::string("Successful"));
    }

    void deletesVersionsAndFunctions()
    {
        Platform platform(m_path);
        platform.deploy("hello", "one");
        QVERIFY(platform.publish("hello").ok());
        QVERIFY(platform.createAlias("hello", "live", "1").ok());
        QCOMPARE(textOf(platform.remove("hello", "1")),
                 std::string("ResourceConflictException: Unable to delete version because the "
                             "following aliases reference it: [live]"));
        QCOMPARE(textOf(platform.remove("hello", "$LATEST")),
                 std::string("InvalidParameterValueException: $LATEST version cannot be deleted "
                             "without deleting the function."));
        QCOMPARE(textOf(platform.remove("hello", "live")),
                 std::string("InvalidParameterValueException: Deletion of aliases is not currently "
                             "supported."));
        const fs::path code = platform.registry->resolve("hello", {}, 0)->spec->codeDirectory;
        QVERIFY(platform.remove("hello").ok());
        QVERIFY(platform.registry->functions().empty());
        QCOMPARE(platform.registry->codeBytes(), 0);
        QTRY_VERIFY(!fs::exists(code));
        QCOMPARE(awsErrorOf(platform.remove("hello")).status, 404);
        // A new function of the same name begins anew.
        platform.deploy("hello", "two");
        QCOMPARE(platform.publish("hello")->version(), std::string("1"));
    }

    void anAliasRoutesByWeight()
    {
        Platform platform(m_path);
        platform.deploy("hello", "one");
        QVERIFY(platform.publish("hello").ok());
        QVERIFY(platform.updateCode(codeRequest("hello", "two")).ok());
        platform.settle();
        QVERIFY(platform.publish("hello").ok());
        QVERIFY(platform.createAlias("hello", "live", "1", "2", 0.25).ok());
        std::mt19937 random(42);
        std::uniform_real_distribution<double> uniform(0, 1);
        int second = 0;
        for (int i = 0; i < 10'000; ++i) {
            const auto target = platform.registry->resolve("hello", "live", uniform(random));
            QCOMPARE(target->alias, std::string("live"));
            QVERIFY(target->spec->version == "1" || target->spec->version == "2");
            second += target->spec->version == "2";
        }
        // Four standard deviations around 2,500.
        QVERIFY2(second > 2326 && second < 2674, std::to_string(second).c_str());
        const auto target = platform.registry->resolve("hello:live", {}, 0.9);
        QCOMPARE(target->invokedArn,
                 std::string("arn:aws:lambda:us-east-1:000000000000:function:hello:live"));
        QVERIFY(target->poolKey == platform.registry->resolve("hello", "1", 0)->poolKey);
    }

    void anAliasMustMakeSense()
    {
        Platform platform(m_path);
        platform.deploy("hello", "one");
        QVERIFY(platform.publish("hello").ok());
        const auto error = [&](const char* version, const char* additional = "",
                               double weight = 0) {
            return textOf(
                platform.createAlias("hello", "new", version, additional, weight).status());
        };
        QCOMPARE(error("5"), std::string("ResourceNotFoundException: Function not found: "
                                         "arn:aws:lambda:us-east-1:000000000000:function:hello:5"));
        QCOMPARE(
            error("$LATEST", "1", 0.5),
            std::string("InvalidParameterValueException: $LATEST is not supported for an alias "
                        "pointing to more than 1 version"));
        QCOMPARE(error("1", "1", 0.5),
                 std::string("InvalidParameterValueException: Invalid function version 1. Function "
                             "version 1 is already included in routing configuration."));
        QVERIFY(error("1", "9", 0.5).rfind("ResourceNotFoundException", 0) == 0);
        QVERIFY(error("1", "2", 1.5).rfind("ValidationException", 0) == 0);
        QVERIFY(error("1", "2", -0.5).rfind("ValidationException", 0) == 0);
        QVERIFY(platform.createAlias("hello", "new", "1").ok());
        QCOMPARE(error("1"),
                 std::string("ResourceConflictException: Alias already exists: "
                             "arn:aws:lambda:us-east-1:000000000000:function:hello:new"));
    }

    void listenersHearWhatIsOnTheDisk()
    {
        Platform platform(m_path);
        std::vector<std::string> heard;
        platform.registry->onChange([&](const Change& change) {
            static constexpr const char* kKinds[] = {"created", "updated", "deleted"};
            heard.push_back(std::string(kKinds[int(change.kind)]) + " " + change.functionName +
                            (change.retires ? " retires" : ""));
        });
        platform.deploy("hello");
        QCOMPARE(heard, (std::vector<std::string>{"created hello", "updated hello retires"}));
        heard.clear();
        QVERIFY(platform.publish("hello").ok());
        QCOMPARE(heard, (std::vector<std::string>{"updated hello"}));
        heard.clear();
        QVERIFY(platform.updateCode(codeRequest("hello", "2")).ok());
        QCOMPARE(heard, (std::vector<std::string>{"updated hello"}));
        platform.settle();
        QCOMPARE(heard, (std::vector<std::string>{"updated hello", "updated hello retires"}));
        heard.clear();
        QVERIFY(platform.remove("hello").ok());
        QCOMPARE(heard, (std::vector<std::string>{"deleted hello retires"}));
    }

    void aRestartFindsEverything()
    {
        std::string before;
        const auto describe = [](const Platform& platform) {
            std::string text;
            for (const auto& [name, function] : platform.registry->functions()) {
                text += name + function->latest->configuration.ShortDebugString();
                for (const auto& [number, version] : function->versions)
                    text += version->configuration.ShortDebugString();
                for (const auto& [alias, value] : function->aliases)
                    text += value->ShortDebugString();
                for (const auto& [tag, value] : function->tags)
                    text += tag + "=" + value + ";";
                text += std::to_string(function->lastVersion);
            }
            return text;
        };
        {
            Platform platform(m_path);
            auto request = createRequest("hello", "one");
            (*request.mutable_tags())["team"] = "a";
            QVERIFY(platform.create(request).ok());
            platform.settle();
            QVERIFY(platform.publish("hello").ok());
            QVERIFY(platform.createAlias("hello", "live", "1").ok());
            platform.deploy("other", "two");
            platform.deploy("gone", "three");
            QVERIFY(platform.remove("gone").ok());
            before = describe(platform);
        }
        Platform platform(m_path);
        QCOMPARE(describe(platform), before);
        QCOMPARE(platform.codeOf("hello", "live"), std::string("one"));
        QCOMPARE(platform.codeOf("other"), std::string("two"));
        QCOMPARE(platform.registry->overviews().size(), 2u);
        QCOMPARE(platform.registry->overviews()[0].tags().at("team"), std::string("a"));
    }

    void aRestartFinishesWhatWasBegun()
    {
        {
            Platform platform(m_path);
            platform.deploy("updated", "old");
            QVERIFY(platform.create(createRequest("created", "new")).ok());
            QVERIFY(platform.updateCode(codeRequest("updated", "new")).ok());
        }
        Platform platform(m_path);
        platform.settle();
        for (const char* name : {"created", "updated"}) {
            QCOMPARE(platform.codeOf(name), std::string("new"));
            const Configuration& c = platform.registry->find(name)->version->configuration;
            QCOMPARE(c.state(), std::string("Active"));
            QCOMPARE(c.last_update_status(), std::string("Successful"));
        }
    }

    void aRestartUnpacksCodeThatIsMissing()
    {
        {
            Platform platform(m_path);
            platform.deploy("hello", "one");
            fs::remove_all(platform.registry->resolve("hello", {}, 0)->spec->codeDirectory);
        }
        Platform platform(m_path);
        QVERIFY(!platform.registry->resolve("hello", {}, 0).ok());
        platform.settle();
        QCOMPARE(platform.codeOf("hello"), std::string("one"));
    }

    void aPackageThatIsGoneFailsTheFunctionUntilTheNextUpdate()
    {
        {
            Platform platform(m_path);
            platform.deploy("hello", "one");
            const std::string directory =
                platform.registry->resolve("hello", {}, 0)->spec->codeDirectory;
            fs::remove_all(directory);
            fs::remove(directory + ".zip");
        }
        Platform platform(m_path);
        platform.settle();
        QVERIFY(platform.codeOf("hello").ends_with("in the following state: Failed"));
        QVERIFY(!platform.registry->find("hello")->version->configuration.state_reason().empty());
        QVERIFY(platform.updateCode(codeRequest("hello", "two")).ok());
        platform.settle();
        QCOMPARE(platform.codeOf("hello"), std::string("two"));
    }

    // Killed at some moment while it accepts deploys: what it had answered is there afterwards.
    void nothingAcknowledgedIsLostWhenTheDaemonIsKilled()
    {
        int pipe[2];
        QCOMPARE(::pipe(pipe), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            Platform platform(m_path);
            for (int i = 0; i < 400; ++i) {
                platform.registry->create(createRequest("f" + std::to_string(i), std::to_string(i)),
                                          [&pipe, i](const absl::StatusOr<Configuration>& reply) {
                                              if (!reply.ok() ||
                                                  ::write(pipe[1], &i, sizeof i) != sizeof i)
                                                  ::_exit(2);
                                          });
            }
            platform.settle();
            ::_exit(0);
        }
        ::close(pipe[1]);
        std::vector<int> acknowledged;
        int number = 0;
        while (::read(pipe[0], &number, sizeof number) == sizeof number) {
            acknowledged.push_back(number);
            if (acknowledged.size() == 25)
                QCOMPARE(::kill(child, SIGKILL), 0);
        }
        ::close(pipe[0]);
        QCOMPARE(::waitpid(child, nullptr, 0), child);
        QVERIFY(acknowledged.size() >= 25);
        Platform platform(m_path);
        platform.settle();
        for (const int i : acknowledged)
            QCOMPARE(platform.codeOf("f" + std::to_string(i)), std::to_string(i));
        for (const auto& [name, function] : platform.registry->functions())
            QCOMPARE(function->latest->configuration.state(), std::string("Active"));
    }

private:
    QTemporaryDir m_namedDirectory;
    std::unique_ptr<Platform> m_named; // has hello, its version 1 and its alias live
    std::optional<QTemporaryDir> m_directory;
    fs::path m_path;
};

QTEST_APPLESS_MAIN(FunctionsTest)
#include "functions_test.moc"
