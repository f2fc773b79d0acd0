#include "tests/support/registry_platform.h"

#include <QTemporaryDir>
#include <QtTest>

#include <functional>

using namespace gantry;
using namespace gantry::test;

Q_DECLARE_METATYPE(std::function<void(lambda::CreateFunctionRequest&)>)

// What is refused, in the words that Lambda has for it.
class FunctionRulesTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_directory.emplace();
        m_path = m_directory->path().toStdString();
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
            "Please provide ImageUri when updating a function with packageType Image.*");
        row(
            "image code", [](Request& r) { r.mutable_code()->set_image_uri("x"); },
            "Please don't provide ImageUri when updating a function with packageType Zip.*");
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

private:
    std::optional<QTemporaryDir> m_directory;
    fs::path m_path;
};

QTEST_APPLESS_MAIN(FunctionRulesTest)
#include "function_rules_test.moc"
