// Source of compiled languages: what builds it, and what is said when that fails.
#include "ui/models/package_build.h"

#include "ui/models/blueprints.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace gantry::models;

namespace {

constexpr int kPatienceMs = 240'000; // compilers are slow on a busy machine

void put(const QTemporaryDir& folder, const QString& name, const QByteArray& content)
{
    QFile file(folder.filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

} // namespace

class PackageBuildTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void recipes_data()
    {
        QTest::addColumn<QStringList>("files");
        QTest::addColumn<QString>("program");
        QTest::addColumn<QString>("family");
        const auto row = [](const char* files, const char* program, const char* family) {
            QTest::newRow(files) << QString::fromLatin1(files).split(u' ')
                                 << QString::fromLatin1(program) << QString::fromLatin1(family);
        };
        row("go.mod main.go", "go", "provided");
        row("main.go", "go", "provided");
        row("main.rs", "rustc", "provided");
        row("main.cpp other.cpp", "g++", "provided");
        row("Hello.java", "javac", "java");
        row("main.cpp CMakeLists.txt", "", "");
        row("Hello.java pom.xml", "", "");
        row("main.go bootstrap", "", "");
        row("app.py main.go", "", "");
        row("index.mjs", "", "");
        row("README.md", "", "");
    }
    void recipes()
    {
        QFETCH(QStringList, files);
        const auto recipe = recipeFor(files);
        QTEST(recipe ? recipe->program : QString(), "program");
        QTEST(recipe ? recipe->family : QString(), "family");
    }

    void buildsAFolder()
    {
        QTemporaryDir folder;
        put(folder, QStringLiteral("main.cpp"), "int answer();\nint main() { return answer(); }\n");
        put(folder, QStringLiteral("other.cpp"), "int answer() { return 42; }\n");
        PackageBuild build(*recipeFor({QStringLiteral("main.cpp"), QStringLiteral("other.cpp")}),
                           folder.path(), {});
        QSignalSpy finished(&build, &PackageBuild::finished);
        build.start();
        QVERIFY(finished.wait(kPatienceMs));
        QCOMPARE(finished[0][0].toString(), QString());
        QProcess program;
        program.start(build.package() + QStringLiteral("/bootstrap"), QStringList());
        QVERIFY(program.waitForFinished());
        QCOMPARE(program.exitCode(), 42);
    }

    // Whoever has the compiler gets a package out of each starter that needs one.
    void buildsTheStarters()
    {
        int built = 0;
        for (const Blueprint& blueprint : blueprints()) {
            const auto recipe = recipeFor(blueprint.files);
            if (!recipe || QStandardPaths::findExecutable(recipe->program).isEmpty())
                continue;
            PackageBuild build(*recipe, {}, blueprint.inputs());
            QSignalSpy finished(&build, &PackageBuild::finished);
            build.start();
            QVERIFY(finished.wait(kPatienceMs));
            QVERIFY2(finished[0][0].toString().isEmpty(), qPrintable(finished[0][1].toString()));
            QVERIFY(!QDir(build.package()).entryList(QDir::Files).isEmpty());
            ++built;
        }
        QVERIFY(built >= 1); // C++ at least: what built this test
    }

    void tellsWhatDoesNotCompile()
    {
        QTemporaryDir folder;
        put(folder, QStringLiteral("main.cpp"), "int main() { return nothing; }\n");
        PackageBuild build(*recipeFor({QStringLiteral("main.cpp")}), folder.path(), {});
        QSignalSpy finished(&build, &PackageBuild::finished);
        build.start();
        QVERIFY(finished.wait(kPatienceMs));
        QCOMPARE(finished[0][0].toString(), QStringLiteral("C++ did not compile."));
        QVERIFY2(finished[0][1].toString().contains(QStringLiteral("main.cpp:1")),
                 qPrintable(finished[0][1].toString()));
    }

    void tellsWhichToolIsMissing()
    {
        BuildRecipe recipe = *recipeFor({QStringLiteral("main.go")});
        recipe.program = QStringLiteral("no-such-compiler");
        PackageBuild build(recipe, QDir::tempPath(), {});
        QSignalSpy finished(&build, &PackageBuild::finished);
        build.start();
        QCOMPARE(finished.size(), 1);
        QVERIFY(finished[0][0].toString().contains(
            QStringLiteral("Install the Debian package golang-go.")));
    }

    // A deploy that is given up takes its compiler along.
    void endsWithItsOwner()
    {
        BuildRecipe recipe = *recipeFor({QStringLiteral("main.cpp")});
        recipe.program = QStringLiteral("sleep");
        recipe.arguments = {QStringLiteral("1000")};
        qint64 pid = 0;
        {
            PackageBuild build(recipe, QDir::tempPath(), {});
            build.start();
            QTRY_VERIFY((pid = build.processId()) > 0);
        }
        QTRY_VERIFY(!QFile::exists(QStringLiteral("/proc/%1").arg(pid)));
    }
};

QTEST_GUILESS_MAIN(PackageBuildTest)
#include "package_build_test.moc"
