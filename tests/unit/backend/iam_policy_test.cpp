// The policy language: what is accepted, what each element and operator matches, and the decisions
// of AWS's evaluation logic, as tables.
#include "backend/iam/evaluator.h"
#include "backend/iam/explain.h"

#include <QTest>

using namespace gantry;
using iam::PolicyKind;

namespace {

std::string statementOf(const char* inner)
{
    return std::string(R"({"Version":"2012-10-17","Statement":[{)") + inner + "}]}";
}

iam::NamedPolicy policy(const std::string& text, PolicyKind kind = PolicyKind::Identity)
{
    auto parsed = iam::Policy::parse(text, kind, {100'000});
    if (!parsed.ok())
        qFatal("%s: %s", std::string(parsed.status().message()).c_str(), text.c_str());
    return {"p", *parsed};
}

constexpr char kAlice[] = "arn:aws:iam::111122223333:user/alice";
constexpr char kSession[] = "arn:aws:sts::111122223333:assumed-role/app/s1";
constexpr char kBucket[] = "arn:aws:s3:::bucket/key";

iam::AccessRequest request(const char* who = kAlice, const char* action = "s3:GetObject",
                           const char* resource = kBucket, const char* account = "111122223333")
{
    iam::AccessRequest request;
    request.caller = iam::Caller::of(who);
    request.action = action;
    request.resource = resource;
    request.resourceAccount = account;
    return request;
}

bool allowedBy(const iam::AccessRequest& request, const std::string& document)
{
    iam::PolicySet set;
    set.identity = {policy(document)};
    return iam::evaluate(request, set).allowed();
}

} // namespace

class IamPolicyTest final : public QObject {
    Q_OBJECT

private slots:
    void faultsNameLineAndElement_data();
    void faultsNameLineAndElement();
    void limits();
    void patterns_data();
    void patterns();
    void hostilePatternsAreQuick();
    void resources_data();
    void resources();
    void conditions_data();
    void conditions();
    void variables();
    void decisions_data();
    void decisions();
    void explanations();
    void contextKeys();
};

void IamPolicyTest::faultsNameLineAndElement_data()
{
    QTest::addColumn<QByteArray>("document");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QByteArray>("message");
    const auto row = [](const char* name, const char* document, const char* message,
                        PolicyKind kind = PolicyKind::Identity) {
        QTest::newRow(name) << QByteArray(document) << int(kind) << QByteArray(message);
    };
    row("empty", "", "line 1: this is not valid JSON");
    row("no JSON", "{\n\"Version\": }", "line 2: this is not valid JSON");
    row("comma", "{\"Statement\":[],\n}", "line 2: this is not valid JSON");
    row("twice", "{\"Version\":\"2012-10-17\",\n\"Version\":\"2012-10-17\"}",
        "line 2: this is not valid JSON: the member \"Version\" is there twice");
    row("two documents", "{} {}", "line 1: this is not valid JSON: extra data");
    row("list", "[]", "line 1: a policy is an object, not a list");
    row("version", "{\"Version\":\"2012-10-18\",\"Statement\":[]}", "line 1: Version: must be");
    row("no statement", "{\"Version\":\"2012-10-17\"}", "line 1: the element Statement is missing");
    row("nothing", "{\"Statement\":[]}", "line 1: Statement: a policy needs at least one");
    row("unknown", "{\"Statements\":[]}", "line 1: a policy has no element \"Statements\"");
    row("effect", "{\"Statement\":[{\n\"Effect\":\"allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
        "line 2: Statement 1: Effect: must be Allow or Deny");
    row("no effect", "{\"Statement\":[{\"Action\":\"*\",\"Resource\":\"*\"}]}",
        "Statement 1: the element Effect is missing");
    row("second",
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"},\n\n"
        "{\"Effect\":\"Allow\",\"Action\":\"GetObject\",\"Resource\":\"*\"}]}",
        "line 3: Statement 2: Action: \"GetObject\" is not an action");
    row("both", "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"NotAction\":\"*\"}]}",
        "a statement has Action or NotAction, not both");
    row("resource", "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"x\"}]}",
        "Resource: \"x\" is neither an ARN nor *");
    row("number", "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":3,\"Resource\":\"*\"}]}",
        "Action: must be a string or a list of strings, not a number");
    row("operator",
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
        "\"Condition\":{\"StringIs\":{\"a:b\":\"c\"}}}]}",
        "Condition: StringIs: there is no such condition operator");
    row("key",
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
        "\"Condition\":{\"Null\":{\"ab\":\"c\"}}}]}",
        "Condition: Null: ab: a condition key reads service:key");
    row("principal",
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\","
        "\"Resource\":\"*\"}]}",
        "a policy of an identity has no Principal");
    row("no principal",
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\","
        "\"Resource\":\"*\"}]}",
        "must have Principal or NotPrincipal", PolicyKind::Resource);
    row("trust",
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\","
        "\"Resource\":\"*\"}]}",
        "a trust policy has no Resource", PolicyKind::Trust);
    row("wild principal",
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
        "\"arn:aws:iam::111122223333:role/*\"},\"Action\":\"*\"}]}",
        "a principal cannot have wildcards", PolicyKind::Trust);
    row("sid",
        "{\"Statement\":[{\"Sid\":\"a-b\",\"Effect\":\"Allow\",\"Action\":\"*\","
        "\"Resource\":\"*\"}]}",
        "Sid: may have letters and digits only");
    row("sids",
        "{\"Statement\":[{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Action\":\"*\","
        "\"Resource\":\"*\"},{\"Sid\":\"a\",\"Effect\":\"Deny\",\"Action\":\"*\","
        "\"Resource\":\"*\"}]}",
        "Statement 2: Sid: \"a\" is there twice");
}

void IamPolicyTest::faultsNameLineAndElement()
{
    QFETCH(QByteArray, document);
    QFETCH(int, kind);
    QFETCH(QByteArray, message);
    const auto parsed = iam::Policy::parse(document.toStdString(), PolicyKind(kind));
    QVERIFY(!parsed.ok());
    const std::string found(parsed.status().message());
    QVERIFY2(found.find(message.toStdString()) != std::string::npos, found.c_str());
}

void IamPolicyTest::limits()
{
    const std::string head =
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",)"
        R"("Resource":"arn:aws:s3:::)";
    const std::string tail = "\"}}";
    const auto ofSize = [&](std::size_t size) {
        return head + std::string(size - head.size() - tail.size(), 'x') + tail;
    };
    for (const std::size_t limit : {2'048UL, 6'144UL, 10'240UL}) {
        QVERIFY(iam::Policy::parse(ofSize(limit), PolicyKind::Identity, {limit}).ok());
        // White space does not count.
        QVERIFY(iam::Policy::parse(ofSize(limit) + std::string(500, '\n'), PolicyKind::Identity,
                                   {limit})
                    .ok());
        QVERIFY(!iam::Policy::parse(ofSize(limit + 1), PolicyKind::Identity, {limit}).ok());
    }
    QVERIFY(!iam::Policy::parse(std::string(100'000, '['), PolicyKind::Identity, {1'000'000}).ok());
}

void IamPolicyTest::patterns_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("matches");
    const auto row = [](const char* pattern, const char* text, bool matches) {
        QTest::addRow("%s ~ %s", pattern, text)
            << QByteArray(pattern) << QByteArray(text) << matches;
    };
    row("", "", true);
    row("", "a", false);
    row("*", "", true);
    row("*", "anything", true);
    row("a*", "a", true);
    row("a*b", "ab", true);
    row("a*b", "a", false);
    row("a*a", "a", false); // the two ends may not share a character
    row("ab*ba", "aba", false);
    row("*a*", "bab", true);
    row("a**b", "axxb", true);
    row("?", "", false);
    row("?", "a", true);
    row("?", "\xc3\xa4", true); // one character, two bytes
    row("??", "\xc3\xa4", false);
    row("*?", "", false);
    row("*?", "\xf0\x9f\x98\x80", true);
    row("a?c*e", "abcde", true);
    row("a?c*?e", "abce", false);
    row("*b?d*", "abbcd", true);
    row("*abc*abd", "abcabcabd", true);
    row("${*}", "*", true);
    row("${*}", "a", false);
    row("a${?}b", "a?b", true);
    row("${$}{x}", "${x}", true);
    row("${", "${", true); // no closing brace: no variable
}

void IamPolicyTest::patterns()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, text);
    QFETCH(bool, matches);
    const iam::PolicyPattern compiled(pattern.toStdString(), {true, true, false});
    QCOMPARE(compiled.matches(text.toStdString(), iam::PolicyContext()), matches);
}

void IamPolicyTest::hostilePatternsAreQuick()
{
    // What makes backtracking matchers take exponential time is over before the test's timeout.
    std::string pattern;
    for (int i = 0; i < 1'000; ++i)
        pattern += "*a";
    const iam::PolicyPattern evil(pattern + "*b", {true, true, false});
    QVERIFY(!evil.matches(std::string(20'000, 'a'), iam::PolicyContext()));
    const iam::PolicyPattern marks("*?a?a?a?a*?aaaa?b", {true, true, false});
    QVERIFY(!marks.matches(std::string(200'000, 'a'), iam::PolicyContext()));
}

void IamPolicyTest::resources_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("resource");
    QTest::addColumn<bool>("identity");
    QTest::addColumn<bool>("resourcePolicy");
    const auto row = [](const char* pattern, const char* resource, bool identity, bool other) {
        QTest::addRow("%s ~ %s", pattern, resource)
            << QByteArray(pattern) << QByteArray(resource) << identity << other;
    };
    row("*", "*", true, true);
    row("*", "arn:aws:s3:::b", true, true);
    row("arn:aws:s3:::b", "*", false, false);
    row("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b", true, true);
    row("arn:aws:s3:::b/*", "arn:aws:s3:::b", false, false);
    // A wildcard stays in its segment; the last segment holds colons.
    row("arn:aws:*:function:f", "arn:aws:lambda:us-east-1:111122223333:function:f", false, false);
    row("arn:aws:lambda:*:*:function:f*", "arn:aws:lambda:us-east-1:1:function:f:live", true, true);
    row("arn:aws:lambda:*:*:*", "arn:aws:lambda:us-east-1:1:function:f:live", true, true);
    row("arn:aws:execute-api:*:*:*/prod/*", "arn:aws:execute-api:r:1:id/prod/GET/x", true, true);
    // Missing segments are wildcards where AWS completes them.
    row("arn:aws:sqs", "arn:aws:sqs:us-east-1:1:q", true, false);
    row("arn:aws:sqs:*", "arn:aws:sqs:us-east-1:1:q", true, true);
}

void IamPolicyTest::resources()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, resource);
    QFETCH(bool, identity);
    QFETCH(bool, resourcePolicy);
    const iam::PolicyContext context;
    const auto matches = [&](PolicyKind kind) {
        return iam::ResourcePattern(pattern.toStdString(), kind, true)
            .matches(resource.toStdString(), context);
    };
    QCOMPARE(matches(PolicyKind::Identity), identity);
    QCOMPARE(matches(PolicyKind::Resource), resourcePolicy);
}

void IamPolicyTest::conditions_data()
{
    QTest::addColumn<QByteArray>("condition"); // operator key values
    QTest::addColumn<QStringList>("values");   // of the key in the request
    QTest::addColumn<int>("how");              // 0 absent, 1 single, 2 multivalued
    QTest::addColumn<bool>("holds");
    const auto row = [](const char* op, const char* wanted, QStringList values, bool holds,
                        int how = 1) {
        const QByteArray text = QByteArray("\"") + op + "\":{\"x:K\":" + wanted + "}";
        QTest::addRow("%s %s [%s] %d", op, wanted, qPrintable(values.join(u'|')), how)
            << text << values << how << holds;
    };
    const QStringList none;
    row("StringEquals", R"("a")", {"a"}, true);
    row("stringequals", R"("a")", {"a"}, true);
    row("StringEquals", R"("a")", {"A"}, false);
    row("StringEquals", R"(["b","a"])", {"a"}, true);
    row("StringEquals", R"("a*")", {"abc"}, false);
    row("StringEquals", R"("a")", none, false, 0);
    row("StringEqualsIfExists", R"("a")", none, true, 0);
    row("StringEqualsIfExists", R"("a")", {"b"}, false);
    row("StringNotEquals", R"(["a","b"])", {"c"}, true);
    row("StringNotEquals", R"(["a","b"])", {"b"}, false);
    row("StringNotEquals", R"("a")", none, true, 0);
    row("StringEqualsIgnoreCase", R"("aB")", {"Ab"}, true);
    row("StringNotEqualsIgnoreCase", R"("aB")", {"Ab"}, false);
    row("StringLike", R"("a?c*")", {"abcd"}, true);
    row("StringNotLike", R"("a*")", {"abcd"}, false);
    row("NumericEquals", R"("10")", {"10.0"}, true);
    row("NumericEquals", "10", {"10"}, true);
    row("NumericNotEquals", R"("10")", {"11"}, true);
    row("NumericNotEquals", R"("10")", {"ten"}, false);
    row("NumericLessThan", R"("10")", {"9"}, true);
    row("NumericLessThan", R"("10")", {"10"}, false);
    row("NumericLessThanEquals", R"("10")", {"10"}, true);
    row("NumericGreaterThan", R"("10")", {"9"}, false);
    row("NumericGreaterThanEquals", R"("-1")", {"-1"}, true);
    row("NumericEquals", R"("1")", {"1x"}, false);
    row("DateEquals", R"("2025-01-31T00:00:00Z")", {"1738281600"}, true);
    row("DateLessThan", R"("2025-01-31T00:00:00Z")", {"2025-01-30T23:59:59Z"}, true);
    row("DateGreaterThan", R"("2025-01-31")", {"2025-01-31T00:00:01+00:00"}, true);
    row("DateGreaterThanEquals", R"("2025-01-31T01:00:00+01:00")", {"2025-01-31T00:00:00Z"}, true);
    row("DateNotEquals", R"("2025-01-31")", {"2025-02-01"}, true);
    row("DateLessThanEquals", R"("soon")", {"2025-02-01"}, false);
    row("Bool", R"("true")", {"true"}, true);
    row("Bool", "false", {"False"}, true);
    row("Bool", R"("true")", {"yes"}, false);
    row("BoolIfExists", R"("true")", none, true, 0);
    row("BinaryEquals", R"("QmluYXJ5")", {"QmluYXJ5"}, true);
    row("BinaryEquals", R"("QmluYXJ5")", {"QmluYXJ6"}, false);
    row("IpAddress", R"("10.0.0.0/8")", {"10.1.2.3"}, true);
    row("IpAddress", R"("10.0.0.0/8")", {"11.1.2.3"}, false);
    row("IpAddress", R"("0.0.0.0/0")", {"11.1.2.3"}, true);
    row("IpAddress", R"("10.0.0.1")", {"10.0.0.1"}, true);
    row("IpAddress", R"("10.0.0.128/25")", {"10.0.0.127"}, false);
    row("IpAddress", R"("2001:db8::/33")", {"2001:db8:7fff::1"}, true);
    row("IpAddress", R"("2001:db8::/33")", {"2001:db8:8000::1"}, false);
    row("IpAddress", R"("2001:db8::1")", {"2001:DB8:0::0:1"}, true);
    row("IpAddress", R"("10.0.0.0/8")", {"::1"}, false);
    row("NotIpAddress", R"("10.0.0.0/8")", {"::1"}, true);
    row("NotIpAddress", R"(["10.0.0.0/8","192.168.0.0/16"])", {"192.168.1.1"}, false);
    row("IpAddress", R"("10.0.0.0/33")", {"10.0.0.0"}, false);
    row("ArnEquals", R"("arn:aws:sns:*:1:t")", {"arn:aws:sns:eu-1:1:t"}, true);
    row("ArnLike", R"("arn:aws:sns:*:t")", {"arn:aws:sns:eu-1:1:t"}, false);
    row("ArnLike", R"("arn:aws:s3:::b/*")", {"arn:aws:s3:::b/a:c/d"}, true);
    row("ArnNotLike", R"("arn:aws:s3:::b/*")", {"arn:aws:s3:::c"}, true);
    row("ArnNotEquals", R"("arn:aws:s3:::b")", {"no arn"}, false);
    // A variable without a value decides nothing where the segments before it differ already.
    row("ArnNotLike", R"("arn:aws:iam::1:user/${x:none}")", {"arn:aws:s3:::c"}, true);
    row("ArnNotLike", R"("arn:aws:iam::1:user/${x:none}")", {"arn:aws:iam::1:user/a"}, false);
    row("Null", R"("true")", none, true, 0);
    row("Null", R"("true")", {"x"}, false);
    row("Null", "false", {"x"}, true);
    row("Null", R"("false")", none, false, 2); // no value is as good as no key
    // A key of many values.
    row("StringEquals", R"("a")", {"a"}, false, 2);
    row("ForAnyValue:StringEquals", R"(["a","b"])", {"c", "b"}, true, 2);
    row("ForAnyValue:StringEquals", R"("a")", {"c"}, false, 2);
    row("ForAnyValue:StringEquals", R"("a")", none, false, 0);
    row("ForAnyValue:StringEquals", R"("a")", {"a"}, true, 1);
    row("ForAllValues:StringEquals", R"(["a","b"])", {"a", "b"}, true, 2);
    row("ForAllValues:StringEquals", R"("a")", {"a", "b"}, false, 2);
    row("ForAllValues:StringEquals", R"("a")", none, true, 0);
    row("ForAllValues:StringEquals", R"("a")", none, true, 2);
    row("ForAllValues:StringNotEquals", R"(["a","b"])", {"c", "a"}, false, 2);
    row("ForAnyValue:StringNotLike", R"("a*")", {"ab", "b"}, true, 2);
    row("ForAllValues:StringLikeIfExists", R"("a*")", none, true, 0);
}

void IamPolicyTest::conditions()
{
    QFETCH(QByteArray, condition);
    QFETCH(QStringList, values);
    QFETCH(int, how);
    QFETCH(bool, holds);
    iam::AccessRequest asked = request();
    std::vector<std::string> texts;
    for (const QString& value : values)
        texts.push_back(value.toStdString());
    if (how == 1)
        asked.context.set("X:k", texts.front()); // names of keys have no case
    else if (how == 2)
        asked.context.setMany("x:k", texts);
    const std::string document = statementOf(
        (R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{)" + condition + "}")
            .constData());
    QCOMPARE(allowedBy(asked, document), holds);
}

void IamPolicyTest::variables()
{
    iam::AccessRequest asked = request(kAlice, "s3:GetObject", "arn:aws:s3:::b/alice/x");
    const std::string home = statementOf(
        R"("Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*")");
    QVERIFY(!allowedBy(asked, home)); // no value: matches nothing
    asked.context.set("aws:username", "alice");
    QVERIFY(allowedBy(asked, home));
    // A value is no pattern.
    asked.context.set("aws:username", "*");
    QVERIFY(!allowedBy(asked, home));
    asked.context.set("aws:username", "\xff");
    QVERIFY(!allowedBy(asked, home));
    asked.context.setMany("aws:username", {"alice"});
    QVERIFY(!allowedBy(asked, home));
    const std::string fallback = statementOf(
        R"("Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:team, 'alice'}/*")");
    QVERIFY(allowedBy(asked, fallback));
    asked.context.set("aws:team", "other");
    QVERIFY(!allowedBy(asked, fallback));
    // In the old version of the language it is a plain text.
    std::string old = home;
    old.replace(old.find("2012"), 4, "2008");
    asked.context.set("aws:username", "alice");
    QVERIFY(!allowedBy(asked, old));
    asked.resource = "arn:aws:s3:::b/${aws:username}/x";
    QVERIFY(allowedBy(asked, old));
}

void IamPolicyTest::decisions_data()
{
    QTest::addColumn<QByteArray>("who");
    QTest::addColumn<QByteArray>("account");      // of the resource
    QTest::addColumn<QByteArrayList>("policies"); // identity, boundary, session, resource
    QTest::addColumn<bool>("delegates");
    QTest::addColumn<int>("verdict");
    QTest::addColumn<int>("because");
    using iam::Because;
    using iam::Verdict;
    const QByteArray allow = R"("Effect":"Allow","Action":"s3:*","Resource":"*")";
    const QByteArray deny = R"("Effect":"Deny","Action":"s3:*","Resource":"*")";
    const QByteArray other = R"("Effect":"Allow","Action":"sqs:*","Resource":"*")";
    const QByteArray no = "";
    const auto to = [&](const char* principal, const QByteArray& rest) {
        return QByteArray("\"Principal\":") + principal + "," + rest;
    };
    const QByteArray named = to(R"({"AWS":"arn:aws:iam::111122223333:user/alice"})", allow);
    const QByteArray role = to(R"({"AWS":"arn:aws:iam::111122223333:role/x/app"})", allow);
    const QByteArray session =
        to(R"({"AWS":"arn:aws:sts::111122223333:assumed-role/app/s1"})", allow);
    const QByteArray account = to(R"({"AWS":"111122223333"})", allow);
    const QByteArray everyone = to("\"*\"", allow);
    const QByteArray service = to(R"({"Service":"events.amazonaws.com"})", allow);
    const QByteArray notAlice =
        R"("NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/alice"},)" + deny;
    const QByteArray same = "111122223333";
    const QByteArray elsewhere = "444455556666";
    const auto row = [](const char* name, const QByteArray& who, const QByteArray& where,
                        QByteArrayList policies, Verdict verdict, Because because,
                        bool delegates = false) {
        QTest::newRow(name) << who << where << policies << delegates << int(verdict)
                            << int(because);
    };
    constexpr auto A = Verdict::Allowed;
    constexpr auto I = Verdict::ImplicitDeny;
    constexpr auto E = Verdict::ExplicitDeny;
    row("nothing", kAlice, same, {no, no, no, no}, I, Because::NoIdentityAllows);
    row("identity", kAlice, same, {allow, no, no, no}, A, Because::IdentityAllows);
    row("other action", kAlice, same, {other, no, no, no}, I, Because::NoIdentityAllows);
    row("deny wins", kAlice, same, {allow, no, no, to("\"*\"", deny)}, E, Because::ExplicitDeny);
    row("resource alone", kAlice, same, {no, no, no, named}, A, Because::ResourceAllows);
    row("account alone", kAlice, same, {no, no, no, account}, I, Because::NoIdentityAllows);
    row("boundary allows", kAlice, same, {allow, allow, no, no}, A, Because::IdentityAllows);
    row("boundary leaves out", kAlice, same, {allow, other, no, no}, I, Because::NoBoundaryAllows);
    row("boundary grants nothing", kAlice, same, {no, allow, no, no}, I, Because::NoIdentityAllows);
    row("boundary denies", kAlice, same, {allow, deny, no, named}, E, Because::ExplicitDeny);
    row("named past the boundary", kAlice, same, {no, other, no, named}, A,
        Because::ResourceAllows);
    row("session leaves out", kSession, same, {allow, no, other, no}, I, Because::NoSessionAllows);
    row("session allows", kSession, same, {allow, no, allow, no}, A, Because::IdentityAllows);
    row("role named", kSession, same, {no, no, no, role}, A, Because::ResourceAllows);
    row("role named, bounded", kSession, same, {no, other, no, role}, I, Because::NoBoundaryAllows);
    row("role named, session leaves out", kSession, same, {no, no, other, role}, I,
        Because::NoSessionAllows);
    row("session named", kSession, same, {no, other, other, session}, A, Because::ResourceAllows);
    row("across: identity alone", kAlice, elsewhere, {allow, no, no, no}, I,
        Because::NoResourceAllows);
    row("across: resource alone", kAlice, elsewhere, {no, no, no, named}, I,
        Because::NoIdentityAllows);
    row("across: both", kAlice, elsewhere, {allow, no, no, named}, A, Because::BothAllow);
    row("across: account and identity", kAlice, elsewhere, {allow, no, no, account}, A,
        Because::BothAllow);
    row("across: boundary", kAlice, elsewhere, {allow, other, no, named}, I,
        Because::NoBoundaryAllows);
    row("service", "events.amazonaws.com", elsewhere, {no, no, no, service}, A,
        Because::ResourceAllows);
    row("other service", "s3.amazonaws.com", elsewhere, {no, no, no, service}, I,
        Because::NoResourceAllows);
    row("anonymous", "", elsewhere, {no, no, no, everyone}, A, Because::ResourceAllows);
    row("anonymous, account", "", elsewhere, {no, no, no, account}, I, Because::NoResourceAllows);
    row("not principal spares", kAlice, same, {allow, no, no, notAlice}, A,
        Because::IdentityAllows);
    row("not principal hits", kSession, same, {allow, no, no, notAlice}, E, Because::ExplicitDeny);
    row("not principal and a boundary", kAlice, same, {allow, allow, no, notAlice}, E,
        Because::ExplicitDeny);
    // Trust policies: the account's own policies count only when it is named.
    row("trust without account", kAlice, same, {allow, no, no, service}, I,
        Because::NoResourceAllows, true);
    row("trust of the account", kAlice, same, {allow, no, no, account}, A, Because::IdentityAllows,
        true);
    row("trust of the user", kAlice, same, {no, no, no, named}, A, Because::ResourceAllows, true);
}

void IamPolicyTest::decisions()
{
    QFETCH(QByteArray, who);
    QFETCH(QByteArray, account);
    QFETCH(QByteArrayList, policies);
    QFETCH(bool, delegates);
    QFETCH(int, verdict);
    QFETCH(int, because);
    const auto make = [&](int index, PolicyKind kind) {
        return policy(statementOf(policies[index].constData()), kind);
    };
    iam::PolicySet set;
    set.resourceDelegates = delegates;
    if (!policies[0].isEmpty())
        set.identity = {make(0, PolicyKind::Identity)};
    if (!policies[1].isEmpty())
        set.boundary = make(1, PolicyKind::Identity);
    if (!policies[2].isEmpty())
        set.session = {make(2, PolicyKind::Identity)};
    if (!policies[3].isEmpty())
        set.resource = make(3, PolicyKind::Resource);
    iam::AccessRequest asked = request(who.constData());
    asked.resourceAccount = account.toStdString();
    const iam::Decision decision = iam::evaluate(asked, set);
    QCOMPARE(int(decision.verdict), verdict);
    QCOMPARE(int(decision.because), because);
    QCOMPARE(decision.statement.has_value(), decision.verdict != iam::Verdict::ImplicitDeny);
}

void IamPolicyTest::explanations()
{
    iam::AccessRequest asked = request(kAlice, "lambda:InvokeFunction",
                                       "arn:aws:lambda:us-east-1:111122223333:function:f");
    asked.context.set("aws:SourceIp", "10.0.0.1");
    iam::PolicySet set;
    set.identity = {policy(R"({"Version":"2012-10-17","Statement":[
        {"Sid":"Read","Effect":"Allow","Action":"s3:*","Resource":"*"},
        {"Effect":"Allow","Action":"lambda:*","Resource":"arn:aws:lambda:*:*:function:g"},
        {"Sid":"Office","Effect":"Allow","Action":"lambda:*","Resource":"*",
         "Condition":{"IpAddress":{"aws:SourceIp":"192.168.0.0/16"}}}]})")};
    std::vector<iam::StatementOutcome> outcomes;
    const iam::Decision decision = iam::evaluate(asked, set, &outcomes);
    QCOMPARE(iam::denialMessage(asked, decision),
             std::string("User: arn:aws:iam::111122223333:user/alice is not authorized to perform: "
                         "lambda:InvokeFunction on resource: "
                         "arn:aws:lambda:us-east-1:111122223333:function:f because no "
                         "identity-based policy allows the lambda:InvokeFunction action"));
    QCOMPARE(outcomes.size(), std::size_t(3));
    QCOMPARE(iam::explain(asked, outcomes[0]),
             std::string("lambda:InvokeFunction is not among s3:*"));
    QCOMPARE(iam::explain(asked, outcomes[1]),
             std::string("arn:aws:lambda:us-east-1:111122223333:function:f is not among "
                         "arn:aws:lambda:*:*:function:g"));
    QCOMPARE(iam::explain(asked, outcomes[2]),
             std::string("IpAddress on aws:SourceIp wants 192.168.0.0/16; the request has "
                         "10.0.0.1"));
    asked.context.set("aws:SourceIp", "192.168.3.4");
    const iam::Decision allowed = iam::evaluate(asked, set);
    QCOMPARE(iam::explain(asked, allowed),
             std::string("Allowed by statement Office of identity-based policy p."));
    QCOMPARE(allowed.statement->statement().line, 4);
}

void IamPolicyTest::contextKeys()
{
    const auto named = policy(statementOf(
        R"("Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}",)"
        R"("Condition":{"StringLike":{"s3:Prefix":"${aws:PrincipalTag/team, 'x'}/*"}})"));
    const std::vector<std::string> wanted{"aws:principaltag/team", "aws:username", "s3:prefix"};
    QVERIFY(named.policy->contextKeys() == wanted);
}

QTEST_GUILESS_MAIN(IamPolicyTest)
#include "iam_policy_test.moc"
