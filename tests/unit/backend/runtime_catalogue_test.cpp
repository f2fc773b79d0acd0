#include "backend/runtime/catalogue.h"
#include "backend/runtime/interpreter.h"
#include "backend/runtime/launch_plan.h"
#include "backend/runtime/log_capture.h"
#include "backend/runtime/runtime_http.h"

#include "aws/lambda.pb.h"

#include <QTest>

#include <set>

using namespace gantry;
using namespace gantry::runtime;

class RuntimeCatalogueTest : public QObject {
    Q_OBJECT

private slots:
    void knowsEveryRuntimeOfTheModel();
    void isHonest();
    void readsVersions_data();
    void readsVersions();
    void replacesWhatIsNotUtf8_data();
    void replacesWhatIsNotUtf8();
    void takesPathsApart_data();
    void takesPathsApart();
    void keepsHeadersWhole();
};

void RuntimeCatalogueTest::knowsEveryRuntimeOfTheModel()
{
    const Catalogue catalogue = Catalogue::probe();
    std::set<std::string> known;
    for (const Runtime& runtime : catalogue.runtimes())
        QVERIFY2(known.insert(runtime.id).second, runtime.id.c_str());

    const auto* field =
        aws::lambda::CreateFunctionRequest::descriptor()->FindFieldByName("runtime");
    QVERIFY(field);
    const auto& values = field->options().GetExtension(gantry::wire::field).value().values();
    QVERIFY(values.size() > 40);
    for (const std::string& value : values)
        QVERIFY2(known.count(value) == 1, value.c_str());
    QCOMPARE(known.size(), static_cast<std::size_t>(values.size()));
    QVERIFY(!catalogue.find("cobol74"));
}

void RuntimeCatalogueTest::isHonest()
{
    const Catalogue catalogue = Catalogue::probe();
    for (const Runtime& runtime : catalogue.runtimes()) {
        // Whoever cannot run it, or runs it on another version, is told so.
        if (!runtime.available || !runtime.exact)
            QVERIFY2(!runtime.note.empty(), runtime.id.c_str());
        const bool interpreted = runtime.family != "provided";
        if (runtime.available && interpreted) {
            QVERIFY2(runtime.interpreter.rfind("/usr/", 0) == 0, runtime.interpreter.c_str());
            QVERIFY2(!runtime.exact || runtime.note.empty(), runtime.note.c_str());
            const std::string number = runtime.id.substr(runtime.family.size());
            const bool oneNumber = runtime.family == "nodejs" || runtime.family == "java";
            const auto end = oneNumber ? number.find('.') : std::string::npos;
            const bool same = runtime.version.rfind(number.substr(0, end) + ".", 0) == 0;
            QCOMPARE(runtime.exact, same);
        }
    }
    QVERIFY(catalogue.find("provided.al2023")->available);
    QVERIFY(!catalogue.find("dotnet8")->available);
    QVERIFY(!catalogue.find("python2.7")->available);
    QVERIFY(catalogue.find("nodejs20.x")->deprecated);
    QVERIFY(!catalogue.find("python3.13")->deprecated);
}

void RuntimeCatalogueTest::readsVersions_data()
{
    QTest::addColumn<QString>("output");
    QTest::addColumn<QString>("version");
    QTest::newRow("python") << "Python 3.11.2\n"
                            << "3.11.2";
    QTest::newRow("node") << "v20.19.5\n"
                          << "20.19.5";
    QTest::newRow("pre-release") << "Python 3.15.0a1+"
                                 << "3.15.0";
    QTest::newRow("noise first") << "warning: 5 things\nv22.1.0"
                                 << "22.1.0";
    QTest::newRow("two numbers") << "v20.1"
                                 << "";
    QTest::newRow("empty") << ""
                           << "";
}

void RuntimeCatalogueTest::readsVersions()
{
    QFETCH(QString, output);
    QTEST(QString::fromStdString(parseVersion(output.toStdString()).version), "version");
}

void RuntimeCatalogueTest::replacesWhatIsNotUtf8_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("valid");
    const QByteArray bad = "\xEF\xBF\xBD";
    const auto row = [](const char* name, const QByteArray& text, const QByteArray& valid) {
        QTest::newRow(name) << text << valid;
    };
    row("ascii", "plain\ttext", "plain\ttext");
    row("good", "é€😀", "é€😀");
    row("lone byte",
        "a\xff"
        "b",
        "a" + bad + "b");
    row("cut at the end", "a\xe2\x82", "a" + bad + bad);
    row("overlong", "\xc0\xaf", bad + bad);
    row("overlong three", "\xe0\x80\xaf", bad + bad + bad);
    row("surrogate", "\xed\xa0\x80", bad + bad + bad);
    row("beyond Unicode", "\xf4\x90\x80\x80", bad + bad + bad + bad);
    row("NUL", QByteArray("a\0b", 3), QByteArray("a\0b", 3));
}

void RuntimeCatalogueTest::replacesWhatIsNotUtf8()
{
    QFETCH(QByteArray, text);
    QTEST(QByteArray::fromStdString(validUtf8(text.toStdString())), "valid");
}

void RuntimeCatalogueTest::takesPathsApart_data()
{
    QTest::addColumn<QString>("target");
    QTest::addColumn<int>("endpoint");
    QTest::addColumn<QString>("requestId");
    const auto row = [](const char* target, Endpoint endpoint, const char* id) {
        QTest::newRow(*target ? target : "empty") << target << int(endpoint) << id;
    };
    row("/2018-06-01/runtime/invocation/next", Endpoint::Next, "");
    row("/2018-06-01/runtime/invocation/next?x=1", Endpoint::Next, "");
    row("/2018-06-01/runtime/invocation/a-b/response", Endpoint::Response, "a-b");
    row("/2018-06-01/runtime/invocation/a-b/error", Endpoint::Error, "a-b");
    row("/2018-06-01/runtime/invocation//response", Endpoint::Response, "");
    row("/2018-06-01/runtime/invocation/a/b/response", Endpoint::Unknown, "");
    row("/2018-06-01/runtime/invocation/a-b", Endpoint::Unknown, "");
    row("/2018-06-01/runtime/init/error", Endpoint::InitError, "");
    row("/2018-06-01/ping", Endpoint::Ping, "");
    row("/2018-06-02/ping", Endpoint::Unknown, "");
    row("", Endpoint::Unknown, "");
}

void RuntimeCatalogueTest::takesPathsApart()
{
    QFETCH(QString, target);
    const Route route = routeOf(target.toStdString());
    QTEST(int(route.endpoint), "endpoint");
    QTEST(QString::fromStdString(route.requestId), "requestId");
}

void RuntimeCatalogueTest::keepsHeadersWhole()
{
    std::string head;
    appendHeader(head, "Name", "value");
    QCOMPARE(head, "Name: value\r\n");
    appendHeader(head, "Name", "a\r\nEvil: b");
    QCOMPARE(head, "Name: value\r\nName: a  Evil: b\r\n");
    appendHeader(head, "Name", "");
    QCOMPARE(head, "Name: value\r\nName: a  Evil: b\r\n");
    QCOMPARE(decodeBase64("YQ=="), "a");
    QCOMPARE(decodeBase64("YWI="), "ab");
    QCOMPARE(decodeBase64("YWJj"), "abc");
    QCOMPARE(decodeBase64("no base64!"), "");
    QCOMPARE(decodeBase64(""), "");
    QVERIFY(isReservedVariable("_HANDLER"));
    QVERIFY(isReservedVariable("AWS_SESSION_TOKEN"));
    QVERIFY(!isReservedVariable("AWS_ENDPOINT_URL"));
}

QTEST_GUILESS_MAIN(RuntimeCatalogueTest)
#include "runtime_catalogue_test.moc"
