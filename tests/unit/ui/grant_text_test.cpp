#include "ui/models/grant_text.h"

#include <QtTest>

using namespace gantry;

// The policies of functions and layers in words, and grants made from names.
class GrantTextTest : public QObject {
    Q_OBJECT
private slots:
    void readsStatements();
    void readsNothingElse();
    void saysWhoAndWhere_data();
    void saysWhoAndWhere();
    void makesGrants();
};

void GrantTextTest::readsStatements()
{
    const QByteArray policy = QByteArrayLiteral(
        "{'Version':'2012-10-17','Statement':[{'Sid':'one','Effect':'Allow','Principal':{'Service':"
        "'s3.amazonaws.com'},'Action':'lambda:InvokeFunction','Resource':'arn','Condition':{"
        "'StringEquals':{'AWS:SourceAccount':'000000000000'},'ArnLike':{'AWS:SourceArn':"
        "'arn:aws:s3:::pictures'}}},{'Sid':'two','Effect':'Deny','Principal':{'AWS':["
        "'111111111111','arn:aws:iam::222222222222:root']},'Action':['lambda:GetFunction','lambda:Invoke*']}]}");
    const QList<rpc::Grant> grants = rpc::grantsOf(QByteArray(policy).replace('\'', '"'));
    QCOMPARE(grants.size(), 2);
    QCOMPARE(grants[0].id, QStringLiteral("one"));
    QCOMPARE(grants[0].source, QStringLiteral("arn:aws:s3:::pictures"));
    QVERIFY(grants[0].more.contains(QStringLiteral("SourceAccount")));
    QVERIFY(!grants[0].more.contains(QStringLiteral("SourceArn")));
    QCOMPARE(models::whoText(grants[0]), QStringLiteral("Amazon S3"));
    QVERIFY(!grants[1].allows);
    QCOMPARE(grants[1].action, QStringLiteral("lambda:GetFunction, lambda:Invoke*"));
    QCOMPARE(models::whoText(grants[1]),
             QStringLiteral("not account 111111111111, account 222222222222"));
}

void GrantTextTest::readsNothingElse()
{
    for (const char* text : {"", "[]", "{", "{\"Statement\":7}", "{\"Statement\":[1,\"x\",null]}"}) {
        for (const rpc::Grant& grant : rpc::grantsOf(text))
            QVERIFY(grant.id.isEmpty() && grant.action.isEmpty());
    }
    QCOMPARE(rpc::grantsOf("{\"Statement\":{\"Sid\":\"alone\",\"Principal\":\"*\"}}").size(), 1);
}

void GrantTextTest::saysWhoAndWhere_data()
{
    QTest::addColumn<QString>("who");
    QTest::addColumn<QString>("shown");
    QTest::newRow("everyone") << "*" << "Everyone";
    QTest::newRow("account") << "000000000000" << "account 000000000000";
    QTest::newRow("role") << "arn:aws:iam::000000000000:role/path/worker" << "role worker";
    QTest::newRow("service") << "events.amazonaws.com" << "Amazon EventBridge";
    QTest::newRow("another service") << "lex.amazonaws.com" << "lex.amazonaws.com";
}

void GrantTextTest::saysWhoAndWhere()
{
    QFETCH(QString, who);
    QFETCH(QString, shown);
    rpc::Grant grant;
    grant.who = who;
    QCOMPARE(models::whoText(grant), shown);
    grant.source = QStringLiteral("arn:aws:events:us-east-1:000000000000:rule/nightly");
    QCOMPARE(models::sourceText(grant), QStringLiteral("nightly"));
    grant.source = QStringLiteral("arn:aws:sns:us-east-1:000000000000:news");
    QCOMPARE(models::sourceText(grant), QStringLiteral("news"));
}

void GrantTextTest::makesGrants()
{
    const QString place = QStringLiteral("us-east-1:000000000000");
    QSet<QString> ids;
    for (const models::CallingService& service : models::callingServices()) {
        const rpc::NewGrant any = models::grantTo(service, {}, place);
        QCOMPARE(any.who, service.principal);
        QVERIFY(any.source.isEmpty() && any.sourceAccount.isEmpty());
        const rpc::NewGrant one = models::grantTo(service, QStringLiteral("mine"), place);
        QVERIFY2(one.source.startsWith(QStringLiteral("arn:aws:")) &&
                     one.source.contains(QStringLiteral("mine")) && !one.source.contains(u'%'),
                 qPrintable(one.source));
        QVERIFY(one.source.contains(place) != !one.sourceAccount.isEmpty());
        ids << any.id << one.id;
    }
    QCOMPARE(ids.size(), 2 * models::callingServices().size());
}

QTEST_GUILESS_MAIN(GrantTextTest)
#include "grant_text_test.moc"
