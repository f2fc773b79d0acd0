#include "backend/iam/access_findings.h"
#include "backend/iam/action_catalogue.h"
#include "backend/iam/least_privilege.h"
#include "backend/iam/policy_check.h"

#include <QtTest>

#include <string>

using namespace gantry;

namespace {

std::string identity(const std::string& statement)
{
    return "{\"Version\": \"2012-10-17\",\n\"Statement\": [\n" + statement + "]}";
}

} // namespace

class PolicyCheckTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        auto loaded = iam::ActionCatalogue::load(GANTRY_SOURCE_DIR "/resources/iam/actions.json");
        QVERIFY2(loaded.ok(), loaded.status().ToString().c_str());
        m_catalogue = *std::move(loaded);
    }

    void knowsTheActions()
    {
        const iam::CataloguedService* lambda = m_catalogue.service("lambda");
        QVERIFY(lambda);
        const iam::CataloguedAction& invoke = lambda->actions.at("invokefunction");
        QCOMPARE(invoke.access, "Write");
        QVERIFY(!invoke.resources.empty());
        QVERIFY(iam::ActionCatalogue::matching(*lambda, "get*").size() > 5);
        QVERIFY(!m_catalogue.service("nosuchservice"));
    }

    void says_data()
    {
        QTest::addColumn<QString>("statement");
        QTest::addColumn<int>("severity");
        QTest::addColumn<QString>("element");
        QTest::addColumn<QString>("says");
        using Issue = v1::PolicyIssue;
        const QString all = QStringLiteral(
            "{\"Effect\": \"Allow\", \"Action\": \"%1\", \"Resource\": \"%2\"}");
        QTest::newRow("effect")
            << "{\"Effect\": \"Permit\", \"Action\": \"s3:*\", \"Resource\": \"*\"}"
            << int(Issue::ERROR) << "Statement 1: Effect" << "Allow or Deny";
        QTest::newRow("everything") << all.arg("*", "*") << int(Issue::WARNING)
                                    << "Statement 1: Action" << "every action";
        QTest::newRow("typo") << all.arg("lambda:InvokeFunctoin", "*") << int(Issue::WARNING)
                              << "Statement 1: Action" << "lambda:InvokeFunction meant";
        QTest::newRow("wildcard without a match")
            << all.arg("s3:Frob*", "*") << int(Issue::WARNING) << "Statement 1: Action"
            << "has no action s3:Frob*";
        QTest::newRow("pass role") << all.arg("iam:PassRole", "*") << int(Issue::WARNING)
                                   << "Statement 1: Resource" << "name the roles";
        QTest::newRow("star") << all.arg("lambda:InvokeFunction", "*") << int(Issue::SUGGESTION)
                              << "Statement 1: Resource" << "limited to resources";
        QTest::newRow("whole service") << all.arg("sqs:*", "arn:aws:sqs:*:*:q")
                                       << int(Issue::SUGGESTION) << "Statement 1: Action"
                                       << "allows all";
        QTest::newRow("other service") << all.arg("s3:GetObject", "arn:aws:sqs:us-east-1:1:q")
                                       << int(Issue::WARNING) << "Statement 1: Resource"
                                       << "works on a resource of sqs";
        QTest::newRow("not action")
            << "{\"Effect\": \"Allow\", \"NotAction\": \"iam:*\", \"Resource\": \"*\"}"
            << int(Issue::WARNING) << "Statement 1: NotAction" << "everything that is not named";
        QTest::newRow("redundant")
            << "{\"Effect\": \"Allow\", \"Action\": [\"s3:Get*\", \"s3:GetObject\"], "
               "\"Resource\": \"arn:aws:s3:::b/*\"}"
            << int(Issue::SUGGESTION) << "Statement 1: Action" << "contained in s3:Get*";
        QTest::newRow("number") << "{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", "
                                   "\"Resource\": \"arn:aws:s3:::b/*\", \"Condition\": "
                                   "{\"NumericEquals\": {\"s3:max-keys\": \"many\"}}}"
                                << int(Issue::WARNING) << "Statement 1: Condition"
                                << "never compare";
        QTest::newRow("for all values")
            << "{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": "
               "\"arn:aws:s3:::b/*\", \"Condition\": {\"ForAllValues:StringEquals\": "
               "{\"aws:TagKeys\": \"a\"}}}"
            << int(Issue::WARNING) << "Statement 1: Condition" << "add Null";
        QTest::newRow("no such key")
            << "{\"Effect\": \"Allow\", \"Action\": \"lambda:InvokeFunction\", \"Resource\": "
               "\"arn:aws:lambda:*:*:function:f\", \"Condition\": {\"StringEquals\": "
               "{\"lambda:Frobnication\": \"a\"}}}"
            << int(Issue::WARNING) << "Statement 1: Condition" << "no condition key";
    }

    void says()
    {
        QFETCH(QString, statement);
        QFETCH(int, severity);
        QFETCH(QString, element);
        QFETCH(QString, says);
        const auto issues = check(identity(statement.toStdString()));
        for (const v1::PolicyIssue& issue : issues) {
            if (issue.severity() == severity && issue.element() == element.toStdString() &&
                issue.message().find(says.toStdString()) != std::string::npos) {
                QCOMPARE(issue.line(), 3);
                return;
            }
        }
        for (const v1::PolicyIssue& issue : issues)
            qWarning("%s", issue.ShortDebugString().c_str());
        QFAIL("it was not said");
    }

    void hasNothingToSayAboutAGoodPolicy()
    {
        const auto issues = check(identity(
            "{\"Effect\": \"Allow\", \"Action\": \"lambda:InvokeFunction\",\n"
            "                \"Resource\": \"arn:aws:lambda:us-east-1:000000000000:function:f\"}"));
        QVERIFY2(issues.empty(), issues.empty() ? "" : issues[0].message().c_str());
    }

    void publicResourcePolicies()
    {
        const auto issues = iam::checkPolicy(
            identity("{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"lambda:InvokeFunction\",\n"
            "                         \"Resource\": \"*\"}"),
            iam::PolicyKind::Resource, 20'480, m_catalogue);
        QCOMPARE(issues.size(), std::size_t(1));
        QVERIFY(issues[0].message().find("everybody") != std::string::npos);
    }

    void brokenJsonNamesItsLine()
    {
        const auto issues = check("{\n\"Version\": \"2012-10-17\",\n oops}");
        QCOMPARE(issues.size(), std::size_t(1));
        QCOMPARE(issues[0].line(), 3);
        QCOMPARE(issues[0].severity(), v1::PolicyIssue::ERROR);
    }

    void theLeastAllowsWhatWasUsedAndNothingElse()
    {
        const std::vector<iam::AuditLog::Use> uses = {
            {"role/r", "s3:GetObject", "arn:aws:s3:::b/1", true, 3, 1, 2},
            {"role/r", "s3:GetObject", "arn:aws:s3:::b/2", true, 1, 1, 2},
            {"role/r", "s3:PutObject", "arn:aws:s3:::b/1", true, 1, 1, 2},
            {"role/r", "sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q", true, 1, 1, 2},
            {"role/r", "sqs:PurgeQueue", "arn:aws:sqs:us-east-1:000000000000:q", false, 1, 1, 2}};
        const std::string text =
            iam::leastPrivilege(uses, false, {"arn:aws:logs:us-east-1:0:log-group:/aws/lambda/f"});
        const auto policy = iam::Policy::parse(text, iam::PolicyKind::Identity);
        QVERIFY2(policy.ok(), policy.status().ToString().c_str());
        iam::PolicySet set;
        set.identity = {{"least", *policy}};
        const auto allowed = [&](const char* action, const char* resource) {
            iam::AccessRequest asked;
            asked.caller = iam::Caller::of("arn:aws:sts::000000000000:assumed-role/r/s");
            asked.action = action;
            asked.resource = resource;
            asked.resourceAccount = "000000000000";
            return iam::evaluate(asked, set).allowed();
        };
        for (const auto& use : uses)
            QCOMPARE(allowed(use.action.c_str(), use.resource.c_str()), use.allowed);
        QVERIFY(!allowed("s3:PutObject", "arn:aws:s3:::b/2"));
        QVERIFY(!allowed("s3:DeleteObject", "arn:aws:s3:::b/1"));
        QVERIFY(allowed("logs:PutLogEvents", "arn:aws:logs:us-east-1:0:log-group:/aws/lambda/f:x"));
        QVERIFY(!allowed("logs:PutLogEvents", "arn:aws:logs:us-east-1:0:log-group:/aws/lambda/g:x"));
        QVERIFY(iam::leastPrivilege(uses, true, {}).find("PurgeQueue") != std::string::npos);
    }

    void everyPatternHasItsLastUse()
    {
        iam::PolicySet set;
        set.identity = {{"own", *iam::Policy::parse(
            identity("{\"Effect\": \"Allow\", \"Action\": [\"s3:Get*\", \"s3:PutObject\"],\n"
            "                         \"Resource\": \"arn:aws:s3:::b/*\"}"), iam::PolicyKind::Identity)}};
        const auto granted = iam::grantedAccess(
            set, {{"role/r", "s3:GetObject", "arn:aws:s3:::b/1", true, 3, 1, 20},
                  {"role/r", "s3:GetObject", "arn:aws:s3:::other/1", true, 9, 1, 90},
                  {"role/r", "s3:PutObject", "arn:aws:s3:::b/1", false, 3, 1, 20}});
        QCOMPARE(granted.size(), std::size_t(2));
        QCOMPARE(granted[0].count(), 3);
        QCOMPARE(granted[0].last_used_ms(), 20);
        QCOMPARE(granted[1].count(), 0);
    }

    void documentsAreJoined()
    {
        const std::string joined = iam::joinedDocument(
            {"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"a:B\",\"Resource\":\"*\"}}",
             "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"c:D\",\"Resource\":\"*\"}]}"});
        const auto policy = iam::Policy::parse(joined, iam::PolicyKind::Identity);
        QVERIFY(policy.ok());
        QCOMPARE((*policy)->statements().size(), std::size_t(2));
    }

private:
    std::vector<v1::PolicyIssue> check(const std::string& document)
    {
        return iam::checkPolicy(document, iam::PolicyKind::Identity, 6'144, m_catalogue);
    }

    iam::ActionCatalogue m_catalogue;
};

QTEST_GUILESS_MAIN(PolicyCheckTest)
#include "policy_check_test.moc"
