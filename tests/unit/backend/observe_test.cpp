#include "backend/base/clock.h"
#include "backend/observe/recorder.h"
#include "tests/support/money.h"

#include <absl/strings/str_cat.h>

#include <QtTest>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

using namespace gantry;
using namespace gantry::observe;

namespace {

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now; }
    void advance(std::int64_t ms) { now += ms * 1000; }
    std::int64_t now =
        1'795'000'020'000'000; // the start of a minute
};

invoke::InvocationRecord record(const Clock& clock, const std::string& function, double ms,
                                const std::string& id = "r")
{
    invoke::InvocationRecord r;
    r.requestId = id;
    r.functionName = function;
    r.version = "$LATEST";
    r.architecture = "x86_64";
    r.memoryMb = 128;
    r.acceptedAtMicros = r.startedAtMicros = clock.unixMicros();
    r.durationMicros = static_cast<std::int64_t>(ms * 1000);
    r.billedMs = static_cast<std::int64_t>(std::ceil(ms));
    r.costUsd = test::usd("0.001");
    r.logStream = "stream";
    return r;
}

struct Bench {
    explicit Bench(RecorderOptions options = {}) : options(options) { open(); }
    void open()
    {
        recorder.reset();
        auto opened = Recorder::open(io, clock, directory.path().toStdString(), options);
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        recorder = *std::move(opened);
    }
    template <class T, class Query, class Method> T ask(Method method, Query query)
    {
        std::optional<absl::StatusOr<T>> answer;
        ((*recorder).*method)(std::move(query),
                              [&](absl::StatusOr<T> a) { answer = std::move(a); });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!answer && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        if (!answer || !answer->ok())
            qFatal("no answer");
        return **std::move(answer);
    }
    MetricsAnswer metrics(MetricsQuery query)
    {
        return ask<MetricsAnswer>(&Recorder::queryMetrics, std::move(query));
    }
    std::vector<LogLine> logs(LogQuery query)
    {
        return ask<std::vector<LogLine>>(&Recorder::queryLogs, std::move(query));
    }
    std::vector<invoke::InvocationRecord> invocations(InvocationsQuery query)
    {
        return ask<std::vector<invoke::InvocationRecord>>(&Recorder::listInvocations,
                                                          std::move(query));
    }
    std::optional<InvocationDetail> invocation(const std::string& id)
    {
        return ask<std::optional<InvocationDetail>>(&Recorder::getInvocation, id);
    }
    MetricsQuery lastMinutes(const std::string& function, std::int64_t minutes, int maxPoints = 600)
    {
        return {function, clock.unixMillis() - minutes * 60'000, clock.unixMillis() + 1, maxPoints,
                false};
    }
    void log(const std::string& function, const std::string& id, const std::string& message)
    {
        invoke::LogEntry entry;
        entry.timeMicros = clock.unixMicros();
        entry.functionName = function;
        entry.requestId = id;
        entry.logStream = "stream";
        entry.message = message;
        recorder->logged(std::move(entry));
    }

    RecorderOptions options;
    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    std::unique_ptr<Recorder> recorder;
};

double exactQuantile(std::vector<double> values, double q)
{
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

} // namespace

class ObserveTest : public QObject {
    Q_OBJECT
private slots:
    void sketchIsWithinOnePercent_data();
    void sketchIsWithinOnePercent();
    void sketchRefusesRubbish();
    void secondsRollUp();
    void concurrencyIsTheHighest();
    void framesHoldWhatChanged();
    void costPerHourFollowsTheLastMinute();
    void widthFitsTheQuestion_data();
    void widthFitsTheQuestion();
    void chartsSurviveRestarts();
    void retention();
    void unseenFunctionsAreForgotten();
    void logsAreFound();
    void invocationDetail();
    void historyIsBounded();
    void longLinesAreCut();
    void ring();
};

void ObserveTest::sketchIsWithinOnePercent_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("uniform") << 0;
    QTest::newRow("exponential") << 1;
    QTest::newRow("two humps") << 2;
    QTest::newRow("nine decades") << 3;
}

void ObserveTest::sketchIsWithinOnePercent()
{
    QFETCH(int, kind);
    std::mt19937 random(42);
    std::vector<double> values;
    Sketch whole, first, second;
    for (int i = 0; i < 20'000; ++i) {
        const double u = std::uniform_real_distribution<>(1e-9, 1)(random);
        double value = 1 + 99 * u;
        if (kind == 1)
            value = -50 * std::log(u);
        if (kind == 2)
            value = (i % 10 == 0 ? 900 : 2) + u;
        if (kind == 3)
            value = std::pow(10, -3 + 9 * u);
        values.push_back(value);
        whole.add(value);
        (i % 3 == 0 ? first : second).add(value);
    }
    first.merge(second);
    const auto restored = Sketch::parse(first.serialise());
    QVERIFY(restored);
    QCOMPARE(restored->count(), std::uint64_t{20'000});
    for (const double q : {0.0, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const double exact = exactQuantile(values, q);
        QVERIFY2(std::abs(whole.quantile(q) - exact) <= exact * 0.0101,
                 qPrintable(QString("%1: %2 for %3").arg(q).arg(whole.quantile(q)).arg(exact)));
        QCOMPARE(restored->quantile(q), whole.quantile(q));
    }
}

void ObserveTest::sketchRefusesRubbish()
{
    QVERIFY(!Sketch::parse(""));
    QVERIFY(!Sketch::parse("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    QVERIFY(!Sketch::parse(std::string("\x00\xff\xff\xff\x0f", 5)));
    Sketch sketch;
    sketch.add(3);
    const std::string bytes = sketch.serialise();
    QVERIFY(!Sketch::parse(bytes.substr(0, bytes.size() - 1)));
    QVERIFY(Sketch::parse(Sketch().serialise()));
    sketch.add(0);
    sketch.add(-5);
    sketch.add(1e300);
    QCOMPARE(sketch.count(), std::uint64_t{4});
}

void ObserveTest::secondsRollUp()
{
    Bench b;
    for (int second = 0; second < 90; ++second) {
        for (int i = 0; i < 10; ++i)
            b.recorder->finished(record(b.clock, second % 2 ? "f" : "g", 1 + second));
        b.clock.advance(1000);
    }
    const auto seconds = b.metrics(b.lastMinutes("", 5));
    QCOMPARE(seconds.widthMs, 1000);
    QCOMPARE(seconds.rows.size(), std::size_t{90});
    QCOMPARE(seconds.rows[7].bucket.invocations, std::int64_t{10});
    const auto minutes = b.metrics(b.lastMinutes("f", 5, 10));
    QCOMPARE(minutes.widthMs, 60'000);
    QCOMPARE(minutes.rows.size(), std::size_t{2});
    QCOMPARE(minutes.rows[0].bucket.invocations, std::int64_t{300});
    QCOMPARE(minutes.rows[1].bucket.invocations, std::int64_t{150});
    QCOMPARE(minutes.rows[0].bucket.durationMaxMs, 60.0);
    // Seconds 1, 3, ... 59 of the minute took 2, 4, ... 60 ms.
    QVERIFY(std::abs(minutes.rows[0].bucket.durations.quantile(0.5) - 30) <= 1);
    const auto hours = b.metrics(b.lastMinutes("", 60 * 24 * 30));
    QCOMPARE(hours.widthMs, 3'600'000);
    QCOMPARE(hours.rows.size(), std::size_t{1});
    QCOMPARE(hours.rows[0].bucket.invocations, std::int64_t{900});
    auto byFunction = b.lastMinutes("", 5, 10);
    byFunction.byFunction = true;
    const auto series = b.metrics(byFunction);
    QCOMPARE(series.rows.size(), std::size_t{4});
    QCOMPARE(series.rows[0].function, std::string("f"));
    QCOMPARE(series.rows[2].function, std::string("g"));
}

void ObserveTest::concurrencyIsTheHighest()
{
    Bench b;
    b.recorder->environmentsChanged("f", 1);
    b.recorder->concurrencyChanged("f", 1);
    b.recorder->concurrencyChanged("g", 1);
    b.recorder->concurrencyChanged("f", 2);
    b.recorder->concurrencyChanged("f", 1);
    b.recorder->concurrencyChanged("g", 0);
    for (int i = 0; i < 3; ++i) {
        b.clock.advance(1000);
        b.recorder->metrics();
    }
    b.recorder->concurrencyChanged("f", 0);
    b.recorder->environmentsChanged("f", 0);
    b.clock.advance(5000);
    const auto answer = b.metrics(b.lastMinutes("", 1));
    QCOMPARE(answer.rows.size(), std::size_t{4}); // while something ran, every second has its row
    QCOMPARE(answer.rows[0].bucket.concurrency, 3);
    QCOMPARE(answer.rows[1].bucket.concurrency, 1);
    QCOMPARE(answer.rows[3].bucket.concurrency, 1);
    QCOMPARE(answer.rows[2].bucket.environments, 1);
    QCOMPARE(answer.rows[3].bucket.environments, 0);
}

void ObserveTest::framesHoldWhatChanged()
{
    Bench b;
    b.recorder->finished(record(b.clock, "f", 5));
    b.recorder->throttled("g", "", "$LATEST");
    auto frame = b.recorder->metrics().frame(0, "");
    QCOMPARE(frame.functions.size(), std::size_t{2});
    QCOMPARE(frame.account.bucket.invocations, std::int64_t{1});
    QCOMPARE(frame.account.bucket.throttles, std::int64_t{1});
    const std::uint64_t seen = b.recorder->metrics().sequence();
    QVERIFY(b.recorder->metrics().frame(seen, "").functions.empty());
    b.recorder->finished(record(b.clock, "g", 5));
    frame = b.recorder->metrics().frame(seen, "");
    QCOMPARE(frame.functions.size(), std::size_t{1});
    QCOMPARE(frame.functions[0].function, std::string("g"));
    b.clock.advance(1000);
    // The second has ended: its last word is still to be had, the new one is empty.
    const auto previous = b.recorder->metrics().previousFrame(seen, "");
    QCOMPARE(previous.functions.size(), std::size_t{1});
    QCOMPARE(previous.account.startMs, frame.account.startMs);
    QCOMPARE(previous.account.bucket.invocations, std::int64_t{2});
    QCOMPARE(b.recorder->metrics().frame(seen, "").account.bucket.invocations, std::int64_t{0});
    QVERIFY(b.recorder->metrics().previousFrame(seen, "f").functions.empty());
}

void ObserveTest::costPerHourFollowsTheLastMinute()
{
    Bench b;
    for (int i = 0; i < 30; ++i) {
        b.recorder->finished(record(b.clock, "f", 5)); // 0.001 USD each
        b.clock.advance(1000);
    }
    QCOMPARE(b.recorder->metrics().frame(0, "").costPerHourUsd, test::usd("1.8"));
    b.clock.advance(45'000);
    QCOMPARE(b.recorder->metrics().frame(0, "").costPerHourUsd, test::usd("0.84"));
    b.clock.advance(600'000);
    QCOMPARE(b.recorder->metrics().frame(0, "").costPerHourUsd, pricing::Money());
}

void ObserveTest::widthFitsTheQuestion_data()
{
    QTest::addColumn<qint64>("agoMs");
    QTest::addColumn<qint64>("lengthMs");
    QTest::addColumn<int>("maxPoints");
    QTest::addColumn<int>("width");
    QTest::newRow("ten minutes") << qint64(600'000) << qint64(600'000) << 600 << 1000;
    QTest::newRow("default") << qint64(600'000) << qint64(600'000) << 0 << 1000;
    QTest::newRow("an hour") << qint64(3'600'000) << qint64(3'600'000) << 600 << 60'000;
    QTest::newRow("an hour, fine") << qint64(3'600'000) << qint64(3'600'000) << 3600 << 1000;
    QTest::newRow("long ago") << qint64(9'000'000) << qint64(60'000) << 600 << 60'000;
    QTest::newRow("fifteen days") << qint64(15 * kDayMs) << qint64(15 * kDayMs) << 600 << 3'600'000;
    QTest::newRow("a year") << qint64(365 * kDayMs) << qint64(365 * kDayMs) << 600 << 3'600'000;
}

void ObserveTest::widthFitsTheQuestion()
{
    QFETCH(qint64, agoMs);
    QFETCH(qint64, lengthMs);
    QFETCH(int, maxPoints);
    QFETCH(int, width);
    const std::int64_t now = FixedClock().unixMillis();
    QCOMPARE(queries::widthFor({"", now - agoMs, now - agoMs + lengthMs, maxPoints, false}, now),
             width);
}

void ObserveTest::chartsSurviveRestarts()
{
    Bench b;
    b.clock.advance(10'000);
    b.recorder->finished(record(b.clock, "f", 5));
    b.log("f", "r", "before");
    b.open();
    b.clock.advance(5'000);
    b.recorder->finished(record(b.clock, "f", 7));
    b.log("f", "r", "after");
    const auto minutes = b.metrics(b.lastMinutes("f", 20, 30));
    QCOMPARE(minutes.rows.size(), std::size_t{1});
    QCOMPARE(minutes.rows[0].bucket.invocations, std::int64_t{2}); // one minute, two daemons
    QCOMPARE(minutes.rows[0].bucket.durations.count(), std::uint64_t{2});
    QCOMPARE(b.metrics(b.lastMinutes("f", 5)).rows.size(), std::size_t{2});
    const auto lines = b.logs({.functions = {"f"}});
    QCOMPARE(lines.size(), std::size_t{2});
    QVERIFY(lines[0].id < lines[1].id);
    QCOMPARE(lines[1].entry.message, std::string("after"));
    QCOMPARE(b.invocations({}).size(), std::size_t{2});
}

void ObserveTest::retention()
{
    Bench b({.pruneMs = 5});
    b.recorder->finished(record(b.clock, "f", 5));
    QCOMPARE(b.metrics(b.lastMinutes("f", 5)).rows.size(), std::size_t{1});
    const auto pruned = [&](int width) {
        auto file = store::Database::open(b.directory.filePath("observe.db").toStdString(), {},
                                          {.readOnly = true});
        std::int64_t rows = -1;
        (void)file->query("SELECT (SELECT COUNT(*) FROM metrics WHERE width = ?1) + "
                          "(SELECT COUNT(*) FROM metric_blocks WHERE width = ?1)",
                          {width}, [&](const store::Row& row) { rows = row.integer(0); });
        return rows == 0;
    };
    const auto waitPruned = [&](int width) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!pruned(width) && std::chrono::steady_clock::now() < end) {
            b.io.restart();
            b.io.run_for(std::chrono::milliseconds(5));
        }
        return pruned(width);
    };
    QVERIFY(!pruned(1000));
    b.clock.advance(3'602'000);
    QVERIFY(waitPruned(1000));
    QVERIFY(!pruned(60'000));
    b.clock.advance(15 * kDayMs + 6 * 3'600'000);
    QVERIFY(waitPruned(60'000));
    QVERIFY(!pruned(3'600'000));
    b.clock.advance(450 * kDayMs);
    QVERIFY(waitPruned(3'600'000));
}

void ObserveTest::unseenFunctionsAreForgotten()
{
    Bench b;
    for (int i = 0; i < 1000; ++i)
        b.recorder->throttled(absl::StrCat("f", i), "", "$LATEST");
    b.recorder->environmentsChanged("alive", 1);
    QCOMPARE(b.recorder->metrics().functions(), std::size_t{1001});
    b.clock.advance(3'660'000);
    QCOMPARE(b.recorder->metrics().functions(), std::size_t{1});
}

void ObserveTest::logsAreFound()
{
    Bench b;
    for (int i = 0; i < 20; ++i) {
        b.log(i % 2 ? "f" : "g", absl::StrCat("r", i / 4), absl::StrCat("line ", i));
        b.clock.advance(1000);
    }
    const auto messages = [&](LogQuery query) {
        QStringList list;
        for (const LogLine& line : b.logs(std::move(query)))
            list << QString::fromStdString(line.entry.message);
        return list;
    };
    QCOMPARE(messages({}).size(), 20);
    QCOMPARE(messages({.limit = 2}), (QStringList{"line 18", "line 19"}));
    QCOMPARE(messages({.functions = {"f"}, .limit = 2}), (QStringList{"line 17", "line 19"}));
    QCOMPARE(messages({.requestId = "r2"}),
             (QStringList{"line 8", "line 9", "line 10", "line 11"}));
    QCOMPARE(messages({.functions = {"f"}, .requestId = "r2"}), (QStringList{"line 9", "line 11"}));
    QCOMPARE(messages({.contains = "e 1"}).size(), 11);
    QCOMPARE(messages({.contains = "%"}).size(), 0);
    const std::int64_t now = b.clock.unixMillis();
    QCOMPARE(messages({.fromMs = now - 3000}), (QStringList{"line 17", "line 18", "line 19"}));
    QCOMPARE(messages({.toMs = now - 19'000}), QStringList{"line 0"});
}

void ObserveTest::invocationDetail()
{
    Bench b;
    b.log("f", "", "INIT_START");
    b.log("f", "id-1", "START");
    b.log("f", "id-1", "END");
    auto r = record(b.clock, "f", 5, "id-1");
    r.coldStart = true;
    r.initMicros = 80'000;
    r.alias = "live";
    r.errorType = "ValueError";
    r.errorMessage = "it's \"bad\"";
    r.memoryUsedBytes = 45 << 20;
    r.event = std::make_shared<const std::string>("{\"a\":\0}", 7);
    b.recorder->finished(r);
    const auto detail = b.invocation("id-1");
    QVERIFY(detail);
    QCOMPARE(detail->record.errorMessage, r.errorMessage);
    QCOMPARE(detail->record.alias, r.alias);
    QCOMPARE(detail->record.initMicros, r.initMicros);
    QCOMPARE(detail->record.memoryUsedBytes, r.memoryUsedBytes);
    QCOMPARE(detail->record.costUsd, r.costUsd);
    QCOMPARE(*detail->record.event, *r.event);
    QVERIFY(!detail->record.response);
    QCOMPARE(detail->log.size(), std::size_t{3});
    QCOMPARE(detail->log[0].entry.message, std::string("INIT_START"));
    QVERIFY(!b.invocation("id-2"));
    QVERIFY(!b.invocation("' OR 1=1 --"));
}

void ObserveTest::historyIsBounded()
{
    RecorderOptions options;
    options.pruneMs = 5;
    options.limits.invocations = 30;
    options.limits.invocationsPerFunction = 20;
    options.limits.payloadBytes = 1'000;
    Bench b(options);
    for (int i = 0; i < 100; ++i) {
        auto r = record(b.clock, i % 4 ? "f" : "g", 5, absl::StrCat("id-", i));
        r.event = std::make_shared<const std::string>(100, 'x');
        b.recorder->finished(r);
        b.log("f", r.requestId, "line");
        (void)b.invocations({.limit = 1}); // a batch each, as over time
    }
    const auto settled = [&] {
        return b.invocations({.limit = 1000}).size() <= 30;
    };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!settled() && std::chrono::steady_clock::now() < end)
        b.io.run_for(std::chrono::milliseconds(5));
    QVERIFY(settled());
    const auto kept = b.invocations({.limit = 1000});
    QCOMPARE(kept.front().requestId, std::string("id-99"));
    QVERIFY(std::count_if(kept.begin(), kept.end(),
                          [](const auto& r) { return r.functionName == "f"; }) <= 20);
    QVERIFY(b.invocation("id-99")->record.event);
    int withEvent = 0;
    for (const auto& r : kept)
        withEvent += b.invocation(r.requestId)->record.event ? 1 : 0;
    QVERIFY2(withEvent <= 10 && withEvent >= 9, qPrintable(QString::number(withEvent)));
    QCOMPARE(b.logs({.limit = 1000}).back().entry.requestId, std::string("id-99"));
}

void ObserveTest::longLinesAreCut()
{
    Bench b;
    b.log("f", "r", std::string(400'000, 'x'));
    QCOMPARE(b.logs({}).back().entry.message.size(), std::size_t{256 * 1024});
}

void ObserveTest::ring()
{
    LogRing ring;
    QCOMPARE(ring.lastId(), std::int64_t{0});
    for (int i = 1; i <= 25'000; ++i) {
        auto line = std::make_shared<LogLine>();
        line->id = i;
        ring.push(line);
    }
    std::vector<std::int64_t> ids;
    ring.after(24'997, [&](const LogLine& line) {
        ids.push_back(line.id);
        return true;
    });
    QCOMPARE(ids, (std::vector<std::int64_t>{24'998, 24'999, 25'000}));
    QCOMPARE(ring.missedAfter(0), std::int64_t{15'000});
    QCOMPARE(ring.missedAfter(20'000), std::int64_t{0});
    int count = 0;
    ring.after(0, [&](const LogLine&) { return ++count < 5; });
    QCOMPARE(count, 5);
    auto large = std::make_shared<LogLine>();
    large->id = 25'001;
    large->entry.message.assign(5'000'000, 'x');
    ring.push(large);
    QCOMPARE(ring.missedAfter(0), std::int64_t{25'000});
}

QTEST_GUILESS_MAIN(ObserveTest)
#include "observe_test.moc"
