#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/observe/insights/run.h"
#include "backend/observe/logs/log_store.h"

#include <absl/strings/str_cat.h>

#include <QtTest>

#include <atomic>
#include <chrono>
#include <optional>

using namespace gantry;
using namespace gantry::observe;

namespace {

constexpr std::int64_t kStartMs = 1'795'000'020'000; // the start of a minute: 2026-11-18 11:07:00

// A log of two functions: plain lines, JSON lines and REPORT lines over ten minutes.
struct Bench {
    Bench()
    {
        auto opened = logs::LogStore::open(io, clock, directory.path().toStdString());
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        store = *std::move(opened);
        for (int i = 0; i < 60; ++i) {
            const std::int64_t at = kStartMs + i * 10'000;
            const std::string id = absl::StrCat("req-", i);
            add("f", at, id,
                absl::StrCat("REPORT RequestId: ", id, "\tDuration: ", i + 1, ".50 ms\tBilled "
                             "Duration: ", i + 2, " ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t"));
            add("f", at + 1, id,
                absl::StrCat(R"({"level":")", i % 6 == 0 ? "ERROR" : "INFO",
                             R"(","ms":)", i * 10, R"(,"user":{"id":)", i % 3,
                             R"(,"tags":["a","b"]},"ok":)", i % 2 ? "true" : "false", "}"));
            add("g", at + 2, "", absl::StrCat("user=u", i % 4, ", method:", i % 2 ? "GET" : "POST",
                                              ", latency := ", i));
        }
    }
    void add(const std::string& function, std::int64_t ms, const std::string& request,
             const std::string& message)
    {
        LogLine line;
        line.id = ++lastId;
        line.entry.timeMicros = line.ingestedMicros = ms * 1'000;
        line.entry.functionName = function;
        line.entry.requestId = request;
        line.entry.logStream = "s";
        line.entry.message = message;
        QVERIFY(store->append(line));
    }
    absl::StatusOr<insights::Result> run(insights::Query query)
    {
        std::optional<absl::StatusOr<insights::Result>> answer;
        store->readLong<insights::Result>(
            [&](store::Database& database) { return insights::run(database, query, cancelled); },
            [&](absl::StatusOr<insights::Result> result) { answer = std::move(result); });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!answer && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        if (!answer)
            qFatal("no answer");
        return *std::move(answer);
    }
    // Rows as "value|value", by the result's fields.
    QStringList rows(const QString& text, const std::string& group = {})
    {
        insights::Query query;
        query.text = text.toStdString();
        query.toMs = kStartMs + 3'600'000;
        if (!group.empty())
            query.groups = {group};
        auto result = run(query);
        if (!result.ok())
            return {QString::fromStdString(result.status().ToString())};
        QStringList list;
        for (const auto& row : result->rows) {
            QStringList values;
            for (const auto& [name, value] : row)
                values << QString::fromStdString(value);
            list << values.join('|');
        }
        last = *std::move(result);
        return list;
    }

    QTemporaryDir directory;
    boost::asio::io_context io;
    const Clock clock;
    std::unique_ptr<logs::LogStore> store;
    std::int64_t lastId = 0;
    std::atomic<bool> cancelled = false;
    insights::Result last;
};

Bench& bench()
{
    static Bench bench;
    return bench;
}

} // namespace

class InsightsTest : public QObject {
    Q_OBJECT
private slots:
    void queries_data();
    void queries();
    void newestFirst();
    void fieldsAndStatistics();
    void timesAndGroups();
    void refused_data();
    void refused();
    void stopped();
};

void InsightsTest::queries_data()
{
    QTest::addColumn<QString>("query");
    QTest::addColumn<QStringList>("rows");
    const auto row = [](const char* query, QStringList rows) {
        QTest::newRow(query) << QString(query) << rows;
    };
    row("stats count(*)", {"180"});
    row("stats count(*) as n by @log | sort n desc", {"/aws/lambda/f|120", "/aws/lambda/g|60"});
    row("filter level = \"ERROR\" | stats count(*), sum(ms), avg(ms), min(ms), max(ms)",
        {"10|2700|270|0|540"});
    row("filter @type = 'REPORT' | stats pct(@duration, 50), pct(@duration, 100), stddev(@duration)",
        {"30.5|60.5|17.3181022825"});
    row("filter @message like /REPORT/ | stats max(@billedDuration) as b, max(@maxMemoryUsed) as m",
        {"61|41943040"});
    row("filter @message like \"ERROR\" | stats count(*) by bin(5m) as t | sort t asc",
        {"2026-11-18 11:05:00.000|3", "2026-11-18 11:10:00.000|5", "2026-11-18 11:15:00.000|2"});
    row("filter user.id = 2 and ms >= 500 | sort ms asc | display ms, user.tags.1 | limit 2",
        {"500|b", "530|b"});
    row("filter ispresent(level) and not ok = \"true\" | stats count(*)", {"30"});
    row("filter level like /(?i)err/ | stats count(*)", {"10"});
    row("filter level not like \"ERR\" and ispresent(level) | stats count(*)", {"50"});
    row("filter level in [\"ERROR\", \"WARN\"] | stats count(*)", {"10"});
    row("filter ms not in [0, 10, 20] and ispresent(ms) | stats count(*)", {"57"});
    row("filter @requestId = \"req-7\" | fields ms | sort @timestamp asc | display @requestId, ms",
        {"req-7", "req-7|70"});
    row("parse @message \"user=*, method:*, latency := *\" as u, method, latency "
        "| filter ispresent(u) | stats avg(latency) as a, count(*) as c by u, method "
        "| sort u asc, method desc",
        {"u0|POST|28|15", "u1|GET|29|15", "u2|POST|30|15", "u3|GET|31|15"});
    row("parse @message /latency := (?<latency>\\d+)/ | stats sum(latency)", {"1770"});
    row("parse @message /latency := (\\d+)/ as l | filter l > 57 | sort l asc | display l + 1, l * 2",
        {"59|116", "60|118"});
    row("fields ms % 7 as r | filter r = 3 | sort ms desc | limit 1 | display ms, r", {"570|3"});
    row("filter ispresent(ms) | stats count_distinct(user.id) as d, sum(ms) / count(*) as mean",
        {"3|295"});
    row("filter ispresent(ms) | stats earliest(ms) as e, latest(ms) as l", {"0|590"});
    row("filter ispresent(level) | dedup level | display level", {"INFO", "ERROR"});
    row("filter ms = 10 | display concat(level, \"-\", ms), strlen(level), toupper(\"x\"), "
        "substr(level, 1, 2), replace(level, \"N\", \"_\"), abs(0 - ms), floor(ms / 4), "
        "greatest(ms, 3), coalesce(nothing, \"c\")",
        {"INFO-10|4|X|NF|I_FO|10|2|10|c"});
    row("filter ms = 10 | display datefloor(@timestamp, 1m), tomillis(@timestamp) - "
        "tomillis(dateceil(@timestamp, 1h)), 2 ^ 3 ^ 2, -ms, (1 + 2) * 3",
        {"2026-11-18 11:07:00.000|-3169999|64|-10|9"});
    row("filter nothing = 1", {});
    row("filter nothing = 1 | stats count(*), max(x)", {"0"});
    row("filter nothing = 1 | stats count(*) by x", {});
    row("fields @message # a comment | limit 1\n| limit 2 | stats count(*)", {"2"});
    row("stats count(*) as n by bin(1m) as t | stats max(n), count(*)", {"18|10"});
}

void InsightsTest::queries()
{
    QFETCH(QString, query);
    QFETCH(QStringList, rows);
    QCOMPARE(bench().rows(query), rows);
}

void InsightsTest::newestFirst()
{
    const QStringList rows = bench().rows("fields @timestamp | limit 4");
    QCOMPARE(rows, (QStringList{"2026-11-18 11:16:50.002", "2026-11-18 11:16:50.001",
                                "2026-11-18 11:16:50.000", "2026-11-18 11:16:40.002"}));
    QCOMPARE(bench().rows("fields @timestamp, @message").size(), 180);
}

void InsightsTest::fieldsAndStatistics()
{
    bench().rows("filter level = \"ERROR\"");
    QCOMPARE(bench().last.fields, (std::vector<std::string>{"@timestamp", "@message"}));
    QCOMPARE(bench().last.recordsMatched, std::int64_t{10});
    QVERIFY(bench().last.statistics.linesScanned >= 120);
    bench().rows("stats count(*) as n, avg(ms) by bin(1m), level");
    QCOMPARE(bench().last.fields,
             (std::vector<std::string>{"bin(1m)", "level", "n", "avg(ms)"}));
}

void InsightsTest::timesAndGroups()
{
    QCOMPARE(bench().rows("stats count(*)", "/aws/lambda/g"), QStringList{"60"});
    QCOMPARE(bench().rows("stats count(*)", "/aws/lambda/h"), QStringList{"0"});
    insights::Query query;
    query.text = "stats count(*) as n";
    query.fromMs = kStartMs + 10'001;
    query.toMs = kStartMs + 20'000;
    const auto result = bench().run(query);
    QVERIFY(result.ok());
    QCOMPARE(result->rows[0][0].second, std::string("3"));
}

void InsightsTest::refused_data()
{
    QTest::addColumn<QString>("query");
    for (const char* query :
         {"", "nonsense", "fields", "fields @message |", "filter", "filter a =", "filter (a = 1",
          "filter a like 5", "filter a like /open", "filter a like /(/", "filter \"open",
          "stats", "stats count(", "stats sum()", "stats sum(avg(x))", "filter count(*) > 1",
          "stats pct(x)", "stats pct(x, 101)", "stats pct(x, y)", "limit", "limit 0", "limit 1.5",
          "limit 100000", "sort", "parse", "parse @message", "parse @message \"x*\"",
          "parse @message 5 as x", "fields nofunction(x)", "fields abs(1, 2)", "fields bin(5)",
          "fields 5x", "fields a b", "filter a not b", "dedup", "filter a in 5"})
        QTest::newRow(*query ? query : "empty") << QString(query);
    QTest::newRow("deep") << "filter " + QString("(").repeated(20'000) + "a";
    QTest::newRow("deep not") << "filter " + QString("not ").repeated(20'000) + "a";
}

void InsightsTest::refused()
{
    QFETCH(QString, query);
    const auto commands = insights::parseQuery(query.toStdString());
    QVERIFY(!commands.ok());
    QCOMPARE(awsErrorOf(commands.status()).name, std::string("MalformedQueryException"));
}

void InsightsTest::stopped()
{
    Bench b;
    b.cancelled = true;
    insights::Query query;
    query.text = "stats count(*)";
    query.toMs = kStartMs + 3'600'000;
    QVERIFY(absl::IsCancelled(b.run(query).status()));
}

QTEST_GUILESS_MAIN(InsightsTest)
#include "insights_test.moc"
