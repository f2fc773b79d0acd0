// Mutated policies against the parser and the evaluator, and wildcards against a matcher that is
// too simple to be wrong. Seeded, so that a failure repeats; GANTRY_FUZZ_ROUNDS makes it longer
// (under the asan preset, for example).
#include "backend/iam/evaluator.h"
#include "backend/iam/explain.h"

#include <QTest>

#include <random>

using namespace gantry;
using iam::PolicyKind;

namespace {

struct Sample {
    PolicyKind kind;
    const char* text;
};

constexpr Sample kSamples[] = {
    {PolicyKind::Identity,
     R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:G?t*","*"],)"
     R"("Resource":["arn:aws:s3:::b?*","*"],"Condition":{"Null":{"x:z":"true"}}}})"},
    {PolicyKind::Identity,
     R"({"Version":"2012-10-17","Id":"one","Statement":[{"Sid":"A","Effect":"Allow",)"
     R"("Action":["s3:Get*","s3:List?ucket"],"Resource":["arn:aws:s3:::b/${aws:username}?*","*"],)"
     R"("Condition":{"StringLike":{"aws:PrincipalTag/team":["a*","${x:y, 'z'}"]},)"
     R"("ForAnyValue:NumericLessThanIfExists":{"x:n":[1,"2"]},)"
     R"("IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]},)"
     R"("DateGreaterThan":{"aws:CurrentTime":"2025-01-31T00:00:00Z"},)"
     R"("Bool":{"aws:SecureTransport":true},"Null":{"x:y":"false"}}}]})"},
    {PolicyKind::Resource,
     R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["111122223333",)"
     R"("arn:aws:iam::111122223333:role/r"]},"NotAction":"iam:*","NotResource":"arn:aws:sqs:*:*:q",)"
     R"("Condition":{"ArnNotLike":{"aws:SourceArn":"arn:aws:sns:*:*:t?"},)"
     R"("BinaryEquals":{"x:b":"AAEC"}}}})"},
    {PolicyKind::Trust,
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":)"
     R"("lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]})"},
};

class Mutator final {
public:
    explicit Mutator(unsigned seed) : m_random(seed) {}
    std::size_t below(std::size_t end) { return end ? m_random() % end : 0; }

    std::string mutate(std::string text)
    {
        for (std::size_t i = below(3) + 1; i > 0; --i)
            once(text);
        return text;
    }

    std::string draw(std::string_view alphabet, std::size_t most)
    {
        std::string text;
        for (std::size_t i = below(most + 1); i > 0; --i)
            text += alphabet[below(alphabet.size())];
        return text;
    }

private:
    void once(std::string& text)
    {
        static const char* const kPieces[] = {"{",
                                              "}",
                                              "[",
                                              "]",
                                              "\"",
                                              ":",
                                              ",",
                                              "\\u0000",
                                              "null",
                                              "1e999",
                                              "*",
                                              "?",
                                              "${",
                                              "}",
                                              "\"*\"",
                                              "\xff",
                                              "\xfe",
                                              "\xc3\xa4",
                                              "Not",
                                              "IfExists",
                                              "ForAllValues:",
                                              "\n",
                                              "arn:",
                                              "[[[[[[[[[[[[[[[[[[[",
                                              "/33",
                                              "\"Effect\":\"Deny\",",
                                              "\"Sid\":\"A\","};
        const std::size_t at = below(text.size() + 1);
        switch (below(4)) {
        case 0:
            text.insert(at, kPieces[below(std::size(kPieces))]);
            break;
        case 1:
            text.erase(at, below(8) + 1);
            break;
        case 2:
            if (!text.empty())
                text[below(text.size())] = static_cast<char>(m_random());
            break;
        default:
            text.insert(at, text.substr(below(text.size() + 1), below(64)));
        }
    }

    std::mt19937 m_random;
};

int rounds()
{
    const int asked = qEnvironmentVariableIntValue("GANTRY_FUZZ_ROUNDS");
    return asked > 0 ? asked : 20'000;
}

iam::AccessRequest sampleRequest(Mutator& mutator)
{
    static const char* const kCallers[] = {"arn:aws:iam::111122223333:user/alice",
                                           "",
                                           "arn:aws:sts::111122223333:assumed-role/r/s",
                                           "lambda.amazonaws.com",
                                           "arn:",
                                           "\xff"};
    static const char* const kResources[] = {"*", "arn:aws:s3:::b/alice/x", "arn:aws:sqs:r:1:q",
                                             "arn:::::", "\xfe\xff"};
    iam::AccessRequest request;
    request.caller = iam::Caller::of(kCallers[mutator.below(std::size(kCallers))]);
    request.action = mutator.below(2) ? "s3:GetObject" : "";
    request.resource = kResources[mutator.below(std::size(kResources))];
    request.resourceAccount = mutator.below(2) ? "111122223333" : "";
    for (const char* key : {"aws:username", "aws:PrincipalTag/team", "x:y", "x:n", "aws:SourceIp",
                            "aws:CurrentTime", "aws:SourceArn", "x:b"}) {
        const std::string value = mutator.draw("a1.:/*?-\xff", 12);
        if (mutator.below(3) == 0)
            request.context.setMany(key, {value, value + "1"});
        else if (mutator.below(2))
            request.context.set(key, value);
    }
    return request;
}

// What a pattern of literals, * and ? matches, by its definition.
bool simpleMatch(std::string_view pattern, std::string_view text)
{
    if (pattern.empty())
        return text.empty();
    if (pattern[0] == '*') {
        return simpleMatch(pattern.substr(1), text) ||
               (!text.empty() && simpleMatch(pattern, text.substr(1)));
    }
    return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
           simpleMatch(pattern.substr(1), text.substr(1));
}

} // namespace

class IamPolicyFuzzTest final : public QObject {
    Q_OBJECT

private slots:
    void parserAndEvaluatorTakeAnything();
    void wildcardsMatchTheirDefinition();
};

void IamPolicyFuzzTest::parserAndEvaluatorTakeAnything()
{
    const auto deny = iam::Policy::parse(
        R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})",
        PolicyKind::Identity);
    QVERIFY(deny.ok());
    Mutator mutator(20251125);
    int accepted = 0, allowed = 0;
    for (int round = 0; round < rounds(); ++round) {
        const auto& [kind, sample] = kSamples[mutator.below(std::size(kSamples))];
        const std::string text = mutator.mutate(sample);
        const auto parsed = iam::Policy::parse(text, kind);
        if (!parsed.ok()) {
            // Every fault says where it is, and no hostile text makes it long.
            const std::string fault(parsed.status().message());
            QVERIFY2(fault.starts_with("line "), fault.c_str());
            continue;
        }
        ++accepted;
        iam::PolicySet set;
        if (kind == PolicyKind::Identity) {
            set.identity = {{"p", *parsed}};
            set.boundary = iam::NamedPolicy{"b", *parsed};
        } else {
            set.resource = iam::NamedPolicy{"p", *parsed};
        }
        const iam::AccessRequest request = sampleRequest(mutator);
        std::vector<iam::StatementOutcome> outcomes;
        const iam::Decision decision = iam::evaluate(request, set, &outcomes);
        QVERIFY(!iam::explain(request, decision).empty());
        for (const iam::StatementOutcome& outcome : outcomes)
            QVERIFY(!iam::explain(request, outcome).empty());
        allowed += decision.allowed();
        // Nothing allows what is denied explicitly.
        set.identity.push_back({"deny", *deny});
        QVERIFY(!iam::evaluate(request, set).allowed());
    }
    QVERIFY(accepted > rounds() / 100);
    QVERIFY(allowed > 0);
}

void IamPolicyFuzzTest::wildcardsMatchTheirDefinition()
{
    Mutator mutator(7);
    const iam::PolicyContext context;
    int matched = 0;
    for (int round = 0; round < rounds(); ++round) {
        const std::string pattern = mutator.draw("ab*?", 9);
        const std::string text = mutator.draw("ab", 9);
        const bool wanted = simpleMatch(pattern, text);
        const iam::PolicyPattern compiled(pattern, {true, true, false});
        QVERIFY2(compiled.matches(text, context) == wanted, (pattern + " ~ " + text).c_str());
        matched += wanted;
    }
    QVERIFY(matched > rounds() / 50);
}

QTEST_GUILESS_MAIN(IamPolicyFuzzTest)
#include "iam_policy_fuzz_test.moc"
