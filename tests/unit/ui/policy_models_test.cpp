#include "ui/models/action_catalogue.h"
#include "ui/models/denial.h"
#include "ui/models/policy_document.h"

#include <QtTest>

using namespace gantry::models;

class PolicyModelsTest : public QObject {
    Q_OBJECT

private slots:
    void readsAndWritesEverything()
    {
        const QString text = QString::fromLatin1("{\n"
            "    \"Version\": \"2012-10-17\",\n"
            "    \"Id\": \"mine\",\n"
            "    \"Statement\": [\n"
            "        {\n"
            "            \"Sid\": \"One\",\n"
            "            \"Effect\": \"Allow\",\n"
            "            \"Principal\": {\n"
            "                \"AWS\": [\n"
            "                    \"123456789012\",\n"
            "                    \"arn:aws:iam::123456789012:role/r\"\n"
            "                ],\n"
            "                \"Service\": \"lambda.amazonaws.com\"\n"
            "            },\n"
            "            \"Action\": \"s3:GetObject\",\n"
            "            \"Resource\": [\n"
            "                \"arn:aws:s3:::b/*\",\n"
            "                \"arn:aws:s3:::c/\\\"quoted\\\"\"\n"
            "            ],\n"
            "            \"Condition\": {\n"
            "                \"StringLike\": {\n"
            "                    \"aws:PrincipalTag/team\": [\n"
            "                        \"a*\",\n"
            "                        \"b\"\n"
            "                    ]\n"
            "                }\n"
            "            }\n"
            "        },\n"
            "        {\n"
            "            \"Effect\": \"Deny\",\n"
            "            \"NotPrincipal\": \"*\",\n"
            "            \"NotAction\": [\n"
            "                \"iam:*\",\n"
            "                \"sts:*\"\n"
            "            ],\n"
            "            \"NotResource\": \"*\"\n"
            "        }\n"
            "    ]\n"
            "}");
        const auto document = PolicyDocument::parse(text);
        QVERIFY(document);
        QCOMPARE(document->statements.size(), 2);
        QCOMPARE(document->statements[0].principals.size(), 3);
        QVERIFY(document->statements[1].notAction && document->statements[1].notPrincipal);
        QList<int> lines;
        QCOMPARE(document->toText(&lines), text);
        QCOMPARE(lines, (QList<int>{5, 29, 38}));
        QCOMPARE(PolicyDocument::parse(document->toText()), document);
    }

    void whatNoFormCouldShowIsSaid_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("element") << "{\"Statement\": [{\"Effect\": \"Allow\", \"Akction\": \"x\"}]}" << "Akction";
        QTest::newRow("effect") << "{\"Statement\": [{\"Effect\": \"allow\"}]}" << "Allow or Deny";
        QTest::newRow("number") << "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": {}}]}" << "Statement 1: Action";
        QTest::newRow("top") << "{\"Sttement\": []}" << "Sttement";
    }
    void whatNoFormCouldShowIsSaid()
    {
        QFETCH(QString, text);
        QFETCH(QString, says);
        QString error;
        QVERIFY(!PolicyDocument::parse(text, &error));
        QVERIFY2(error.contains(says), qPrintable(error));
    }

    void brokenJsonNamesItsLine()
    {
        QString error;
        int line = 0;
        QVERIFY(!PolicyDocument::parse(QStringLiteral("{\n\"Version\": 1,\n oops}"), &error, &line));
        QCOMPARE(line, 3);
    }

    void theCatalogueKnowsActions()
    {
        const ActionCatalogue& catalogue = ActionCatalogue::instance();
        const CatalogueAction* action = catalogue.action(QStringLiteral("LAMBDA:invokefunction"));
        QVERIFY(action);
        QCOMPARE(action->access, QStringLiteral("Write"));
        QVERIFY(catalogue.matching(QStringLiteral("s3:Get*")) > 10);
        QCOMPARE(catalogue.matching(QStringLiteral("s3:GetObject")), 1);
        QVERIFY(catalogue.keysFor({QStringLiteral("lambda:InvokeFunction")}).contains(QStringLiteral("aws:SourceIp")));
        QVERIFY(catalogue.keysFor({QStringLiteral("iam:PassRole")}).contains(QStringLiteral("iam:PassedToService")));
    }

    void sentencesSayWhatIsAllowed()
    {
        PolicyDocument document;
        PolicyStatement statement;
        statement.actions = {QStringLiteral("lambda:InvokeFunction")};
        statement.resources = {QStringLiteral("arn:aws:lambda:us-east-1:000000000000:function:orders")};
        statement.conditions = {{QStringLiteral("IpAddress"), QStringLiteral("aws:SourceIp"), {QStringLiteral("10.0.0.0/8")}}};
        document.statements.append(statement);
        statement.allow = false;
        statement.actions = {QStringLiteral("s3:*")};
        statement.resources = {QStringLiteral("*")};
        statement.conditions.clear();
        document.statements.append(statement);
        const QStringList sentences = policySentences(document);
        QCOMPARE(sentences.size(), 2);
        QVERIFY2(sentences[0].startsWith(QLatin1String("May ")) &&
                     sentences[0].contains(QLatin1String("lambda:InvokeFunction")) &&
                     sentences[0].contains(QLatin1String("function:orders")) &&
                     sentences[0].contains(QLatin1String("only when aws:SourceIp IpAddress 10.0.0.0/8")),
                 qPrintable(sentences[0]));
        QVERIFY2(sentences[1].startsWith(QLatin1String("May never do everything with Amazon S3")),
                 qPrintable(sentences[1]));
        document.statements = {PolicyStatement()};
        QCOMPARE(policySentences(document), QStringList{QStringLiteral("Allows nothing yet.")});
    }

    void differencesShow()
    {
        QCOMPARE(diffTexts(QStringLiteral("a\nb\nc"), QStringLiteral("a\nx\nc\nd")),
                 QStringLiteral("  a\n- b\n+ x\n  c\n+ d"));
    }

    void refusedCallsAreFoundInTexts()
    {
        const QString role = QStringLiteral("arn:aws:sts::000000000000:assumed-role/reader/reader");
        const QString secret = QStringLiteral("arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/db-AbCdEf");
        const QString told = QStringLiteral("User: %1 is not authorized to perform: secretsmanager:GetSecretValue "
                                            "on resource: %2").arg(role, secret);
        const Denial expected{role, QStringLiteral("secretsmanager:GetSecretValue"), secret};
        for (const QString& text :
             {QStringLiteral("[ERROR] ClientError: An error occurred (AccessDeniedException): %1 because no "
                             "identity-based policy allows the secretsmanager:GetSecretValue action").arg(told),
              QStringLiteral("{\"message\":\"%1\"}").arg(told),
              QStringLiteral("\"{\\\"Message\\\":\\\"%1\\\"}\"").arg(told),
              told + QStringLiteral(", and so on")}) {
            QVERIFY2(tellsOfDenial(text), qPrintable(text));
            QCOMPARE(denialsIn(text), QList<Denial>{expected});
        }
        // Once each, in their order; a call about nothing in particular.
        const QString other = QStringLiteral("User: anonymous is not authorized to perform: iam:ListRoles because");
        QCOMPARE(denialsIn(told + QLatin1Char('\n') + other + QLatin1Char('\n') + told),
                 (QList<Denial>{expected, {QStringLiteral("anonymous"), QStringLiteral("iam:ListRoles"),
                                           QStringLiteral("*")}}));
        for (const char* text : {"", "User: x is not authorized to perform: ", "he is not authorized to perform: a:b"})
            QVERIFY2(!tellsOfDenial(QLatin1String(text)), text);
        const QString route = routeToReason(expected);
        QVERIFY(route.startsWith(QLatin1String("permissions/simulator/")));
        QCOMPARE(denialOfRoute(route.section(QLatin1Char('/'), 2)), std::optional(expected));
        QVERIFY(!denialOfRoute(role));
    }
};

QTEST_GUILESS_MAIN(PolicyModelsTest)
#include "policy_models_test.moc"
