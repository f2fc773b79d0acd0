// Packages: what is taken from a folder or zip, what is inferred from it, and what is written.
#include "ui/models/folder_watcher.h"
#include "ui/models/native_files.h"
#include "ui/models/package_inference.h"
#include "ui/models/package_source.h"
#include "ui/models/zip_archive.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace gantry::models;

namespace {

void put(const QString& root, const QString& path, const QByteArray& content)
{
    const QString whole = root + u'/' + path;
    QVERIFY(QDir().mkpath(QFileInfo(whole).path()));
    QFile file(whole);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

QList<gantry::rpc::RuntimeInfo> runtimes()
{
    const auto runtime = [](const char* id, const char* family, const char* version, bool available,
                            bool exact, bool deprecated) {
        gantry::rpc::RuntimeInfo info;
        info.id = QString::fromLatin1(id);
        info.family = QString::fromLatin1(family);
        info.interpreterVersion = QString::fromLatin1(version);
        info.available = available;
        info.exact = exact;
        info.deprecated = deprecated;
        return info;
    };
    return {runtime("python3.11", "python", "3.11.2", true, true, false),
            runtime("python3.13", "python", "3.11.2", true, false, false),
            runtime("nodejs20.x", "nodejs", "20.20.2", true, true, true),
            runtime("nodejs22.x", "nodejs", "20.20.2", true, false, false),
            runtime("nodejs24.x", "nodejs", "20.20.2", true, false, false),
            runtime("java21", "java", "17.0.15", true, false, false),
            runtime("ruby3.4", "ruby", "", false, false, false)};
}

std::vector<ZipInput> inputsOf(const std::map<QString, QByteArray>& files)
{
    std::vector<ZipInput> inputs;
    for (const auto& [path, content] : files)
        inputs.push_back({path, path.endsWith(QStringLiteral("bootstrap")),
                          [content = content] { return std::optional(content); }});
    return inputs;
}

const auto kGoOn = [](int) { return true; };

} // namespace

class PackageTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void namesNativeFilesForAnotherProcessor()
    {
        const auto elf = [](char machine) {
            QByteArray head("\177ELF\2\1\1");
            head.resize(64, '\0');
            head[18] = machine;
            return head;
        };
        const std::map<QString, QByteArray> files = {{"app.py", "def handler(e, c): pass"},
                                                     {"lib/fast.so", elf('\xb7')}};
        QTemporaryDir folder, archive;
        for (const auto& [path, content] : files)
            put(folder.path(), path, content);
        QString error;
        const auto zip = writeZip(inputsOf(files), kGoOn, &error);
        QVERIFY(zip);
        put(archive.path(), "code.zip", *zip);
        for (const QString& path : {folder.path(), archive.filePath("code.zip")}) {
            const auto source = PackageSource::open(path, &error);
            QVERIFY2(source, qPrintable(error));
            const NativeFiles natives = nativeFilesOf(*source);
            QCOMPARE(natives, (NativeFiles{{"arm64", "lib/fast.so"}}));
            QVERIFY(architectureProblem(natives, "x86_64")
                        .startsWith("lib/fast.so is built for arm64"));
            QCOMPARE(architectureProblem(natives, "arm64"), QString());
        }
        QCOMPARE(architectureProblem({}, "x86_64"), QString());
        QVERIFY(
            architectureProblem({{"other", "a.so"}}, "x86_64").startsWith("a.so is built for a"));
        QCOMPARE(architectureProblem({{"arm64", "a.so"}, {"x86_64", "b.so"}}, "x86_64"), QString());
    }

    void inference_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("runtime");
        QTest::addColumn<QString>("handler");
        const auto row = [](const char* name, const char* file, const char* content,
                            const char* runtime, const char* handler) {
            QTest::newRow(name) << QString::fromLatin1(file) << QByteArray(content)
                                << QString::fromLatin1(runtime) << QString::fromLatin1(handler);
        };
        row("python", "lambda_function.py", "import os\ndef lambda_handler(event, context):\n  pass\n",
            "python3.11", "lambda_function.lambda_handler");
        row("python async with types", "src/app.py",
            "async def handler(event: dict, context: Any) -> dict:\n  pass\n", "python3.11", "src/app.handler");
        row("python other name", "jobs.py", "def run(event, ctx):\n  pass\ndef helper(a):\n  pass\n",
            "python3.11", "jobs.run");
        row("python no handler", "jobs.py", "def helper(a):\n  pass\n", "python3.11", "");
        row("commonjs", "index.js", "exports.handler = async () => 1;\n", "nodejs22.x", "index.handler");
        row("module.exports", "app.cjs", "module.exports.go = () => 1;\n", "nodejs22.x", "app.go");
        row("module.exports object", "app.js", "module.exports = { handler };\n", "nodejs22.x", "app.handler");
        row("es module const", "index.mjs", "export const handler = async (e) => e;\n", "nodejs22.x", "index.handler");
        row("es module function", "index.mjs", "export async function handler(e) {}\n", "nodejs22.x", "index.handler");
        row("es module list", "index.mjs", "export { main as handler };\n", "nodejs22.x", "index.handler");
        row("ruby", "lambda_function.rb", "require 'json'\ndef lambda_handler(event:, context:)\nend\n",
            "ruby3.4", "lambda_function.lambda_handler");
        row("ruby without parentheses", "app.rb", "def run event:, context:\nend\n", "ruby3.4", "app.run");
        row("ruby no handler", "app.rb", "def run(event)\nend\n", "ruby3.4", "");
        row("bootstrap", "bootstrap", "#!/bin/sh\n", "provided.al2023", "bootstrap");
        row("nothing", "README.md", "hello", "", "");
        row("go", "go.mod", "module x", "provided.al2023", "bootstrap");
        row("rust", "main.rs", "fn main() {}", "provided.al2023", "bootstrap");
        row("cargo", "Cargo.toml", "[package]", "", "");
        row("java source", "Hello.java", "package a.b;\npublic class Hello {\n  public Hello() {}\n"
            "  public String greet(String name) { return name; }\n}\n", "java21", "a.b.Hello::greet");
        row("java handler", "src/H.java", "public class H implements RequestHandler<A, B> {}", "", "");
        row("java class", "a/b/H.class", "com/amazonaws/services/lambda/runtime/RequestHandler handleRequest",
            "java21", "a.b.H");
        row("maven", "pom.xml", "<project/>", "", "");
    }
    void inference()
    {
        QFETCH(QString, file);
        QFETCH(QByteArray, content);
        QFETCH(QString, runtime);
        QFETCH(QString, handler);
        QTemporaryDir folder;
        put(folder.path(), file, content);
        QString error;
        const auto source = PackageSource::open(folder.path(), &error);
        QVERIFY2(source, qPrintable(error));
        const Inference found = inferPackage(*source, runtimes());
        QCOMPARE(found.runtime, runtime);
        QCOMPARE(found.handler, handler);
        QCOMPARE(found.handler.isEmpty(), !found.warning.isEmpty());
        if (!handler.isEmpty())
            QVERIFY(!found.handlerReason.isEmpty() && !found.runtimeReason.isEmpty());
    }

    void bestHandlerWins()
    {
        QTemporaryDir folder;
        put(folder.path(), QStringLiteral("util.py"), "def merge(a, b):\n  pass\n");
        put(folder.path(), QStringLiteral("main.py"), "\n\ndef handler(event, context):\n  pass\n");
        put(folder.path(), QStringLiteral("tests/main.py"), "def lambda_handler(event, context):\n  pass\n");
        QString error;
        const Inference found = inferPackage(*PackageSource::open(folder.path(), &error), runtimes());
        QCOMPARE(found.handler, QStringLiteral("main.handler"));
        QCOMPARE(found.handlers, (QStringList{QStringLiteral("main.handler"), QStringLiteral("util.merge")}));
        QVERIFY(found.handlerReason.contains(QStringLiteral("line 3")));
    }

    void templateAndVersionFilesAreBelieved()
    {
        QTemporaryDir folder;
        put(folder.path(), QStringLiteral("a.py"), "def handler(event, context): pass\n");
        put(folder.path(), QStringLiteral(".python-version"), "3.13.1\n");
        QString error;
        QCOMPARE(inferPackage(*PackageSource::open(folder.path(), &error), runtimes()).runtime,
                 QStringLiteral("python3.13"));
        put(folder.path(), QStringLiteral("template.yaml"),
            "Resources:\n  F:\n    Properties:\n      Handler: a.other\n      Runtime: python3.12\n");
        const Inference found = inferPackage(*PackageSource::open(folder.path(), &error), runtimes());
        QCOMPARE(found.handler, QStringLiteral("a.other"));
        QCOMPARE(found.runtime, QStringLiteral("python3.12"));
    }

    void functionNames()
    {
        QCOMPARE(functionNameFrom(QStringLiteral("my function (2)")), QStringLiteral("my-function-2"));
        QCOMPARE(functionNameFrom(QStringLiteral("äöü")), QStringLiteral("my-function"));
        QCOMPARE(functionNameFrom(QString(100, u'x')).size(), 64);
    }

    void leavesOutWhatDoesNotBelong()
    {
        QTemporaryDir folder;
        for (const char* path : {"app.py", ".git/config", "__pycache__/app.pyc", ".env", "lib/x.pyc",
                                 "secret/key.pem", "keep/b.txt"})
            put(folder.path(), QString::fromLatin1(path), "x");
        put(folder.path(), QStringLiteral(".gantryignore"), "# mine\nsecret/\n");
        QString error;
        const auto source = PackageSource::open(folder.path(), &error);
        QStringList paths;
        for (const PackageFile& file : source->files())
            paths << file.path;
        QCOMPARE(paths, (QStringList{QStringLiteral("app.py"), QStringLiteral("keep/b.txt")}));
        QVERIFY(source->ignored().contains(QStringLiteral("secret")));
    }

    void refusesLinksToTheOutside()
    {
        QTemporaryDir folder;
        put(folder.path(), QStringLiteral("app.py"), "x");
        QVERIFY(QFile::link(QStringLiteral("/etc/passwd"), folder.filePath(QStringLiteral("stolen"))));
        QString error;
        QVERIFY(!PackageSource::open(folder.path(), &error));
        QVERIFY(error.contains(QStringLiteral("stolen")));
    }

    void survivesCirclesAndEmptiness()
    {
        QTemporaryDir folder;
        QString error;
        QVERIFY(!PackageSource::open(folder.path(), &error));
        QVERIFY(!PackageSource::open(folder.filePath(QStringLiteral("missing")), &error));
        put(folder.path(), QStringLiteral("a/app.py"), "x");
        QVERIFY(QFile::link(folder.path(), folder.filePath(QStringLiteral("a/loop"))));
        const auto source = PackageSource::open(folder.path(), &error);
        QVERIFY2(source, qPrintable(error));
        QCOMPARE(source->files().size(), size_t(1));
    }

    void zipsComeBackAsTheyWent()
    {
        const std::map<QString, QByteArray> files{{QStringLiteral("a.py"), "print(1)\n"},
                                                  {QStringLiteral("bin/bootstrap"), QByteArray(100'000, 'b')}};
        QString error;
        const auto zip = writeZip(inputsOf(files), kGoOn, &error);
        QVERIFY2(zip, qPrintable(error));
        QCOMPARE(*writeZip(inputsOf(files), kGoOn, &error), *zip);  // the same bytes each time
        const auto back = unzip(*zip, 1 << 20, &error);
        QVERIFY(back);
        QCOMPARE(back->size(), files.size());
        QCOMPARE(back->at(QStringLiteral("bin/bootstrap")).bytes, files.at(QStringLiteral("bin/bootstrap")));
        QVERIFY(back->at(QStringLiteral("bin/bootstrap")).executable);
        QVERIFY(!back->at(QStringLiteral("a.py")).executable);
        QVERIFY(!unzip(*zip, 1000, &error));  // more than it may hold
        QVERIFY(!unzip(zip->left(40), 1 << 20, &error) || unzip(zip->left(40), 1 << 20, &error)->empty());

        QTemporaryDir folder;
        put(folder.path(), QStringLiteral("p.zip"), *zip);
        const auto source = PackageSource::open(folder.filePath(QStringLiteral("p.zip")), &error);
        QVERIFY(source && source->isZip());
        QCOMPARE(source->read(QStringLiteral("a.py")), QByteArray("print(1)\n"));
        QCOMPARE(source->totalSize(), qint64(100'009));
    }

    void brokenZipIsRefused()
    {
        QTemporaryDir folder;
        put(folder.path(), QStringLiteral("p.zip"), "this is no zip");
        QString error;
        QVERIFY(!PackageSource::open(folder.filePath(QStringLiteral("p.zip")), &error));
        QVERIFY(!error.isEmpty());
    }

    void packingCanBeCancelled()
    {
        QString error;
        const std::map<QString, QByteArray> files{{QStringLiteral("a"), "1"}, {QStringLiteral("b"), "2"}};
        QVERIFY(!writeZip(inputsOf(files), [](int done) { return done < 1; }, &error));
    }

    void watcherReportsSettledChanges()
    {
        QTemporaryDir folder;
        put(folder.path(), QStringLiteral("app.py"), "one");
        FolderWatcher watcher(folder.path());
        QSignalSpy changes(&watcher, &FolderWatcher::changed);
        QTest::qWait(600);
        QCOMPARE(changes.size(), 0);
        put(folder.path(), QStringLiteral("app.py"), "two!");
        QTRY_COMPARE_WITH_TIMEOUT(changes.size(), 1, 10'000);
        put(folder.path(), QStringLiteral("deep/new.py"), "x");
        QTRY_COMPARE_WITH_TIMEOUT(changes.size(), 2, 10'000);
        put(folder.path(), QStringLiteral("deep/new.py"), "xyz");  // a file that came later is watched too
        QTRY_COMPARE_WITH_TIMEOUT(changes.size(), 3, 10'000);
        put(folder.path(), QStringLiteral(".git/index"), "noise");
        QTest::qWait(800);
        QCOMPARE(changes.size(), 3);
    }
};

QTEST_GUILESS_MAIN(PackageTest)
#include "package_test.moc"
