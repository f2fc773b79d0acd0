#include "backend/runtime/launch_plan.h"
#include "tests/support/function_host.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <csignal>
#include <fstream>

using namespace gantry;
using namespace gantry::runtime;
using namespace gantry::test;

namespace {

QJsonObject parse(const FunctionRun& run)
{
    return QJsonDocument::fromJson(run.payload().toUtf8()).object();
}

// The host's processes whose command line has the word.
std::vector<pid_t> processesWith(const std::string& word)
{
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        std::ifstream file(entry.path() / "cmdline", std::ios::binary);
        std::string line((std::istreambuf_iterator<char>(file)), {});
        if (std::isdigit(static_cast<unsigned char>(name[0])) && line.find(word) != line.npos)
            found.push_back(static_cast<pid_t>(std::stol(name)));
    }
    return found;
}

} // namespace

// SnapStart: one environment initialises, the others are copies of it. Real processes.
class SnapshotTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void keepsWhatInitMade();
    void makesEveryRestoreUnique();
    void isolatesRestoredEnvironments();
    void enforcesTheMemoryLimit();
    void writesItsOwnLog();
    void freezesAndServesAgain();
    void endsWithWhatTheFunctionStarted();
    void failsInHooks_data();
    void failsInHooks();
    void initialisesNormallyWithoutASnapshot();
    void saysWhyThereIsNoSnapshot();
    void survivesTheEndOfItsSnapshot();

private:
    EnvironmentSpec spec(const std::string& handler) const;
    bool prepare(const EnvironmentSpec& spec);
    std::unique_ptr<FunctionRun> restored(const std::string& handler);

    std::unique_ptr<FunctionHost> m_host;
    std::optional<InitOutcome> m_prepared;
};

void SnapshotTest::init()
{
    m_host.reset();
    m_host = std::make_unique<FunctionHost>();
    if (!m_host->engine.ok())
        QSKIP(std::string(m_host->engine.status().message()).c_str());
    if (const std::string gap = (*m_host->engine)->snapshotGap(); !gap.empty())
        QSKIP(gap.c_str());
}

EnvironmentSpec SnapshotTest::spec(const std::string& handler) const
{
    std::string runtime;
    for (const Runtime& candidate : m_host->catalogue.runtimes())
        if (candidate.family == "python" && candidate.available && candidate.exact)
            runtime = candidate.id;
    EnvironmentSpec spec = FunctionHost::spec(
        runtime, GANTRY_SOURCE_DIR "/tests/support/functions/python", handler);
    spec.version = "1";
    spec.snapStart = true;
    spec.accessKeyId = "OF-THE-SNAPSHOT";
    return spec;
}

bool SnapshotTest::prepare(const EnvironmentSpec& spec)
{
    m_prepared.reset();
    m_host->factory->prepareSnapshot(
        spec, [](std::int64_t, std::string line) { qInfo("%s", line.c_str()); },
        [this](InitOutcome outcome) { m_prepared = std::move(outcome); });
    return m_host->waitFor([this] { return m_prepared.has_value(); }) && m_prepared->ok;
}

std::unique_ptr<FunctionRun> SnapshotTest::restored(const std::string& handler)
{
    EnvironmentSpec mine = spec(handler);
    mine.accessKeyId = "KEY-" + randomHex(4);
    auto run = std::make_unique<FunctionRun>(*m_host, mine);
    if (!run->start())
        qWarning("%s: %s", run->init->errorType.c_str(), run->init->errorMessage.c_str());
    else if (!run->init->restored)
        qWarning("it was initialised normally");
    return run;
}

void SnapshotTest::keepsWhatInitMade()
{
    QVERIFY(prepare(spec("snapped.describe")));
    const auto first = restored("snapped.describe");
    const auto second = restored("snapped.describe");
    QVERIFY(first->init->restored && second->init->restored);
    QVERIFY(first->invoke("{}") && second->invoke("{}"));
    const QJsonObject a = parse(*first), b = parse(*second);
    QCOMPARE(a["born"].toString().size(), 32);
    QCOMPARE(a["born"], b["born"]);
    QCOMPARE(a["private"].toString(), QString("kept"));
    QCOMPARE(a["type"].toString(), QString("snap-start"));
    QCOMPARE(a["order"].toArray(), QJsonArray({"before 2", "before 1", "after 1", "after 2"}));
    QCOMPARE(a["order"], b["order"]);
    const SnapshotStatus status =
        m_host->factory->snapshotStatus(spec("").functionArn, "1");
    QVERIFY(status.state == SnapshotStatus::State::Ready);
    QCOMPARE(status.restores, 2);
    QVERIFY(status.initMicros > 0);
}

void SnapshotTest::makesEveryRestoreUnique()
{
    QVERIFY(prepare(spec("snapped.describe")));
    const auto first = restored("snapped.describe");
    const auto second = restored("snapped.describe");
    QVERIFY(first->invoke("{}") && second->invoke("{}"));
    const QJsonObject a = parse(*first), b = parse(*second);
    for (int i = 0; i < 3; ++i)
        QVERIFY(a["random"].toArray()[i] != b["random"].toArray()[i]);
    QVERIFY(a["key"] != b["key"]);
    QVERIFY(a["key"].toString().startsWith("KEY-"));
    QVERIFY(a["logStream"] != b["logStream"]);
    QCOMPARE(a["logStream"].toString().toStdString(), first->environment->logStream());
}

void SnapshotTest::isolatesRestoredEnvironments()
{
    QVERIFY(prepare(spec("snapped.leave")));
    const auto first = restored("snapped.leave");
    QVERIFY(first->invoke("{}"));
    const auto second = restored("snapped.leave");
    QVERIFY(second->invoke("{}"));
    const QJsonObject a = parse(*first), b = parse(*second);
    QCOMPARE(a["tmp"].toArray(), QJsonArray({"folder", "handle", "left"}));
    QCOMPARE(b["tmp"], a["tmp"]);
    // An open file is the copy's own as well: neither sees what the other wrote.
    QCOMPARE(a["handle"].toString().toStdString(), "init+" + first->requestId);
    QCOMPARE(b["handle"].toString().toStdString(), "init+" + second->requestId);
    QVERIFY(a["uid"] != b["uid"]);
    QVERIFY(a["uid"].toInt() != 0);
    // Itself: init hides.
    QCOMPARE(a["processes"].toArray().size(), 1);
    for (const QJsonValue& set : a["capabilities"].toArray())
        QCOMPARE(set.toString(), QString("0000000000000000"));
    for (const QJsonValue& fd : a["fds"].toArray())
        QVERIFY2(fd.toString() == "/dev/null" || fd.toString() == "pipe" ||
                     fd.toString() == "socket" || fd.toString() == "/tmp/handle" ||
                     fd.toString().startsWith("/proc/"),
                 qPrintable(fd.toString()));
}

void SnapshotTest::enforcesTheMemoryLimit()
{
    EnvironmentSpec small = spec("snapped.fill");
    small.memoryMb = 128;
    QVERIFY(prepare(small));
    FunctionRun run(*m_host, small);
    QVERIFY(run.start());
    QVERIFY(run.init->restored);
    QVERIFY(run.invoke("{\"megabytes\": 40}"));
    QCOMPARE(run.payload(), QString::number(40 << 20));
    QVERIFY(run.outcome->memoryPeakBytes > 40 << 20);
    QVERIFY(run.invoke("{\"megabytes\": 400}"));
    QCOMPARE(run.outcome->kind, InvocationOutcome::Kind::OutOfMemory);
    const auto another = std::make_unique<FunctionRun>(*m_host, small);
    QVERIFY(another->start()); // the snapshot has its own memory
    QVERIFY(another->init->restored);
}

void SnapshotTest::writesItsOwnLog()
{
    QVERIFY(prepare(spec("snapped.speak")));
    const auto run = restored("snapped.speak");
    QVERIFY(run->invoke("{}"));
    m_host->waitFor([&] { return run->lines.size() >= 2; }, 5'000);
    QVERIFY(run->lines.contains("printed by " + run->payload().remove('"')));
    QVERIFY(run->lines.contains("and opened anew"));
}

void SnapshotTest::freezesAndServesAgain()
{
    QVERIFY(prepare(spec("snapped.describe")));
    const auto run = restored("snapped.describe");
    QVERIFY(run->invoke("{}"));
    run->environment->freeze();
    m_host->run(50);
    QVERIFY(run->invoke("{}"));
    QCOMPARE(run->outcome->kind, InvocationOutcome::Kind::Response);
}

void SnapshotTest::endsWithWhatTheFunctionStarted()
{
    EnvironmentSpec marked = spec("snapped.leave_process");
    QVERIFY(prepare(marked));
    const std::size_t before = processesWith("/var/runtime/bootstrap.py").size();
    {
        const auto run = restored("snapped.leave_process");
        QVERIFY(run->invoke("{}"));
        QCOMPARE(processesWith("/var/runtime/bootstrap.py").size(), before + 2);
    }
    QVERIFY(m_host->waitFor(
        [&] { return processesWith("/var/runtime/bootstrap.py").size() == before; }));
}

void SnapshotTest::failsInHooks_data()
{
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("ofTheSnapshot");
    QTest::addColumn<QString>("ofTheRestore");
    QTest::newRow("before the snapshot") << "before" << "Runtime.BeforeSnapshotError" << "";
    QTest::newRow("after the restore") << "after" << "" << "Runtime.AfterRestoreError";
    QTest::newRow("in its init") << "init" << "ValueError" << "";
}

void SnapshotTest::failsInHooks()
{
    QFETCH(QString, where);
    QFETCH(QString, ofTheSnapshot);
    QFETCH(QString, ofTheRestore);
    EnvironmentSpec failing = spec("snapped_badly.handler");
    failing.variables["FAILS"] = where.toStdString();
    QCOMPARE(prepare(failing), ofTheSnapshot.isEmpty());
    QCOMPARE(QString::fromStdString(m_prepared->errorType), ofTheSnapshot);
    if (ofTheRestore.isEmpty()) {
        const SnapshotStatus status =
            m_host->factory->snapshotStatus(failing.functionArn, failing.version);
        QVERIFY(status.state == SnapshotStatus::State::Unavailable);
        QVERIFY(status.reason.find(ofTheSnapshot.toStdString()) != std::string::npos);
        return;
    }
    FunctionRun run(*m_host, failing);
    QVERIFY(!run.start());
    QCOMPARE(QString::fromStdString(run.init->errorType), ofTheRestore);
    QCOMPARE(QString::fromStdString(run.init->errorMessage), QString("the hook failed"));
}

void SnapshotTest::initialisesNormallyWithoutASnapshot()
{
    const auto run = std::make_unique<FunctionRun>(*m_host, spec("snapped.describe"));
    QVERIFY(run->start());
    QVERIFY(!run->init->restored);
    QVERIFY(run->invoke("{}"));
    QCOMPARE(parse(*run)["type"].toString(), QString("on-demand"));
}

void SnapshotTest::saysWhyThereIsNoSnapshot()
{
    EnvironmentSpec node = spec("snapped.describe");
    node.runtime = "nodejs22.x";
    QVERIFY(!prepare(node));
    const SnapshotStatus status = m_host->factory->snapshotStatus(node.functionArn, "1");
    QVERIFY(status.state == SnapshotStatus::State::Unavailable);
    QVERIFY(status.reason.find("nodejs22.x") != std::string::npos);
}

void SnapshotTest::survivesTheEndOfItsSnapshot()
{
    const std::vector<pid_t> before = processesWith("/var/runtime/bootstrap.py");
    QVERIFY(prepare(spec("snapped.describe")));
    std::vector<pid_t> snapshot = processesWith("/var/runtime/bootstrap.py");
    std::erase_if(snapshot, [&](pid_t pid) { return std::ranges::count(before, pid) > 0; });
    QCOMPARE(snapshot.size(), std::size_t{1});
    const auto run = restored("snapped.describe");
    QVERIFY(run->invoke("{}"));
    QCOMPARE(::kill(snapshot[0], SIGKILL), 0);
    // With cgroup v1 a frozen process dies only when the next restore thaws it.
    const auto normal = std::make_unique<FunctionRun>(*m_host, spec("snapped.describe"));
    QVERIFY(normal->start());
    QVERIFY(!normal->init->restored);
    QVERIFY(m_host->waitFor([&] {
        return m_host->factory->snapshotStatus(spec("").functionArn, "1").state ==
               SnapshotStatus::State::None;
    }));
    QVERIFY(run->invoke("{}"));
    QCOMPARE(run->outcome->kind, InvocationOutcome::Kind::Response);
    QVERIFY(prepare(spec("snapped.describe"))); // and again
    QVERIFY(restored("snapped.describe")->init->restored);
}

QTEST_GUILESS_MAIN(SnapshotTest)
#include "snapshot_test.moc"
