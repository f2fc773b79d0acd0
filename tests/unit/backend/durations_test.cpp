// How durations spread over time, the invocations of a cell of that, and the record of deploys.
#include "backend/base/clock.h"
#include "backend/functions/deploy_history.h"
#include "backend/functions/records.h"
#include "backend/observe/recorder.h"

#include <QtTest>

#include <chrono>
#include <cmath>
#include <optional>

using namespace gantry;
using namespace gantry::observe;

namespace {

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now; }
    void advance(std::int64_t ms) { now += ms * 1000; }
    std::int64_t now = 1'795'000'200'000'000; // the start of an hour's quarter
};

template <class Condition> bool runUntil(boost::asio::io_context& io, Condition condition)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < end) {
        io.restart();
        io.run_for(std::chrono::milliseconds(1));
    }
    return condition();
}

struct Bench {
    Bench()
    {
        auto opened = Recorder::open(io, clock, directory.path().toStdString());
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        recorder = *std::move(opened);
    }
    void finish(double ms, const std::string& alias = {}, const std::string& version = "$LATEST")
    {
        invoke::InvocationRecord r;
        r.requestId = "r" + std::to_string(++count);
        r.functionName = "f";
        r.version = version;
        r.alias = alias;
        r.durationMicros = std::llround(ms * 1000);
        // What came after the answer took half a second more.
        r.acceptedAtMicros = r.startedAtMicros = clock.unixMicros() - r.durationMicros - 500'000;
        recorder->finished(std::move(r));
    }
    DurationsAnswer durations(DurationsQuery query)
    {
        std::optional<DurationsAnswer> answer;
        recorder->queryDurations(std::move(query), [&](auto got) {
            if (!got.ok())
                qFatal("%s", got.status().ToString().c_str());
            answer = *std::move(got);
        });
        if (!runUntil(io, [&] { return answer.has_value(); }))
            qFatal("no answer");
        return *std::move(answer);
    }
    std::size_t invocations(InvocationsQuery query)
    {
        std::optional<std::size_t> found;
        recorder->listInvocations(std::move(query), [&](auto got) { found = got.ok() ? got->size() : 0; });
        if (!runUntil(io, [&] { return found.has_value(); }))
            qFatal("no answer");
        return *found;
    }
    // Every count of the map is the number of invocations that its cell lists.
    void compareCells(const DurationsAnswer& answer, const std::string& qualifier)
    {
        for (const auto& [start, rows] : answer.columns) {
            for (const auto& [row, expected] : rows) {
                InvocationsQuery cell;
                cell.function = "f";
                cell.limit = 1'000;
                cell.qualifier = qualifier;
                cell.finishedFromMs = start;
                cell.finishedToMs = start + answer.columnMs;
                cell.durationAboveMs = std::pow(answer.growth, row);
                cell.durationToMs = std::pow(answer.growth, row + 1);
                QCOMPARE(static_cast<std::int64_t>(invocations(cell)), expected);
            }
        }
    }

    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    std::unique_ptr<Recorder> recorder;
    int count = 0;
};

std::int64_t totalOf(const DurationsAnswer& answer)
{
    std::int64_t total = 0;
    for (const auto& [start, rows] : answer.columns) {
        for (const auto& [row, count] : rows)
            total += count;
    }
    return total;
}

functions::FunctionPtr function(const std::string& package, int memoryMb,
                                const std::string& secret = "a")
{
    auto version = std::make_shared<functions::Version>();
    version->package = package;
    version->configuration.set_memory_size(memoryMb);
    (*version->configuration.mutable_environment()->mutable_variables())["TOKEN"] = secret;
    auto made = std::make_shared<functions::Function>();
    made->name = "f";
    made->latest = std::move(version);
    return made;
}

} // namespace

class DurationsTest : public QObject {
    Q_OBJECT
private slots:
    void cellsCountWhatTheyList();
    void aliasesAndVersionsHaveTheirOwn();
    void columnsAreAsFineAsWhatIsKept();
    void deploysAreWhatChangesTheCode();
    void deploysSurviveWithTheFunction();
};

void DurationsTest::cellsCountWhatTheyList()
{
    Bench b;
    const std::int64_t from = b.clock.unixMillis();
    for (int second = 0; second < 120; ++second) {
        for (int i = 0; i < 5; ++i)
            b.finish(std::pow(10, -1 + (second * 5 + i) % 50 / 10.0));
        b.clock.advance(999 + second % 3);
    }
    b.clock.advance(1'000);
    const DurationsAnswer answer = b.durations({"f", from, b.clock.unixMillis(), 60});
    QCOMPARE(answer.rollUpMs, 1'000);
    QCOMPARE(answer.columnMs, std::int64_t{5'000});
    QCOMPARE(totalOf(answer), std::int64_t{600});
    QVERIFY(answer.columns.size() >= 24);
    b.compareCells(answer, {});
    QCOMPARE(totalOf(b.durations({"", from, b.clock.unixMillis(), 60})), std::int64_t{600});
    QCOMPARE(totalOf(b.durations({"g", from, b.clock.unixMillis(), 60})), std::int64_t{0});
}

void DurationsTest::aliasesAndVersionsHaveTheirOwn()
{
    Bench b;
    const std::int64_t from = b.clock.unixMillis();
    b.finish(10);
    b.finish(20, "live", "1");
    b.finish(40, "live", "2");
    b.finish(80, {}, "2");
    b.clock.advance(2'000);
    const std::pair<const char*, std::int64_t> expected[] = {
        {"", 4}, {"live", 2}, {"live,2", 1}, {"2", 1}, {"1", 0}};
    for (const auto& [qualifier, count] : expected) {
        const std::string name = *qualifier ? std::string("f:") + qualifier : "f";
        const DurationsAnswer answer = b.durations({name, from, b.clock.unixMillis(), 60});
        QCOMPARE(totalOf(answer), count);
        b.compareCells(answer, qualifier);
    }
}

void DurationsTest::columnsAreAsFineAsWhatIsKept()
{
    Bench b;
    b.finish(10);
    b.clock.advance(1'000);
    const std::int64_t now = b.clock.unixMillis();
    const auto last = [&](std::int64_t span, int columns) {
        return b.durations({"f", now - span, now, columns});
    };
    QCOMPARE(last(3'600'000, 60).rollUpMs, 60'000);
    QCOMPARE(last(3'600'000, 600).columnMs, std::int64_t{10'000});
    QCOMPARE(last(3'600'000, 600).rollUpMs, 1'000);
    // Seconds are kept for an hour: more columns than minutes there are not to be had.
    QCOMPARE(last(4 * 3'600'000, 600).columnMs, std::int64_t{60'000});
    QCOMPARE(last(30 * kDayMs, 600).rollUpMs, 3'600'000);
    QCOMPARE(totalOf(last(30 * kDayMs, 60)), std::int64_t{1});
}

void DurationsTest::deploysAreWhatChangesTheCode()
{
    const auto between = [](const functions::FunctionPtr& a, const functions::FunctionPtr& b) {
        return functions::deploysBetween(a, b, 7);
    };
    const auto one = function("p1", 128);
    QCOMPARE(between(nullptr, one).at(0).title, std::string("created"));
    QCOMPARE(between(one, nullptr).at(0).title, std::string("deleted"));
    QVERIFY(between(one, function("p1", 128)).empty());
    const auto code = between(one, function("p2", 128));
    QCOMPARE(code.size(), std::size_t{1});
    QCOMPARE(code[0].title, std::string("code updated"));
    QCOMPARE(code[0].timeMs, std::int64_t{7});
    QCOMPARE(code[0].function, std::string("f"));
    const auto memory = between(one, function("p1", 256, "s3cret"));
    QCOMPARE(memory.at(0).title, std::string("configuration updated"));
    QCOMPARE(memory.at(0).detail, std::string("memory 128 MB to 256 MB, environment variables"));

    auto published = std::make_shared<functions::Function>(*one);
    published->versions[3] = one->latest;
    auto alias = std::make_shared<functions::Alias>();
    alias->set_function_version("3");
    published->aliases["live"] = alias;
    const auto versions = between(one, published);
    QCOMPARE(versions.at(0).title, std::string("version 3 published"));
    QCOMPARE(versions.at(1).title, std::string("alias live leads to version 3"));
    auto tagged = std::make_shared<functions::Function>(*published);
    tagged->tags["team"] = "a";
    QVERIFY(between(published, tagged).empty());
}

void DurationsTest::deploysSurviveWithTheFunction()
{
    QTemporaryDir directory;
    const std::string file = directory.filePath("functions.db").toStdString();
    const auto write = [&](const functions::FunctionPtr& a, const functions::FunctionPtr& b, int at) {
        auto database = store::Database::open(file, functions::kMigrations);
        return database.ok() && functions::RecordChange(a, b, at).write(*database).ok();
    };
    const auto one = function("p1", 128);
    QVERIFY(write(nullptr, one, 1'000));
    QVERIFY(write(one, function("p2", 128), 2'000));
    QVERIFY(write(one, nullptr, 3'000)); // the history outlives the function
    boost::asio::io_context io;
    auto history = functions::DeployHistory::open(io, file);
    QVERIFY(history.ok());
    const auto list = [&](functions::DeploysQuery query) {
        std::optional<std::vector<functions::Deploy>> found;
        (*history)->list(std::move(query), [&](auto got) { found = *std::move(got); });
        return runUntil(io, [&] { return found.has_value(); }) ? *found
                                                              : std::vector<functions::Deploy>();
    };
    const auto all = list({{}, 0, 10'000, 100});
    QCOMPARE(all.size(), std::size_t{3});
    QCOMPARE(all[0].title, std::string("created"));
    QCOMPARE(all[2].title, std::string("deleted"));
    QCOMPARE(list({"f", 2'000, 3'000, 100}).size(), std::size_t{1});
    QCOMPARE(list({"g", 0, 10'000, 100}).size(), std::size_t{0});
    QCOMPARE(list({{}, 0, 10'000, 1}).at(0).title, std::string("deleted")); // the newest
}

QTEST_GUILESS_MAIN(DurationsTest)
#include "durations_test.moc"
