// The small pure parts of the Functions pages: JSON positions, REPORT lines, numbers, prices,
// events.
#include "tests/support/prices.h"
#include "ui/models/event_store.h"
#include "ui/models/format.h"
#include "ui/models/json_text.h"
#include "ui/models/pricing.h"
#include "ui/models/report_line.h"

#include <QJsonDocument>
#include <QLocale>
#include <QTemporaryDir>
#include <QTest>

using namespace gantry::models;

class FunctionsTextTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }
    void jsonErrors_data();
    void jsonErrors();
    void jsonAgreesWithQt_data();
    void jsonAgreesWithQt();
    void jsonFormat_data();
    void jsonFormat();
    void report();
    void numbers_data();
    void numbers();
    void prices_data();
    void prices();
    void templatesAreJson();
    void savedEvents();
};

void FunctionsTextTest::jsonErrors_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<int>("column");
    QTest::addColumn<QString>("message");
    QTest::newRow("empty") << "" << 1 << 1 << "empty";
    QTest::newRow("trailing comma") << "{\n  \"a\": 1,\n}" << 3 << 1 << "after the comma";
    QTest::newRow("missing comma") << "[1 2]" << 1 << 4 << "or “]”";
    QTest::newRow("missing colon") << "{\"a\" 1}" << 1 << 6 << "after the key";
    QTest::newRow("bare key") << "{\n\n a: 1}" << 3 << 2 << "double quotes";
    QTest::newRow("single quotes") << "['a']" << 1 << 2 << "double quotes";
    QTest::newRow("unclosed object") << "{\"a\": [1]" << 1 << 10 << "“}” is missing";
    QTest::newRow("open string") << "[\"a\n\"]" << 1 << 4 << "end on its line";
    QTest::newRow("bad escape") << "\"\\x\"" << 1 << 3 << "escape";
    QTest::newRow("bad unicode escape") << "\"\\u12g4\"" << 1 << 6 << "four";
    QTest::newRow("leading zero") << "01" << 1 << 2 << "zero";
    QTest::newRow("bare point") << "1." << 1 << 3 << "digit";
    QTest::newRow("second value") << "{} {}" << 1 << 4 << "after the end";
    QTest::newRow("python") << "{\"a\": True}" << 1 << 7 << "value is expected";
    QTest::newRow("deep") << QString(600, '[') << 1 << 502 << "nested";
}

void FunctionsTextTest::jsonErrors()
{
    QFETCH(QString, text);
    QFETCH(int, line);
    QFETCH(int, column);
    QFETCH(QString, message);
    const auto error = checkJson(text);
    QVERIFY(error.has_value());
    QCOMPARE(error->line, line);
    QCOMPARE(error->column, column);
    QVERIFY2(error->message.contains(message), qPrintable(error->message));
    QCOMPARE(formatJson(text), text);
}

void FunctionsTextTest::jsonAgreesWithQt_data()
{
    QTest::addColumn<QString>("text");
    for (const char* text :
         {"{}", "[]", "[{}]", "{\"a\": [1, -2.5e+3, 0, 0.1E-2]}", "[true, false, null]",
          "{\"\\u00e9\\n\\\"\": \"\\\\\"}", " [ 1 ,\t2\r\n] ", "[1,]", "[,1]", "{\"a\"}", "[1",
          "[nul]", "[+1]", "[-]", "[\"\\u00\"]"})
        QTest::newRow(text) << text;
}

void FunctionsTextTest::jsonAgreesWithQt()
{
    QFETCH(QString, text);
    QJsonParseError error;
    const QJsonDocument qt = QJsonDocument::fromJson(text.toUtf8(), &error);
    QCOMPARE(!checkJson(text).has_value(), error.error == QJsonParseError::NoError);
    if (!qt.isNull())
        QCOMPARE(QJsonDocument::fromJson(formatJson(text).toUtf8()), qt);
}

void FunctionsTextTest::jsonFormat_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("formatted");
    QTest::newRow("keeps order and numbers")
        << "{\"b\":12345678901234567890,\"a\":1.0}"
        << "{\n  \"b\": 12345678901234567890,\n  \"a\": 1.0\n}";
    QTest::newRow("nested") << "[[],{},[1]]"
                            << "[\n  [],\n  {},\n  [\n    1\n  ]\n]";
    QTest::newRow("scalar") << " \"x\" "
                            << "\"x\"";
}

void FunctionsTextTest::jsonFormat()
{
    QFETCH(QString, text);
    QFETCH(QString, formatted);
    QCOMPARE(formatJson(text), formatted);
    QCOMPARE(formatJson(formatted), formatted);
}

void FunctionsTextTest::report()
{
    const auto cold = parseReport(
        "START RequestId: 1 Version: $LATEST\nEND RequestId: 1\n"
        "REPORT RequestId: 8286a188-ba32-4475-8077-530cd35c09a9\tDuration: 12.34 ms\tBilled "
        "Duration: "
        "113 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 100.10 ms\t\n");
    QVERIFY(cold.has_value());
    QCOMPARE(cold->requestId, "8286a188-ba32-4475-8077-530cd35c09a9");
    QCOMPARE(cold->durationMs, 12.34);
    QCOMPARE(cold->billedMs, 113.0);
    QCOMPARE(cold->initMs, 100.1);
    QCOMPARE(cold->memoryMb, 128);
    QCOMPARE(cold->memoryUsedMb, 36);
    QVERIFY(cold->status.isEmpty());
    const auto late =
        parseReport("REPORT RequestId: x\tDuration: 3000.00 ms\tBilled Duration: 3000 ms"
                    "\tMemory Size: 128 MB\tMax Memory Used: 9 MB\tStatus: timeout");
    QCOMPARE(late->status, "timeout");
    QCOMPARE(late->initMs, 0.0);
    const auto restored = parseReport(
        "REPORT RequestId: x\tDuration: 1.50 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB"
        "\tMax Memory Used: 9 MB\tRestore Duration: 20.25 ms\tBilled Restore Duration: 3 ms");
    QCOMPARE(restored->restoreMs, 20.25);
    QCOMPARE(restored->durationMs, 1.5);
    QCOMPARE(restored->billedMs, 2.0);
    QVERIFY(!parseReport("no such line").has_value());
}

void FunctionsTextTest::numbers_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    QTest::newRow("bytes") << formatBytes(512) << "512 B";
    QTest::newRow("kilobytes") << formatBytes(1536) << "1.5 KB";
    QTest::newRow("megabytes") << formatBytes(200 * 1024 * 1024) << "200 MB";
    QTest::newRow("short") << formatMs(0.8411) << "0.84 ms";
    QTest::newRow("tens") << formatMs(12.345) << "12.3 ms";
    QTest::newRow("second") << formatMs(1240) << "1.24 s";
    QTest::newRow("minutes") << formatMs(185'000) << "3 min 5 s";
    QTest::newRow("free") << formatUsd(0) << "$0";
    QTest::newRow("cents") << formatUsd(0.5) << "$0.500";
    QTest::newRow("tiny") << formatUsd(0.0000002) << "$0.000000200";
    QTest::newRow("dollars") << formatUsd(12.3456) << "$12.35";
    QTest::newRow("processors") << formatVcpus(1769) << "1.00 vCPU";
    QTest::newRow("a part of one") << formatVcpus(128) << "0.07 vCPU";
}

void FunctionsTextTest::numbers()
{
    QFETCH(QString, text);
    QFETCH(QString, expected);
    QCOMPARE(text, expected);
}

void FunctionsTextTest::prices_data()
{
    QTest::addColumn<QString>("architecture");
    QTest::addColumn<int>("memoryMb");
    QTest::addColumn<int>("tmpMb");
    QTest::addColumn<double>("durationMs");
    QTest::addColumn<QByteArray>("perMillion");
    QTest::newRow("a gigabyte for a second")
        << "x86_64" << 1024 << 512 << 1000.0 << QByteArray("16.8667");
    QTest::newRow("arm is cheaper")
        << "arm64" << 1024 << 512 << 1000.0 << QByteArray("13.5334");
    QTest::newRow("a started millisecond counts")
        << "x86_64" << 1024 << 512 << 0.01 << QByteArray("0.2166667");
    QTest::newRow("further /tmp")
        << "x86_64" << 1024 << 1536 << 1000.0 << QByteArray("16.8976");
    QTest::newRow("nothing but the request")
        << "x86_64" << 1024 << 512 << 0.0 << QByteArray("0.2");
}

void FunctionsTextTest::prices()
{
    QFETCH(QString, architecture);
    QFETCH(int, memoryMb);
    QFETCH(int, tmpMb);
    QFETCH(double, durationMs);
    QFETCH(QByteArray, perMillion);
    gantry::rpc::PriceTable prices;
    prices.table = *gantry::pricing::fromMessage(gantry::test::shippedPrices());
    const auto price = pricePerMillion(prices, {architecture, memoryMb, tmpMb}, durationMs);
    QCOMPARE(price.toString(), perMillion.toStdString());
}

void FunctionsTextTest::templatesAreJson()
{
    const auto templates = eventTemplates();
    QVERIFY(templates.size() >= 14);
    QCOMPARE(templates.first().name, "Hello world");
    for (const EventTemplate& event : templates) {
        QVERIFY2(!checkJson(event.text).has_value(), qPrintable(event.name));
        QCOMPARE(formatJson(event.text) + '\n', event.text);
    }
}

void FunctionsTextTest::savedEvents()
{
    QTemporaryDir directory;
    const EventStore store(directory.path());
    QVERIFY(store.names("hello").isEmpty());
    const QStringList names{"../escape", "a b", "Größe: 5/7", ".hidden"};
    for (const QString& name : names)
        QCOMPARE(store.save("hello", name, "{\"name\": 1}"), QString());
    QCOMPARE(store.names("hello").size(), names.size());
    for (const QString& name : names) {
        QVERIFY2(store.names("hello").contains(name), qPrintable(name));
        QCOMPARE(store.load("hello", name), "{\"name\": 1}");
    }
    QVERIFY(store.names("other").isEmpty());
    QCOMPARE(QDir(directory.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), {"hello"});
    QVERIFY(store.remove("hello", "a b"));
    QVERIFY(!store.names("hello").contains("a b"));
    QVERIFY(!store.save("hello", "  ", "{}").isEmpty());
    QVERIFY(!store.save("hello", QString(300, 'x'), "{}").isEmpty());
}

QTEST_GUILESS_MAIN(FunctionsTextTest)
#include "functions_text_test.moc"
