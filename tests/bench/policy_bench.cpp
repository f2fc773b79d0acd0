// What one decision of the policy evaluator costs, over 20 statements of realistic policies.
//
//   ninja -C build-test policy_bench && build-test/bin/policy_bench
#include "backend/iam/evaluator.h"
#include "backend/iam/explain.h"

#include <benchmark/benchmark.h>

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

} // namespace

BENCHMARK_MAIN();
