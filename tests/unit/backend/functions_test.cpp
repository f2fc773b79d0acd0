#include "backend/keys/key_store.h"
#include "gantry/v1/monitor.pb.h"
#include "tests/support/registry_platform.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::test;

// From creation to the restart that finds it.
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
    std::optional<QTemporaryDir> m_directory;
    fs::path m_path;
};

QTEST_APPLESS_MAIN(FunctionsTest)
#include "functions_test.moc"
