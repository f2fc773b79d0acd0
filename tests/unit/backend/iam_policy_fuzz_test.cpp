// Random wildcards against a matcher that is too simple to be wrong. Seeded, so that a failure
// repeats; GANTRY_FUZZ_ROUNDS makes it longer. The parser and the evaluator: tests/fuzz.
#include "backend/iam/policy_context.h"
#include "backend/iam/policy_pattern.h"
#include "tests/support/mutator.h"

#include <QTest>

using namespace gantry;

namespace {

int rounds()
{
    const int asked = qEnvironmentVariableIntValue("GANTRY_FUZZ_ROUNDS");
    return asked > 0 ? asked : 20'000;
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
    void wildcardsMatchTheirDefinition();
};

void IamPolicyFuzzTest::wildcardsMatchTheirDefinition()
{
    test::Mutator mutator(7);
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
