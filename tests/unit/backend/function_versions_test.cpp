#include "tests/support/registry_platform.h"

#include <QTemporaryDir>
#include <QtTest>

#include <random>

using namespace gantry;
using namespace gantry::test;

// Names, versions and aliases.
class FunctionVersionsTest : public QObject {
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

private:
    QTemporaryDir m_namedDirectory;
    std::unique_ptr<Platform> m_named; // has hello, its version 1 and its alias live
    std::optional<QTemporaryDir> m_directory;
    fs::path m_path;
};

QTEST_APPLESS_MAIN(FunctionVersionsTest)
#include "function_versions_test.moc"
