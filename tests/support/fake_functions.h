// A platform with a few functions behind a real gRPC socket, for tests of the console's pages. It
// keeps what it is told and answers as the Lambda API would; it runs nothing.
#pragma once

#include "tests/support/grpc_server.h"
#include "tests/support/money.h"
#include "tests/support/prices.h"

#include "aws/lambda.pb.h"
#include "aws/logs.pb.h"
#include "gantry/v1/concurrency.pb.h"
#include "gantry/v1/develop.pb.h"
#include "gantry/v1/monitor.pb.h"
#include "gantry/v1/platform.pb.h"

#include <google/protobuf/empty.pb.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace gantry::test {

class FakeFunctions final {
public:
    static constexpr const char* kBuild = "arn:aws:lambda:us-east-1::runtime:0123abcd";
    static constexpr const char* kSigning =
        "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0";

    explicit FakeFunctions(GrpcServer& server) : m_server(server)
    {
        m_updates.set_update_runtime_on("Auto");
        onPlatform();
        onMonitor();
        onFunctions();
        onAliases();
        onSettings();
        onDevelop();
    }

    void add(const std::string& name, const std::string& runtime = "python3.13")
    {
        const std::lock_guard lock(m_mutex);
        aws::lambda::FunctionConfiguration& c = m_functions[name];
        c.set_function_name(name);
        c.set_function_arn("arn:aws:lambda:us-east-1:000000000000:function:" + name);
        c.set_runtime(runtime);
        c.set_handler("app.handler");
        c.set_memory_size(512);
        c.set_timeout(3);
        c.set_code_size(2048);
        c.set_version("$LATEST");
        c.set_state("Active");
        c.set_last_update_status("Successful");
        c.set_last_modified("2026-05-04T03:02:01.000+0000");
        c.add_architectures("x86_64");
        c.set_revision_id("revision-1");
        c.mutable_ephemeral_storage()->set_size(512);
        c.mutable_logging_config()->set_log_format("Text");
        c.mutable_logging_config()->set_log_group("/aws/lambda/" + name);
        c.mutable_runtime_version_config()->set_runtime_version_arn(kBuild);
        (*c.mutable_environment()->mutable_variables())["STAGE"] = "test";
    }
    aws::lambda::FunctionConfiguration configuration(const std::string& name)
    {
        const std::lock_guard lock(m_mutex);
        return m_functions[name];
    }
    void change(const std::string& name,
                const std::function<void(aws::lambda::FunctionConfiguration&)>& edit)
    {
        const std::lock_guard lock(m_mutex);
        edit(m_functions[name]);
    }
    // Empty when there is none: asking makes none.
    aws::lambda::AliasConfiguration alias(const std::string& name)
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_aliases.find(name);
        return found == m_aliases.end() ? aws::lambda::AliasConfiguration() : found->second;
    }
    aws::lambda::PutRuntimeManagementConfigRequest runtimeUpdates()
    {
        const std::lock_guard lock(m_mutex);
        return m_updates;
    }
    std::string signing()
    {
        const std::lock_guard lock(m_mutex);
        return m_signing;
    }
    std::vector<std::string> deleted()
    {
        const std::lock_guard lock(m_mutex);
        return m_deleted;
    }
    // What Invoke answers from now on; an error name makes the call fail.
    void answerInvoke(std::string payload, std::string functionError = {},
                      std::string errorName = {})
    {
        const std::lock_guard lock(m_mutex);
        m_payload = std::move(payload);
        m_functionError = std::move(functionError);
        m_invokeError = std::move(errorName);
    }
    std::string lastEvent()
    {
        const std::lock_guard lock(m_mutex);
        return m_lastEvent;
    }
    v1::RunLoadRequest lastLoad()
    {
        const std::lock_guard lock(m_mutex);
        return m_lastLoad;
    }

    static Reply failure(const std::string& name, const std::string& message)
    {
        return {{}, grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, message), name, false};
    }

private:
    template <class Request, class Handle> void on(const std::string& method, Handle handle)
    {
        m_server.on(method, [this, handle](const std::string& bytes) -> Reply {
            Request request;
            request.ParseFromString(bytes);
            const std::lock_guard lock(m_mutex);
            return handle(request);
        });
    }
    template <class Message> static Reply ok(const Message& message)
    {
        return {{message.SerializeAsString()}, grpc::Status::OK, {}, false};
    }
    static std::int64_t nowMs()
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }

    void onPlatform()
    {
        on<v1::GetPlatformRequest>("/gantry.v1.Platform/GetPlatform", [](const auto&) {
            v1::PlatformInfo info;
            info.set_version("0.1.0");
            info.set_api_level(2);
            info.set_aws_endpoint("http://127.0.0.1:4566");
            return ok(info);
        });
        on<v1::GetPricesRequest>("/gantry.v1.Platform/GetPrices", [](const auto&) {
            return ok(test::shippedPrices());
        });
        on<v1::ListRuntimesRequest>("/gantry.v1.Platform/ListRuntimes", [](const auto&) {
            v1::ListRuntimesResponse response;
            for (const char* id : {"python3.13", "python3.12", "nodejs22.x", "provided.al2023"}) {
                auto* runtime = response.add_runtimes();
                runtime->set_id(id);
                runtime->set_available(true);
            }
            return ok(response);
        });
    }

    void onMonitor()
    {
        on<v1::WatchFunctionsRequest>("/gantry.v1.Monitor/WatchFunctions", [this](const auto&) {
            Reply reply;
            for (const auto& [name, c] : m_functions) {
                v1::FunctionEvent event;
                event.set_kind(v1::FunctionEvent::PRESENT);
                auto* f = event.mutable_function();
                f->set_name(name);
                f->set_arn(c.function_arn());
                f->set_runtime(c.runtime());
                f->set_memory_mb(c.memory_size());
                f->set_architecture(c.architectures(0));
                f->set_state(c.state());
                f->set_code_size(c.code_size());
                f->set_last_modified(c.last_modified());
                reply.messages.push_back(event.SerializeAsString());
            }
            v1::FunctionEvent end;
            end.set_kind(v1::FunctionEvent::SNAPSHOT_END);
            reply.messages.push_back(end.SerializeAsString());
            reply.stayOpen = true;
            return reply;
        });
        on<v1::WatchMetricsRequest>("/gantry.v1.Monitor/WatchMetrics", [this](const auto&) {
            v1::MetricsFrame frame;
            frame.set_time_ms(nowMs());
            int n = 0;
            for (const auto& [name, c] : m_functions) {
                auto* point = frame.add_functions();
                point->set_function_name(name);
                point->set_start_ms(nowMs() / 1000 * 1000);
                point->set_width_ms(1000);
                point->set_invocations(7 * ++n);
                point->set_errors(n - 1);
                point->set_concurrency(n);
                point->set_duration_sum_ms(7 * n * 12.5);
                point->set_duration_p50_ms(12.5);
                point->set_cost_usd((test::usd("0.000123") * n).toString());
            }
            return Reply{{frame.SerializeAsString()}, grpc::Status::OK, {}, true};
        });
        on<v1::QueryMetricsRequest>("/gantry.v1.Monitor/QueryMetrics",
                                    [](const auto&) { return ok(v1::QueryMetricsResponse()); });
        on<v1::ListInvocationsRequest>("/gantry.v1.Monitor/ListInvocations", [this](const auto&) {
            v1::ListInvocationsResponse response;
            for (auto it = m_invocations.rbegin(); it != m_invocations.rend(); ++it)
                *response.add_invocations() = it->summary();
            return ok(response);
        });
        on<v1::GetInvocationRequest>(
            "/gantry.v1.Monitor/GetInvocation", [this](const auto& request) {
                for (const auto& invocation : m_invocations) {
                    if (invocation.summary().request_id() == request.request_id())
                        return ok(invocation);
                }
                return failure("ResourceNotFoundException", "No such invocation.");
            });
    }

    void onFunctions()
    {
        using namespace aws::lambda;
        const std::string service = "/gantry.aws.lambda.Lambda/";
        on<GetFunctionRequest>(service + "GetFunction", [this](const auto& request) {
            const auto found = m_functions.find(request.function_name());
            if (found == m_functions.end())
                return failure("ResourceNotFoundException",
                               "Function not found: " + request.function_name());
            GetFunctionResponse response;
            *response.mutable_configuration() = found->second;
            (*response.mutable_tags())["team"] = "core";
            return ok(response);
        });
        on<v1::GetSnapshotsRequest>("/gantry.v1.Concurrency/GetSnapshots", [](const auto&) {
            v1::GetSnapshotsResponse response;
            auto* ready = response.add_snapshots();
            ready->set_version("7");
            ready->set_state(v1::Snapshot::READY);
            ready->set_init_ms(1040);
            ready->set_restore_ms(20);
            ready->set_restores(3);
            ready->set_memory_bytes(40 << 20);
            auto* gap = response.add_snapshots();
            gap->set_version("6");
            gap->set_state(v1::Snapshot::UNAVAILABLE);
            gap->set_reason("its layers bring extensions, which cannot be copied");
            return ok(response);
        });
        on<UpdateFunctionConfigurationRequest>(
            service + "UpdateFunctionConfiguration", [this](const auto& request) {
                FunctionConfiguration& c = m_functions[request.function_name()];
                if (request.revision_id() != c.revision_id())
                    return failure(
                        "PreconditionFailedException",
                        "The Revision Id provided does not match the latest Revision Id.");
                if (request.has_handler() && request.handler() == "bad")
                    return failure("InvalidParameterValueException", "The handler is not good.");
                if (request.has_memory_size())
                    c.set_memory_size(request.memory_size());
                if (request.has_timeout())
                    c.set_timeout(request.timeout());
                if (request.has_handler())
                    c.set_handler(request.handler());
                if (request.has_description())
                    c.set_description(request.description());
                if (request.has_snap_start())
                    c.mutable_snap_start()->set_apply_on(request.snap_start().apply_on());
                if (request.has_environment())
                    *c.mutable_environment()->mutable_variables() =
                        request.environment().variables();
                if (request.has_logging_config())
                    *c.mutable_logging_config() = request.logging_config();
                c.set_revision_id(c.revision_id() + "+");
                return ok(c);
            });
        on<DeleteFunctionRequest>(service + "DeleteFunction", [this](const auto& request) {
            m_deleted.push_back(request.function_name());
            return ok(DeleteFunctionResponse());
        });
        on<TagResourceRequest>(service + "TagResource",
                               [](const auto&) { return ok(google::protobuf::Empty()); });
        on<UntagResourceRequest>(service + "UntagResource",
                                 [](const auto&) { return ok(google::protobuf::Empty()); });
        on<PublishVersionRequest>(service + "PublishVersion", [this](const auto& request) {
            FunctionConfiguration version = m_functions[request.function_name()];
            version.set_version(std::to_string(m_versions.size() + 1));
            version.set_description(request.description());
            m_versions.push_back(version);
            return ok(version);
        });
        on<ListVersionsByFunctionRequest>(
            service + "ListVersionsByFunction", [this](const auto& request) {
                // Two pages, so that the console must ask twice.
                ListVersionsByFunctionResponse response;
                if (!request.has_marker()) {
                    *response.add_versions() = m_functions[request.function_name()];
                    response.set_next_marker("1");
                } else {
                    for (const auto& version : m_versions)
                        *response.add_versions() = version;
                }
                return ok(response);
            });
        on<InvocationRequest>(service + "Invoke",
                              [this](const auto& request) { return invoke(request); });
    }

    // What belongs to a function beside its configuration.
    void onSettings()
    {
        using namespace aws::lambda;
        const std::string service = "/gantry.aws.lambda.Lambda/";
        on<aws::logs::DescribeLogGroupsRequest>(
            "/gantry.aws.logs.Logs/DescribeLogGroups", [](const auto&) {
                aws::logs::DescribeLogGroupsResponse response;
                for (const char* name : {"/aws/lambda/alpha", "shop/orders"})
                    response.add_log_groups()->set_log_group_name(name);
                return ok(response);
            });
        on<GetRuntimeManagementConfigRequest>(
            service + "GetRuntimeManagementConfig", [this](const auto&) {
                GetRuntimeManagementConfigResponse response;
                response.set_update_runtime_on(m_updates.update_runtime_on());
                return ok(response);
            });
        on<PutRuntimeManagementConfigRequest>(service + "PutRuntimeManagementConfig",
                                              [this](const auto& request) {
                                                  m_updates = request;
                                                  return ok(PutRuntimeManagementConfigResponse());
                                              });
        on<ListCodeSigningConfigsRequest>(service + "ListCodeSigningConfigs", [](const auto&) {
            ListCodeSigningConfigsResponse response;
            CodeSigningConfig* config = response.add_code_signing_configs();
            config->set_code_signing_config_arn(kSigning);
            config->set_description("Release team");
            config->mutable_code_signing_policies()->set_untrusted_artifact_on_deployment(
                "Enforce");
            return ok(response);
        });
        on<GetFunctionCodeSigningConfigRequest>(
            service + "GetFunctionCodeSigningConfig", [this](const auto&) {
                GetFunctionCodeSigningConfigResponse response;
                response.set_code_signing_config_arn(m_signing);
                return ok(response);
            });
        on<PutFunctionCodeSigningConfigRequest>(
            service + "PutFunctionCodeSigningConfig", [this](const auto& request) {
                m_signing = request.code_signing_config_arn();
                return ok(PutFunctionCodeSigningConfigResponse());
            });
        on<DeleteFunctionCodeSigningConfigRequest>(
            service + "DeleteFunctionCodeSigningConfig", [this](const auto&) {
                m_signing.clear();
                return ok(google::protobuf::Empty());
            });
    }

    Reply invoke(const aws::lambda::InvocationRequest& request)
    {
        m_lastEvent = request.payload();
        if (!m_invokeError.empty())
            return failure(m_invokeError, "Rate Exceeded.");
        const std::string id = "request-" + std::to_string(m_invocations.size() + 1);
        v1::InvocationDetail detail;
        detail.set_event(request.payload());
        detail.set_event_kept(true);
        detail.set_response(m_payload);
        detail.set_response_kept(true);
        auto* summary = detail.mutable_summary();
        summary->set_request_id(id);
        summary->set_function_name(request.function_name());
        summary->set_version("$LATEST");
        summary->set_started_at_ms(nowMs());
        summary->set_duration_ms(12.34);
        summary->set_billed_ms(113);
        summary->set_init_ms(100.1);
        summary->set_cold_start(true);
        summary->set_memory_size_mb(512);
        summary->set_memory_used_bytes(36 << 20);
        summary->set_cost_usd("0.00000114");
        if (!m_functionError.empty())
            summary->set_error_type("ValueError");
        m_invocations.push_back(detail);
        aws::lambda::InvocationResponse response;
        response.set_status_code(200);
        response.set_payload(m_payload);
        if (!m_functionError.empty())
            response.set_function_error(m_functionError);
        response.set_executed_version("$LATEST");
        const std::string log =
            "START RequestId: " + id +
            " Version: $LATEST\nhello from the function\nEND RequestId: " + id +
            "\nREPORT RequestId: " + id +
            "\tDuration: 12.34 ms\tBilled Duration: 113 ms\tMemory Size: 512 MB\t"
            "Max Memory Used: 36 MB\tInit Duration: 100.10 ms\t\n";
        response.set_log_result(base64(log));
        return ok(response);
    }

    void onAliases()
    {
        using namespace aws::lambda;
        const std::string service = "/gantry.aws.lambda.Lambda/";
        on<ListAliasesRequest>(service + "ListAliases", [this](const auto&) {
            ListAliasesResponse response;
            for (const auto& [name, alias] : m_aliases)
                *response.add_aliases() = alias;
            return ok(response);
        });
        on<CreateAliasRequest>(service + "CreateAlias", [this](const auto& request) {
            if (m_aliases.count(request.name()) > 0)
                return failure("ResourceConflictException", "Alias already exists");
            return ok(keepAlias(request));
        });
        on<UpdateAliasRequest>(service + "UpdateAlias",
                               [this](const auto& request) { return ok(keepAlias(request)); });
        on<DeleteAliasRequest>(service + "DeleteAlias", [this](const auto& request) {
            m_aliases.erase(request.name());
            return ok(google::protobuf::Empty());
        });
    }

    template <class Request> aws::lambda::AliasConfiguration keepAlias(const Request& request)
    {
        aws::lambda::AliasConfiguration& alias = m_aliases[request.name()];
        alias.set_name(request.name());
        alias.set_function_version(request.function_version());
        alias.set_description(request.description());
        *alias.mutable_routing_config() = request.routing_config();
        alias.set_revision_id("alias-revision");
        return alias;
    }

    void onDevelop()
    {
        on<v1::RunLoadRequest>("/gantry.v1.Develop/RunLoad", [this](const auto& request) {
            m_lastLoad = request;
            Reply reply;
            for (int i = 1; i <= 20; ++i) {
                v1::LoadProgress progress;
                progress.set_elapsed_ms(i * 100);
                progress.set_sent(i * 50);
                progress.set_succeeded(i * 48);
                progress.set_failed(i);
                progress.set_throttled(i);
                progress.set_cold_starts(4);
                progress.set_in_flight(request.concurrency());
                progress.set_per_second(500 + 20 * (i % 5));
                progress.set_p50_ms(8 + i % 3);
                progress.set_p90_ms(14 + i % 4);
                progress.set_p99_ms(40 + 3 * (i % 7));
                progress.set_max_ms(120);
                progress.set_cost_usd((test::usd("0.00001") * i).toString());
                progress.set_first_error(i > 5 ? "ValueError: broken" : "");
                progress.set_finished(i == 20 && request.count() > 0);
                reply.messages.push_back(progress.SerializeAsString());
            }
            reply.stayOpen = request.count() == 0;
            return reply;
        });
        on<v1::GetPackageRequest>("/gantry.v1.Develop/GetPackage", [](const auto&) {
            return failure("ResourceNotFoundException", "No package here.");
        });
    }

    static std::string base64(const std::string& text)
    {
        static const char* kDigits =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        std::string out;
        for (std::size_t i = 0; i < text.size(); i += 3) {
            unsigned bits = 0;
            for (std::size_t k = 0; k < 3; ++k)
                bits =
                    bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0);
            for (std::size_t k = 0; k < 4; ++k)
                out += i + k <= text.size() ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
        }
        return out;
    }

    GrpcServer& m_server;
    std::mutex m_mutex;
    std::map<std::string, aws::lambda::FunctionConfiguration> m_functions;
    std::vector<aws::lambda::FunctionConfiguration> m_versions;
    std::map<std::string, aws::lambda::AliasConfiguration> m_aliases;
    std::vector<v1::InvocationDetail> m_invocations;
    std::vector<std::string> m_deleted;
    aws::lambda::PutRuntimeManagementConfigRequest m_updates;
    std::string m_signing;
    std::string m_payload = "{\"statusCode\":200,\"body\":{\"hello\":\"world\",\"items\":[1,2,3]}}";
    std::string m_functionError;
    std::string m_invokeError;
    std::string m_lastEvent;
    v1::RunLoadRequest m_lastLoad;
};

} // namespace gantry::test
