#include "backend/base/error.h"
#include "backend/observe/logs/filter_pattern.h"

#include <QtTest>

using namespace gantry;
using namespace gantry::observe::logs;

class LogFilterTest : public QObject {
    Q_OBJECT
private slots:
    void matches_data();
    void matches();
    void refused_data();
    void refused();
    void texts_data();
    void texts();
};

void LogFilterTest::matches_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QStringList>("matching");
    QTest::addColumn<QStringList>("others");
    const auto row = [](const char* pattern, QStringList matching, QStringList others) {
        QTest::newRow(pattern) << QString(pattern) << matching << others;
    };
    row("", {"anything", ""}, {});
    row("  ", {"anything"}, {});
    row("\"\"", {"anything"}, {});
    // Terms, as in the examples of the user guide.
    row("ERROR", {"[ERROR 400] BAD REQUEST", "ERROR"}, {"error", "[WARN]"});
    row("ERROR ARGUMENTS", {"[ERROR 419] MISSING ARGUMENTS"}, {"[ERROR 401] UNAUTHORIZED"});
    row("?ERROR ?ARGUMENTS", {"[ERROR 400]", "MISSING ARGUMENTS"}, {"[WARN]"});
    row("?ERROR FAIL", {"FAIL", "ERROR FAIL"}, {"ERROR"});
    row("\"INTERNAL SERVER ERROR\"", {"[ERROR 500] INTERNAL SERVER ERROR"},
        {"INTERNAL ERROR SERVER"});
    row("ERROR -ARGUMENTS", {"[ERROR 400] BAD REQUEST"}, {"[ERROR 419] MISSING ARGUMENTS"});
    row("-\"not this\" -that", {"else"}, {"not this", "that"});
    row("%AUTHORIZED%", {"[ERROR 401] UNAUTHORIZED REQUEST", "[SUCCESS 200] AUTHORIZED REQUEST"},
        {"NONE"});
    row("%4[0-9]{2}% -404", {"status 400"}, {"status 404", "status 500"});
    row("\"a \\\"quoted\\\" word\"", {"has a \"quoted\" word"}, {"has a quoted word"});
    // JSON.
    row("{ $.eventType = \"UpdateTrail\" }", {R"({"eventType": "UpdateTrail"})"},
        {R"({"eventType": "Other"})", "UpdateTrail", "{\"eventType\": \"UpdateTrail\"", "[1]"});
    row("{ $.sourceIPAddress != 123.123.* }", {R"({"sourceIPAddress": "1.2.3.4"})"},
        {R"({"sourceIPAddress": "123.123.1.1"})", "{}"});
    row("{ $.arrayKey[0] = \"value\" }", {R"({"arrayKey": ["value", "another"]})"},
        {R"({"arrayKey": ["another", "value"]})"});
    row("{ $.list[*].id = 2 }", {R"({"list": [{"id": 1}, {"id": 2}]})"}, {R"({"list": []})"});
    row("{ $.objectList[1].id = 2 }", {R"({"objectList": [{"id": 1}, {"id": 2}]})"},
        {R"({"objectList": [{"id": 2}]})"});
    row("{ $.bandwidth > 75 }", {R"({"bandwidth": 75.5})", R"({"bandwidth": 1e3})"},
        {R"({"bandwidth": 75})", R"({"bandwidth": "much"})"});
    row("{ $.latency = 50 || $.requestType = GET }",
        {R"({"latency": 50.0})", R"({"requestType": "GET"})"}, {R"({"latency": 51})"});
    row("{ ($.user.id = 1) && ($.users[0].email = \"John.Doe@example.com\") }",
        {R"({"user": {"id": 1}, "users": [{"email": "John.Doe@example.com"}]})"},
        {R"({"user": {"id": 1}, "users": []})"});
    row("{ ($.user.email = \"J*.Doe@example.com\" || $.coordinates[0][1] = nonmatch) && "
        "$.actions[2] = nonmatch }",
        {R"({"user": {"email": "John.Doe@example.com"}, "actions": [1, 2, "nonmatch"]})"},
        {R"({"user": {"email": "John.Doe@example.com"}, "actions": ["GET", "PUT", "DELETE"]})"});
    row("{ $.ok IS TRUE }", {R"({"ok": true})"}, {R"({"ok": "true"})", R"({"ok": false})", "{}"});
    row("{ $.ok IS FALSE }", {R"({"ok": false})"}, {R"({"ok": true})"});
    row("{ $.x IS NULL }", {R"({"x": null})"}, {R"({"x": 0})", "{}"});
    row("{ $.x NOT EXISTS }", {"{}", R"({"y": 1})"}, {R"({"x": null})"});
    row("{ $[\"odd.name\"] = 1 }", {R"({"odd.name": 1})"}, {R"({"odd": {"name": 1}})"});
    row("{ $.message = %time.?out% }", {R"({"message": "a time-out"})"}, {R"({"message": "fine"})"});
    row("{ $.code = 4* }", {R"({"code": 404})", R"({"code": "4xx"})"}, {R"({"code": 500})"});
    // Fields between spaces.
    const QString access =
        "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";
    row("[ip, id, user, timestamp, request, status_code, size]", {access}, {"a b c"});
    row("[ip, id, user, timestamp, request, status_code = 4*, size > 1000]", {access},
        {QString(access).replace("404", "200"), QString(access).replace("1534", "999")});
    row("[..., status_code = 404 || status_code = 410, size]", {access},
        {QString(access).replace("404", "403")});
    row("[ip = 127.0.0.1, ...]", {access, "127.0.0.1"}, {"10.0.0.1 - x"});
    row("[w1 = a && w1 != b, w2]", {"a c"}, {"b c", "a", "a b c"});
    row("[w1 = %^[0-9]+$%]", {"123"}, {"12a"});
}

void LogFilterTest::matches()
{
    QFETCH(QString, pattern);
    QFETCH(QStringList, matching);
    QFETCH(QStringList, others);
    const auto filter = FilterPattern::parse(pattern.toStdString());
    QVERIFY2(filter.ok(), filter.status().ToString().c_str());
    for (const QString& message : matching) {
        QVERIFY2(filter->matches(message.toStdString()), qPrintable(message));
        for (const std::string& text : filter->texts()) // what the index relies on
            QVERIFY2(message.toStdString().find(text) != std::string::npos, text.c_str());
    }
    for (const QString& message : others)
        QVERIFY2(!filter->matches(message.toStdString()), qPrintable(message));
}

void LogFilterTest::refused_data()
{
    QTest::addColumn<QString>("pattern");
    for (const char* pattern :
         {"{ $.[\"odd\"] = 1 }", "\"open", "-", "? x", "%open", "%(%", "{", "{}", "{ $ = 1 }", "{ $.a }", "{ $.a = }",
          "{ $.a = 1", "{ $.a = 1 } x", "{ $.a IS SO }", "{ $.a NOT }", "{ $.a[x] = 1 }",
          "{ ($.a = 1 }", "{ $.a = 1 && }", "{ $.a > b }", "[", "[a", "[a = ]", "[a, ..., b, ...]",
          "[a] b", "[a < x]"})
        QTest::newRow(pattern) << QString(pattern);
    QTest::newRow("deep") << "{ " + QString("(").repeated(10'000) + "$.a = 1";
}

void LogFilterTest::refused()
{
    QFETCH(QString, pattern);
    const auto filter = FilterPattern::parse(pattern.toStdString());
    QVERIFY(!filter.ok());
    QCOMPARE(awsErrorOf(filter.status()).name, std::string("InvalidParameterException"));
}

void LogFilterTest::texts_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QStringList>("texts");
    QTest::newRow("all") << "" << QStringList{};
    QTest::newRow("terms") << "a -b \"c d\" %e%" << QStringList{"a", "c d"};
    QTest::newRow("any") << "?a ?b" << QStringList{};
    QTest::newRow("json") << "{ $.a = \"x y\" && $.b = 1 && $.c = d* }" << QStringList{"x y"};
    QTest::newRow("json or") << "{ $.a = x || $.b = y }" << QStringList{};
    QTest::newRow("json escape") << "{ $.a = \"x/y\" }" << QStringList{};
    QTest::newRow("fields") << "[a = x, b = y || b = z, c != w]" << QStringList{"x"};
}

void LogFilterTest::texts()
{
    QFETCH(QString, pattern);
    QFETCH(QStringList, texts);
    QStringList found;
    for (const std::string& text : FilterPattern::parse(pattern.toStdString())->texts())
        found << QString::fromStdString(text);
    QCOMPARE(found, texts);
}

QTEST_APPLESS_MAIN(LogFilterTest)
#include "log_filter_test.moc"
