// The policy parser and evaluator as a fuzz target: of libFuzzer (`ninja fuzz_policies`, see
// CONTRIBUTING.md) and of mutations.cpp, which CTest runs. The input is a byte that says what kind of
// policy it is and who asks for what, then the document, then after a line with a percent sign the
// values of the request's context, one a line. Besides what the sanitizers find, it holds that a fault
// says where it is, that a decision is the same twice, is one of the three, has an explanation, and
// that a statement that denies everything turns every decision into an explicit denial.
#include "backend/iam/evaluator.h"
#include "backend/iam/explain.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace gantry::iam;

// For who wants to know that the inputs get anywhere.
int acceptedPolicies = 0, allowedRequests = 0;

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

// which: picks who asks for what, the usual first.
AccessRequest requestWith(unsigned which, std::string_view values)
{
    constexpr const char* kCallers[] = {"arn:aws:sts::111122223333:assumed-role/r/session",
                                        "arn:aws:iam::111122223333:user/alice", "lambda.amazonaws.com",
                                        "", "arn:", "\xff"};
    constexpr const char* kResources[] = {"arn:aws:s3:::bucket/key", "arn:aws:sqs:r:1:q", "*", "arn:::::",
                                          "\xfe\xff"};
    AccessRequest request;
    request.caller = Caller::of(kCallers[which % std::size(kCallers)]);
    request.action = which % 7 == 6 ? "" : "s3:GetObject";
    request.resource = kResources[which % std::size(kResources)];
    request.resourceAccount = which % 4 == 3 ? "" : "111122223333";
    constexpr const char* kKeys[] = {"aws:username",      "aws:PrincipalTag/team", "x:n",    "x:b",
                                     "aws:SourceIp",      "aws:CurrentTime",       "x:y",
                                     "aws:SecureTransport", "aws:SourceArn"};
    std::size_t next = 0;
    while (!values.empty() && next < std::size(kKeys)) {
        const std::size_t end = values.find('\n');
        const std::string value(values.substr(0, end));
        if (value.starts_with('+'))
            request.context.setMany(kKeys[next++], {value.substr(1), value});
        else
            request.context.set(kKeys[next++], value);
        values.remove_prefix(end == std::string_view::npos ? values.size() : end + 1);
    }
    return request;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    constexpr std::string_view kMark = "\n%\n";
    const std::size_t mark = text.find(kMark);
    const std::string_view document = text.substr(0, mark);
    const auto kind = data[0] % 3 == 0   ? PolicyKind::Identity
                      : data[0] % 3 == 1 ? PolicyKind::Resource
                                         : PolicyKind::Trust;
    const auto policy = Policy::parse(document, kind);
    if (!policy.ok()) {
        require(std::string(policy.status().message()).starts_with("line "));
        return 0;
    }
    ++acceptedPolicies;
    const AccessRequest request =
        requestWith(data[0] / 3, mark == std::string_view::npos ? std::string_view()
                                                                : text.substr(mark + kMark.size()));
    PolicySet policies;
    if (kind == PolicyKind::Identity)
        policies.identity.push_back({"p", *policy});
    else
        policies.resource = NamedPolicy{"p", *policy};
    std::vector<StatementOutcome> outcomes;
    const Decision decision = evaluate(request, policies, &outcomes);
    require(outcomes.size() == (*policy)->statements().size());
    require(evaluate(request, policies).verdict == decision.verdict);
    allowedRequests += decision.allowed();
    require(!explain(request, decision).empty());
    for (const StatementOutcome& outcome : outcomes)
        require(!explain(request, outcome).empty());
    if (!decision.allowed())
        require(!denialMessage(request, decision).empty());
    static const PolicyPtr nothing =
        *Policy::parse(R"({"Version":"2012-10-17","Statement":{"Effect":"Deny",)"
                       R"("Action":"*","Resource":"*"}})",
                       PolicyKind::Identity);
    policies.identity.push_back({"nothing", nothing});
    require(evaluate(request, policies).verdict == Verdict::ExplicitDeny);
    return 0;
}
