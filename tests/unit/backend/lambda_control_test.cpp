#include "backend/api/lambda_control.h"
#include "backend/api/operation_table.h"
#include "backend/api/stream_pace.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/registry.h"
#include "gantry/v1/concurrency.pb.h"
#include "tests/unit/backend/zip_maker.h"

#include <boost/asio/io_context.hpp>
#include <google/protobuf/empty.pb.h>

#include <QTemporaryDir>
#include <QtTest>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace gantry;
namespace lambda = gantry::aws::lambda;
using google::protobuf::Empty;

namespace {

constexpr const char* kArn = "arn:aws:lambda:us-east-1:000000000000:function:";

const google::protobuf::MethodDescriptor* methodNamed(const std::string& name)
{
    const auto* file = lambda::FunctionConfiguration::descriptor()->file();
    return file->service(0)->FindMethodByName(name);
}

lambda::CreateFunctionRequest createRequest(const std::string& name)
{
    lambda::CreateFunctionRequest request;
    request.set_function_name(name);
    request.set_runtime("nodejs22.x");
    request.set_handler("index.handler");
    request.set_role("arn:aws:iam::000000000000:role/any");
    request.mutable_code()->set_zip_file(test::makeZip({{.name = "index.js", .data = "1"}}));
    return request;
}

} // namespace

// The operations as a front calls them: by method, with messages.
class LambdaControlTest : public QObject {
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
        m_table = std::make_unique<api::OperationTable>();
        api::registerLambdaControl(
            *m_table, *m_registry,
            {.accountConcurrency = 77, .packageLink = [](const auto& name, const auto& qualifier) {
                 return "http://here/" + name + "?" + qualifier;
             }});
    }

    void cleanup()
    {
        m_table.reset();
        m_registry.reset();
        m_code.reset();
        m_pool.reset();
        m_io.reset();
    }

    void implementsTheControlPlane()
    {
        for (const char* name :
             {"CreateFunction", "GetFunction", "GetFunctionConfiguration", "UpdateFunctionCode",
              "UpdateFunctionConfiguration", "DeleteFunction", "ListFunctions", "PublishVersion",
              "ListVersionsByFunction", "CreateAlias", "GetAlias", "UpdateAlias", "DeleteAlias",
              "ListAliases", "TagResource", "UntagResource", "ListTags", "GetAccountSettings"})
            QVERIFY2(m_table->find(methodNamed(name)), name);
        QVERIFY(!m_table->find(methodNamed("PutFunctionConcurrency")));
    }

    void getsAFunctionWithItsCodeAndTags()
    {
        auto create = createRequest("hello");
        (*create.mutable_tags())["team"] = "a";
        deploy(create);
        lambda::GetFunctionRequest request;
        request.set_function_name("hello");
        request.set_qualifier("$LATEST");
        const auto got = ask<lambda::GetFunctionResponse>("GetFunction", request);
        QVERIFY(got.ok());
        QCOMPARE(got->configuration().function_arn(), kArn + std::string("hello:$LATEST"));
        QCOMPARE(got->configuration().state(), std::string("Active"));
        QCOMPARE(got->code().repository_type(), std::string("S3"));
        QCOMPARE(got->code().location(), std::string("http://here/hello?$LATEST"));
        QCOMPARE(got->tags().at("team"), std::string("a"));
        lambda::GetFunctionConfigurationRequest configuration;
        configuration.set_function_name("hello");
        const auto plain =
            ask<lambda::FunctionConfiguration>("GetFunctionConfiguration", configuration);
        QCOMPARE(plain->function_arn(), kArn + std::string("hello"));
        configuration.set_qualifier("9");
        QCOMPARE(error<lambda::FunctionConfiguration>("GetFunctionConfiguration", configuration),
                 "ResourceNotFoundException: Function not found: " + std::string(kArn) + "hello:9");
    }

    void givesAFunctionAStreamPaceOfItsOwn()
    {
        constexpr std::int64_t kMb = 1024 * 1024;
        api::registerStreamPace(*m_table, *m_registry, {6 * kMb, 2 * kMb});
        deploy(createRequest("streams"));
        v1::GetStreamPaceRequest get;
        get.set_function_name("streams");
        auto pace = call<v1::StreamPace>(get);
        QVERIFY(pace.ok());
        QCOMPARE(pace->burst_mb(), 6.0);
        QCOMPARE(pace->mb_per_second(), 2.0);
        QVERIFY(!pace->own());
        QVERIFY(!m_registry->resolve("streams", {}, 0)->streamPace);
        v1::SetStreamPaceRequest set;
        set.set_function_name("streams");
        set.mutable_pace()->set_burst_mb(1);
        set.mutable_pace()->set_mb_per_second(0.5);
        pace = call<v1::StreamPace>(set);
        QVERIFY(pace.ok() && pace->own());
        const auto target = m_registry->resolve("streams", {}, 0);
        QCOMPARE(target->streamPace->burstBytes, kMb);
        QCOMPARE(target->streamPace->bytesPerSecond, kMb / 2);
        for (const double wrong : {-1.0, 0.01, 2000.0}) {
            set.mutable_pace()->set_mb_per_second(wrong);
            QCOMPARE(awsErrorOf(call<v1::StreamPace>(set).status()).name,
                     std::string("InvalidParameterValueException"));
        }
        set.clear_pace();
        QVERIFY(!call<v1::StreamPace>(set)->own());
        get.set_function_name("nobody");
        QCOMPARE(awsErrorOf(call<v1::StreamPace>(get).status()).name,
                 std::string("ResourceNotFoundException"));
    }

    void listsInPages()
    {
        std::set<std::string> expected;
        for (int i = 0; i < 120; ++i) {
            const std::string name = "f" + std::to_string(i);
            expected.insert(name);
            m_registry->create(createRequest(name), [](const auto& reply) { QVERIFY(reply.ok()); });
        }
        settle();
        std::vector<std::string> names;
        std::vector<int> sizes;
        lambda::ListFunctionsRequest request;
        for (;;) {
            const auto page = ask<lambda::ListFunctionsResponse>("ListFunctions", request);
            QVERIFY(page.ok());
            sizes.push_back(page->functions_size());
            for (const auto& function : page->functions()) {
                names.push_back(function.function_name());
                QVERIFY(!function.has_state());
                QCOMPARE(function.function_arn(), kArn + function.function_name());
            }
            if (!page->has_next_marker())
                break;
            request.set_marker(page->next_marker());
            // What comes and goes meanwhile neither repeats nor skips others.
            if (sizes.size() == 1)
                QVERIFY(remove(names.front()).ok());
        }
        QCOMPARE(sizes, (std::vector<int>{50, 50, 20}));
        QCOMPARE(names, std::vector<std::string>(expected.begin(), expected.end()));
        request.clear_marker();
        request.set_max_items(7);
        QCOMPARE(ask<lambda::ListFunctionsResponse>("ListFunctions", request)->functions_size(), 7);
        request.set_max_items(10'000);
        QCOMPARE(ask<lambda::ListFunctionsResponse>("ListFunctions", request)->functions_size(),
                 50);
        request.set_marker("*no marker*");
        QVERIFY(error<lambda::ListFunctionsResponse>("ListFunctions", request)
                    .rfind("InvalidParameterValueException", 0) == 0);
    }

    void listsVersions()
    {
        deploy(createRequest("a"));
        deploy(createRequest("b"));
        for (int i = 1; i <= 12; ++i) {
            lambda::UpdateFunctionConfigurationRequest update;
            update.set_function_name("a");
            update.set_timeout(i);
            QVERIFY(ask<lambda::FunctionConfiguration>("UpdateFunctionConfiguration", update).ok());
            QCOMPARE(publish("a"), std::to_string(i));
        }
        lambda::ListVersionsByFunctionRequest request;
        request.set_function_name("a");
        request.set_max_items(5);
        std::vector<std::string> versions;
        for (;;) {
            const auto page =
                ask<lambda::ListVersionsByFunctionResponse>("ListVersionsByFunction", request);
            for (const auto& version : page->versions()) {
                versions.push_back(version.version());
                QCOMPARE(version.function_arn(), kArn + ("a:" + version.version()));
            }
            if (!page->has_next_marker())
                break;
            request.set_marker(page->next_marker());
        }
        QCOMPARE(versions, (std::vector<std::string>{"$LATEST", "1", "2", "3", "4", "5", "6", "7",
                                                     "8", "9", "10", "11", "12"}));
        lambda::ListFunctionsRequest all;
        all.set_function_version("ALL");
        const auto everything = ask<lambda::ListFunctionsResponse>("ListFunctions", all);
        QCOMPARE(everything->functions_size(), 14);
        QCOMPARE(everything->functions(13).function_arn(), kArn + std::string("b:$LATEST"));
    }

    void managesAliases()
    {
        deploy(createRequest("hello"));
        QCOMPARE(publish("hello"), std::string("1"));
        for (const char* name : {"test", "live"}) {
            lambda::CreateAliasRequest create;
            create.set_function_name("hello");
            create.set_name(name);
            create.set_function_version("1");
            create.set_description("d");
            const auto created = ask<lambda::AliasConfiguration>("CreateAlias", create);
            QVERIFY(created.ok());
            QCOMPARE(created->alias_arn(), kArn + std::string("hello:") + name);
        }
        lambda::UpdateAliasRequest update;
        update.set_function_name("hello");
        update.set_name("test");
        update.set_function_version("$LATEST");
        update.set_revision_id("wrong");
        QVERIFY(error<lambda::AliasConfiguration>("UpdateAlias", update)
                    .rfind("PreconditionFailedException", 0) == 0);
        update.clear_revision_id();
        const auto updated = ask<lambda::AliasConfiguration>("UpdateAlias", update);
        QCOMPARE(updated->function_version(), std::string("$LATEST"));
        QCOMPARE(updated->description(), std::string("d"));
        lambda::ListAliasesRequest list;
        list.set_function_name("hello");
        list.set_max_items(1);
        const auto first = ask<lambda::ListAliasesResponse>("ListAliases", list);
        QCOMPARE(first->aliases(0).name(), std::string("live"));
        list.set_marker(first->next_marker());
        const auto second = ask<lambda::ListAliasesResponse>("ListAliases", list);
        QCOMPARE(second->aliases(0).name(), std::string("test"));
        QVERIFY(!second->has_next_marker());
        list.Clear();
        list.set_function_name("hello");
        list.set_function_version("1");
        QCOMPARE(ask<lambda::ListAliasesResponse>("ListAliases", list)->aliases_size(), 1);
        lambda::DeleteAliasRequest remove;
        remove.set_function_name("hello");
        remove.set_name("live");
        QVERIFY(ask<Empty>("DeleteAlias", remove).ok());
        QVERIFY(ask<Empty>("DeleteAlias", remove).ok());
        lambda::GetAliasRequest get;
        get.set_function_name("hello");
        get.set_name("live");
        QCOMPARE(error<lambda::AliasConfiguration>("GetAlias", get),
                 "ResourceNotFoundException: Cannot find alias arn: " + std::string(kArn) +
                     "hello:live");
        update.set_name("live");
        QCOMPARE(error<lambda::AliasConfiguration>("UpdateAlias", update),
                 "ResourceNotFoundException: Alias not found: " + std::string(kArn) + "hello:live");
    }

    void managesTags()
    {
        deploy(createRequest("hello"));
        lambda::TagResourceRequest tag;
        tag.set_resource(kArn + std::string("hello"));
        for (int i = 0; i < 50; ++i)
            (*tag.mutable_tags())["t" + std::to_string(i)] = std::to_string(i);
        QVERIFY(ask<Empty>("TagResource", tag).ok());
        (*tag.mutable_tags())["t0"] = "changed";
        QVERIFY(ask<Empty>("TagResource", tag).ok());
        (*tag.mutable_tags())["one too many"] = "";
        QCOMPARE(error<Empty>("TagResource", tag),
                 std::string("InvalidParameterValueException: Number of tags exceeds resource tag "
                             "limit."));
        lambda::UntagResourceRequest untag;
        untag.set_resource(tag.resource());
        untag.add_tag_keys("t1");
        untag.add_tag_keys("never there");
        QVERIFY(ask<Empty>("UntagResource", untag).ok());
        lambda::ListTagsRequest list;
        list.set_resource(tag.resource());
        const auto tags = ask<lambda::ListTagsResponse>("ListTags", list);
        QCOMPARE(tags->tags_size(), 49);
        QCOMPARE(tags->tags().at("t0"), std::string("changed"));
        tag.set_resource(tag.resource() + ":1");
        QCOMPARE(
            error<Empty>("TagResource", tag),
            std::string("InvalidParameterValueException: Tags on function aliases and versions "
                        "are not supported. Please specify a function ARN."));
        list.set_resource(kArn + std::string("other"));
        QVERIFY(error<lambda::ListTagsResponse>("ListTags", list)
                    .rfind("ResourceNotFoundException", 0) == 0);
    }

    void tellsTheAccountsNumbers()
    {
        deploy(createRequest("a"));
        deploy(createRequest("b"));
        QCOMPARE(publish("b"), std::string("1"));
        const auto settings = ask<lambda::GetAccountSettingsResponse>(
            "GetAccountSettings", lambda::GetAccountSettingsRequest());
        const auto size = std::int64_t(createRequest("a").code().zip_file().size());
        QCOMPARE(settings->account_usage().function_count(), 2);
        QCOMPARE(settings->account_usage().total_code_size(), 3 * size);
        QCOMPARE(settings->account_limit().concurrent_executions(), 77);
        QCOMPARE(settings->account_limit().code_size_zipped(), 52'428'800);
        QCOMPARE(settings->account_limit().code_size_unzipped(), 262'144'000);
        QCOMPARE(settings->account_limit().total_code_size(), 80'530'636'800);
    }

    void deletesAnswers204()
    {
        deploy(createRequest("hello"));
        const auto removed = remove("hello");
        QVERIFY(removed.ok());
        QCOMPARE(removed->status_code(), 204);
        QCOMPARE(awsErrorOf(remove("hello").status()).status, 404);
    }

private:
    void settle()
    {
        m_io->restart();
        m_io->run();
    }

    // The answer, after everything that it set off is over.
    template <class Response>
    absl::StatusOr<Response> ask(const char* method, const google::protobuf::Message& request)
    {
        return ask<Response>(methodNamed(method), request);
    }

    // A console operation, named by its request.
    template <class Response> absl::StatusOr<Response> call(const google::protobuf::Message& request)
    {
        const auto* service = request.GetDescriptor()->file()->service(0);
        for (int i = 0; i < service->method_count(); ++i) {
            if (service->method(i)->input_type() == request.GetDescriptor())
                return ask<Response>(service->method(i), request);
        }
        return absl::NotFoundError("no such operation");
    }

    template <class Response>
    absl::StatusOr<Response> ask(const google::protobuf::MethodDescriptor* method,
                                 const google::protobuf::Message& request)
    {
        absl::StatusOr<Response> answer = absl::UnknownError("no answer");
        m_table->find(method)
            ->unary(std::make_shared<api::Call>(), request,
                    [&](absl::StatusOr<api::MessagePtr> reply) {
                        if (reply.ok())
                            answer = dynamic_cast<Response&>(**reply);
                        else
                            answer = reply.status();
                    });
        settle();
        return answer;
    }

    template <class Response>
    std::string error(const char* method, const google::protobuf::Message& request)
    {
        const AwsError error = awsErrorOf(ask<Response>(method, request).status());
        return error.name + ": " + error.message;
    }

    void deploy(const lambda::CreateFunctionRequest& request)
    {
        QVERIFY(ask<lambda::FunctionConfiguration>("CreateFunction", request).ok());
    }

    std::string publish(const std::string& name)
    {
        lambda::PublishVersionRequest request;
        request.set_function_name(name);
        const auto published = ask<lambda::FunctionConfiguration>("PublishVersion", request);
        return published.ok() ? published->version() : std::string();
    }

    absl::StatusOr<lambda::DeleteFunctionResponse> remove(const std::string& name)
    {
        lambda::DeleteFunctionRequest request;
        request.set_function_name(name);
        return ask<lambda::DeleteFunctionResponse>("DeleteFunction", request);
    }

    std::optional<QTemporaryDir> m_directory;
    Clock m_clock;
    std::unique_ptr<boost::asio::io_context> m_io;
    std::unique_ptr<WorkerPool> m_pool;
    std::unique_ptr<store::CodeStore> m_code;
    std::unique_ptr<functions::Registry> m_registry;
    std::unique_ptr<api::OperationTable> m_table;
};

QTEST_APPLESS_MAIN(LambdaControlTest)
#include "lambda_control_test.moc"
