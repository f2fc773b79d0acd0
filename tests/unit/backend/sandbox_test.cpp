#include "tests/support/sandbox_fixture.h"

#include <QTest>

using namespace gantry;
using namespace gantry::sandbox;
using namespace gantry::test;

class SandboxTest final : public QObject {
    Q_OBJECT

private slots:
    void runsAProgram();
};

void SandboxTest::runsAProgram()
{
    SandboxFixture fixture;
    QVERIFY2(fixture.engine.ok(), std::string(fixture.engine.status().message()).c_str());
    QCOMPARE(std::string((*fixture.engine)->name()), std::string("native"));
    const auto run =
        runToEnd(fixture, programSpec({"/bin/sh", "-c", "echo out; echo err >&2; exit 7"}));
    QVERIFY(run);
    QCOMPARE(run->out, std::string("out\n"));
    QCOMPARE(run->err, std::string("err\n"));
    QCOMPARE(run->exit->kind, Exit::Kind::Exited);
    QCOMPARE(run->exit->value, 7);
}

QTEST_GUILESS_MAIN(SandboxTest)
#include "sandbox_test.moc"
