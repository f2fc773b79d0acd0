#include "tests/support/runtime_client.h"

#include <QTest>

#include <algorithm>
#include <csignal>

using namespace gantry;
using namespace gantry::runtime;
using namespace gantry::test;

class EnvironmentLifeTest : public QObject {
    Q_OBJECT
private slots:
    void reportsInitErrors();
    void reportsAnInitTimeout();
    void reportsAnEngineThatFails();
    void belongingsLiveWithTheEnvironment();
    void reportsARefusal();
    void reportsAMissingEntryPoint_data();
    void reportsAMissingEntryPoint();
    void reportsExits_data();
    void reportsExits();
    void prefersTheAnswerOverTheExit();
    void timesOut();
    void deliversAgainWhenTheRuntimeWasLost();
    void freezesOnlyAParkedRuntime();
    void endsARuntimeThatDoesNotComeBack();
    void tellsOfDeathWhileIdle();
    void deliversLogLinesBeforeTheAnswer();
    void survivesItsOwnDestructionInACallback();
    void shutsDown();
};

void EnvironmentLifeTest::reportsInitErrors()
{
    Fixture f;
    f.start();
    f.engine.last->write("while loading\n");
    Client client(f.io, f.engine.last->port);
    const QByteArray document =
        "{\"errorType\":\"Runtime.UserCodeSyntaxError\",\"errorMessage\":\"bad\","
        "\"stackTrace\":[\"  File \\\"/var/task/x.py\\\" Line 3\\n    x\"]}";
    client.send(post("init/error", document));
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QVERIFY(!f.init->ok);
    QCOMPARE(f.init->errorType, "Runtime.UserCodeSyntaxError");
    QCOMPARE(f.init->errorMessage, "bad");
    QCOMPARE(f.init->stackTrace.size(), 1u);
    QCOMPARE(f.init->stackTrace[0], "  File \"/var/task/x.py\" Line 3\n    x");
    QCOMPARE(f.init->payload, document.toStdString());
    QCOMPARE(f.lines, QStringList{"while loading"});
    QVERIFY(f.engine.last->kills > 0);
}

void EnvironmentLifeTest::reportsAnInitTimeout()
{
    Fixture f;
    f.spec.initTimeoutMicros = 20'000;
    f.start();
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QCOMPARE(f.init->errorType, "Sandbox.Timedout");
    QCOMPARE(f.init->errorMessage, "Init timed out");
    QVERIFY(f.engine.last->kills > 0);
}

void EnvironmentLifeTest::reportsAnEngineThatFails()
{
    Fixture f;
    f.engine.failure = absl::ResourceExhaustedError("no more processes");
    f.start();
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QCOMPARE(f.init->errorType, "Sandbox.Failure");
    QCOMPARE(f.init->errorMessage, "no more processes");
}

void EnvironmentLifeTest::belongingsLiveWithTheEnvironment()
{
    Fixture f;
    std::weak_ptr<int> lease, service;
    f.options.equip = [&](EnvironmentSpec& spec) -> absl::StatusOr<Belongings> {
        spec.accessKeyId = "ASIAOWN";
        const auto held = std::make_shared<int>();
        lease = held;
        return Belongings{{held}, 42, {{4566, [&](UniqueFd) {
                                          const auto served = std::make_shared<int>();
                                          service = served;
                                          return served;
                                      }}}};
    };
    f.ready();
    QCOMPARE(f.environment->goodUntilUnixMicros(), std::int64_t{42});
    const sandbox::Spec& started = f.engine.last->spec;
    QCOMPARE(started.servicePorts, std::vector<std::uint16_t>{4566});
    QVERIFY(std::count(started.env.begin(), started.env.end(), "AWS_ACCESS_KEY_ID=ASIAOWN") == 1);
    QVERIFY(!lease.expired() && !service.expired());
    f.environment->shutdown([] {});
    f.pump();
    QVERIFY(lease.expired() && service.expired());
}

void EnvironmentLifeTest::reportsARefusal()
{
    Fixture f;
    f.options.equip = [](EnvironmentSpec&) -> absl::StatusOr<Belongings> {
        return makeError("AccessDeniedException", 403, "not this role");
    };
    f.start();
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QVERIFY(!f.init->ok);
    QCOMPARE(awsErrorOf(f.init->refusal).name, std::string("AccessDeniedException"));
    QVERIFY(!f.engine.last); // nothing was started
}

void EnvironmentLifeTest::reportsAMissingEntryPoint_data()
{
    QTest::addColumn<bool>("present");
    QTest::addColumn<QString>("message");
    const QString start =
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]: ";
    QTest::newRow("missing") << false << start + "neither exists in the package or its layers";
    QTest::newRow("not executable")
        << true
        << start + "/var/task/bootstrap is not executable; run chmod +x on it before packaging";
}

void EnvironmentLifeTest::reportsAMissingEntryPoint()
{
    QFETCH(bool, present);
    Fixture f;
    QFile bootstrap(f.code.filePath("bootstrap"));
    if (present)
        bootstrap.setPermissions(QFile::ReadOwner);
    else
        bootstrap.remove();
    f.start();
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QCOMPARE(f.init->errorType, "Runtime.InvalidEntrypoint");
    QTEST(QString::fromStdString(f.init->errorMessage), "message");
    QVERIFY(!f.engine.last);
}

void EnvironmentLifeTest::reportsExits_data()
{
    using Exit = sandbox::Exit::Kind;
    QTest::addColumn<int>("exitKind");
    QTest::addColumn<int>("value");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* name, Exit exit, int value, Kind kind, const char* type,
                        const char* message) {
        QTest::newRow(name) << int(exit) << value << int(kind) << type << message;
    };
    row("status", Exit::Exited, 3, Kind::Exited, "Runtime.ExitError",
        "Runtime exited with error: exit status 3");
    row("zero", Exit::Exited, 0, Kind::Exited, "Runtime.ExitError",
        "Runtime exited without providing a reason");
    row("signal", Exit::Signalled, SIGSEGV, Kind::Exited, "Runtime.ExitError",
        "Runtime exited with error: signal: segmentation fault");
    row("memory", Exit::OutOfMemory, 9, Kind::OutOfMemory, "Runtime.OutOfMemory",
        "Runtime exited with error: signal: killed");
}

void EnvironmentLifeTest::reportsExits()
{
    QFETCH(int, exitKind);
    QFETCH(int, value);
    QFETCH(QString, type);
    QFETCH(QString, message);
    const auto kind = static_cast<sandbox::Exit::Kind>(exitKind);
    {
        Fixture f;
        Client client = f.ready();
        f.invoke("id");
        client.receive();
        f.engine.last->exit(kind, value);
        client.close();
        QVERIFY(f.answered());
        QTEST(int(f.outcome->kind), "kind");
        QCOMPARE(QString::fromStdString(f.outcome->errorType), type);
        QCOMPARE(QString::fromStdString(f.outcome->errorMessage),
                 "RequestId: id Error: " + message);
        QVERIFY(!f.outcome->usable);
    }
    Fixture f;
    f.start();
    f.engine.last->write("half a line");
    f.engine.last->exit(kind, value);
    QVERIFY(f.waitFor([&] { return f.init.has_value(); }));
    QCOMPARE(QString::fromStdString(f.init->errorType), type);
    QCOMPARE(QString::fromStdString(f.init->errorMessage), message);
    QCOMPARE(f.lines, QStringList{"half a line"});
}

void EnvironmentLifeTest::prefersTheAnswerOverTheExit()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    // Both are there before the platform looks: the exit is seen first.
    f.engine.last->exit(sandbox::Exit::Kind::Exited, 0);
    client.send(responseTo("id", "\"last words\""));
    client.close();
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::Response);
    QCOMPARE(f.outcome->payload, "\"last words\"");
    QVERIFY(!f.outcome->usable);
}

void EnvironmentLifeTest::timesOut()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id", "{}", 30'000);
    client.receive();
    f.engine.last->write("working");
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::Timeout);
    QCOMPARE(f.outcome->errorType, "Sandbox.Timedout");
    QCOMPARE(
        f.outcome->payload,
        "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: id Error: Task timed "
        "out after 0.03 seconds\"}");
    QVERIFY(!f.outcome->usable);
    QVERIFY(f.engine.last->kills > 0);
    QCOMPARE(f.lines, QStringList{"working"});
}

void EnvironmentLifeTest::deliversAgainWhenTheRuntimeWasLost()
{
    Fixture f;
    Client client = f.ready();
    client.close();
    f.invoke("id", "{\"x\":1}");
    f.pump();
    QVERIFY(!f.outcome);
    Client again(f.io, f.engine.last->port);
    again.send(get("invocation/next"));
    QCOMPARE(again.receive().body, "{\"x\":1}");
}

void EnvironmentLifeTest::freezesOnlyAParkedRuntime()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    client.exchange(responseTo("id", "1"));
    QVERIFY(f.answered());
    f.environment->freeze();
    f.pump();
    QCOMPARE(f.engine.last->freezes, 0);
    client.send(get("invocation/next"));
    QVERIFY(f.waitFor([&] { return f.engine.last->freezes == 1; }));
}

void EnvironmentLifeTest::endsARuntimeThatDoesNotComeBack()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id", "{}", 50'000);
    client.receive();
    client.exchange(responseTo("id", "1"));
    QVERIFY(f.answered());
    QVERIFY(f.waitFor([&] { return f.died; }));
    QVERIFY(f.engine.last->kills > 0);
}

void EnvironmentLifeTest::tellsOfDeathWhileIdle()
{
    Fixture f;
    Client client = f.ready();
    f.engine.last->exit(sandbox::Exit::Kind::Exited, 1);
    QVERIFY(f.waitFor([&] { return f.died; }));
    f.invoke("id");
    QVERIFY(f.answered());
    QCOMPARE(f.outcome->kind, Kind::Failure);
}

void EnvironmentLifeTest::deliversLogLinesBeforeTheAnswer()
{
    Fixture f;
    Client client = f.ready();
    f.invoke("id");
    client.receive();
    f.engine.last->write("one\ntwo\n\n\xffthree");
    const std::string error = "to stderr\n";
    QCOMPARE(::write(f.engine.last->standardError.get(), error.data(), error.size()),
             static_cast<ssize_t>(error.size()));
    client.send(responseTo("id", "1"));
    QVERIFY(f.answered());
    f.lines.sort(); // the order between the two outputs is open
    QCOMPARE(f.lines,
             (QStringList{"", "one", "to stderr", "two", QString(QChar(0xFFFD)) + "three"}));

    f.lines.clear();
    const std::string endless(40'000, 'x');
    for (int i = 0; i < 10; ++i) {
        f.engine.last->write(endless);
        f.pump();
    }
    f.engine.last->write("\n");
    QVERIFY(f.waitFor([&] { return f.lines.size() == 2; }));
    QCOMPARE(f.lines[0].size(), 256 * 1024);
    QCOMPARE(f.lines[0].size() + f.lines[1].size(), 400'000);
}

void EnvironmentLifeTest::survivesItsOwnDestructionInACallback()
{
    Fixture f;
    Client client = f.ready();
    Invocation invocation;
    invocation.requestId = "id";
    bool done = false;
    f.environment->invoke(std::move(invocation), [&](InvocationOutcome) {
        f.environment.reset();
        done = true;
    });
    client.receive();
    client.send(responseTo("id", "1"));
    QVERIFY(f.waitFor([&] { return done; }));
    f.pump();
    QVERIFY(f.engine.last->destroyed);

    Fixture g;
    g.start();
    Client failing(g.io, g.engine.last->port);
    g.environment.reset();
    g.pump();
    QVERIFY(g.engine.last->destroyed);
}

void EnvironmentLifeTest::shutsDown()
{
    Fixture f;
    Client client = f.ready();
    f.environment->freeze();
    f.pump();
    bool done = false;
    f.environment->shutdown([&] { done = true; });
    QCOMPARE(f.engine.last->thaws, 1);
    QVERIFY(f.waitFor([&] { return done; }));
    QVERIFY(!f.died);
}

QTEST_GUILESS_MAIN(EnvironmentLifeTest)
#include "environment_life_test.moc"
