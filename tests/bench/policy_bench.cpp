// What one decision of the policy evaluator costs, over 20 statements of realistic policies, and what
// an entry of the audit log costs the thread that makes it.
//
//   ninja -C build-test policy_bench && build-test/bin/policy_bench
#include "backend/base/clock.h"
#include "backend/iam/audit_log.h"
#include "backend/iam/evaluator.h"
#include "backend/iam/explain.h"

#include <benchmark/benchmark.h>

#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

using namespace gantry;

// Twenty statements in four policies: what a function of some size has.
iam::PolicySet twentyStatements(bool variables)
{
    iam::PolicySet set;
    const char* services[] = {"s3", "dynamodb", "sqs", "lambda"};
    for (const char* service : services) {
        std::string text = R"({"Version":"2012-10-17","Statement":[)";
        for (int i = 0; i < 5; ++i) {
            text += std::string(i ? "," : "") + R"({"Effect":")" + (i == 4 ? "Deny" : "Allow") +
                    R"(","Action":[")" + service + ":Get*\",\"" + service + ":List*\",\"" +
                    service + ":" + (i == 3 ? "InvokeFunction" : "Put" + std::to_string(i)) +
                    R"("],"Resource":["arn:aws:)" + service + ":us-east-1:000000000000:function:" +
                    (variables ? "${aws:PrincipalTag/team}-" : "") + "app-" + std::to_string(i) +
                    R"(*","arn:aws:)" + service + R"(:*:*:other/*"],"Condition":{)" +
                    R"("StringEquals":{"aws:PrincipalAccount":"000000000000"},)" +
                    R"("IpAddress":{"aws:SourceIp":["10.0.0.0/8","127.0.0.0/8"]}}})";
        }
        set.identity.push_back(
            {service, *iam::Policy::parse(text + "]}", iam::PolicyKind::Identity, {100'000})});
    }
    return set;
}

iam::AccessRequest request(const char* resource)
{
    iam::AccessRequest request;
    request.caller = iam::Caller::of("arn:aws:sts::000000000000:assumed-role/app/session");
    request.action = "lambda:InvokeFunction";
    request.resource = resource;
    request.resourceAccount = "000000000000";
    request.context.set("aws:PrincipalAccount", "000000000000");
    request.context.set("aws:SourceIp", "127.0.0.1");
    request.context.set("aws:PrincipalTag/team", "blue");
    request.context.set("aws:SecureTransport", "false");
    return request;
}

void decide(benchmark::State& state, bool variables, const char* resource, bool explained)
{
    const iam::PolicySet set = twentyStatements(variables);
    const iam::AccessRequest asked = request(resource);
    std::vector<iam::StatementOutcome> outcomes;
    for (auto _ : state) {
        outcomes.clear();
        benchmark::DoNotOptimize(iam::evaluate(asked, set, explained ? &outcomes : nullptr));
    }
}

constexpr char kAllowed[] = "arn:aws:lambda:us-east-1:000000000000:function:app-3x";
constexpr char kAllowedByVariable[] = "arn:aws:lambda:us-east-1:000000000000:function:blue-app-3x";
constexpr char kDenied[] = "arn:aws:lambda:us-east-1:000000000000:function:nothing";

BENCHMARK_CAPTURE(decide, allowed, false, kAllowed, false);
BENCHMARK_CAPTURE(decide, denied, false, kDenied, false);
BENCHMARK_CAPTURE(decide, allowed_with_variables, true, kAllowedByVariable, false);
BENCHMARK_CAPTURE(decide, denied_with_every_outcome, false, kDenied, true);

void compile(benchmark::State& state)
{
    const std::string text =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],)"
        R"("Resource":"arn:aws:s3:::bucket/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]})";
    for (auto _ : state)
        benchmark::DoNotOptimize(iam::Policy::parse(text, iam::PolicyKind::Identity));
}
BENCHMARK(compile);

// A call like the one before, as warm invocations are; or every one on another resource, which is
// committed in batches by another thread.
void audit(benchmark::State& state, bool alike)
{
    char folder[] = "/tmp/gantry-audit-bench-XXXXXX";
    if (!mkdtemp(folder))
        return state.SkipWithError("no folder");
    boost::asio::io_context io;
    const Clock clock;
    const auto same = [](const std::string& text) -> absl::StatusOr<std::string> { return text; };
    {
        auto log = *iam::AuditLog::open(io, folder, clock, {same, same});
        std::int64_t number = 0;
        for (auto _ : state) {
            v1::AuditEntry entry;
            entry.set_request_id("5b1e0f0e-8f6f-4e52-9a86-0d7c3f7e4a11");
            entry.set_principal_arn("arn:aws:iam::000000000000:root");
            entry.set_access_key_id("AKIAIOSFODNN7EXAMPLE");
            entry.set_action("lambda:InvokeFunction");
            entry.set_resource("arn:aws:lambda:us-east-1:000000000000:function:" +
                               (alike ? "hello" : std::to_string(++number)));
            entry.set_decision(v1::AUDIT_ALLOWED);
            entry.set_reason("The root of the account may do everything.");
            entry.set_door("aws");
            log->record(std::move(entry));
            if ((++number & 1023) == 0)
                io.poll();
        }
    }
    std::filesystem::remove_all(folder);
}
BENCHMARK_CAPTURE(audit, alike, true);
BENCHMARK_CAPTURE(audit, different, false);

} // namespace

BENCHMARK_MAIN();
