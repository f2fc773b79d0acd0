#include "backend/base/clock.h"
#include "backend/observe/logs/log_store.h"
#include "backend/observe/logs/needles.h"
#include "backend/observe/logs/scan.h"

#include <absl/strings/str_cat.h>

#include <QtTest>

#include <chrono>
#include <optional>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::observe;
using namespace gantry::observe::logs;

namespace {

constexpr std::int64_t kStart = 1'795'000'000'000'000;

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now; }
    std::int64_t now = kStart;
};

LogLine line(std::int64_t id, const std::string& function, const std::string& message,
             const std::string& request = "r-1", std::int64_t time = 0)
{
    LogLine line;
    line.id = id;
    line.entry.timeMicros = line.ingestedMicros = time ? time : kStart + id * 1'000;
    line.entry.functionName = function;
    line.entry.requestId = request;
    line.entry.logStream = "stream-" + function;
    line.entry.message = message;
    return line;
}

struct Bench {
    explicit Bench(LogStoreOptions options = {}) : options(options) { open(); }
    void open()
    {
        store.reset();
        auto opened = LogStore::open(io, clock, directory.path().toStdString(), options);
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        store = *std::move(opened);
        nextId = store->lastLineId() + 1;
    }
    void log(const std::string& function, const std::string& message,
             const std::string& request = "r-1", std::int64_t time = 0)
    {
        QVERIFY(store->append(line(nextId++, function, message, request, time)));
    }
    template <class Done> void wait(Done done)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        bool came = false; // asked once: what the store does meanwhile may undo it
        while (!(came = done()) && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        QVERIFY(came);
    }
    std::vector<LogLine> find(Scan scan, Order order = Order::OldestFirst,
                              std::size_t limit = 1'000'000)
    {
        std::optional<absl::StatusOr<std::vector<LogLine>>> answer;
        statistics = {};
        store->read<std::vector<LogLine>>(
            [&, scan](store::Database& database) {
                return findLines(database, scan, order, limit, {}, &statistics);
            },
            [&](absl::StatusOr<std::vector<LogLine>> lines) { answer = std::move(lines); });
        wait([&] { return answer.has_value(); });
        if (!answer->ok())
            qFatal("%s", answer->status().ToString().c_str());
        return **std::move(answer);
    }
    QStringList messages(Scan scan, Order order = Order::OldestFirst, std::size_t limit = 1'000'000)
    {
        QStringList list;
        for (const LogLine& found : find(std::move(scan), order, limit))
            list << QString::fromStdString(found.entry.message);
        return list;
    }
    std::int64_t count(const char* table)
    {
        std::int64_t rows = -1;
        auto database = store::Database::open(directory.filePath("logs.db").toStdString(), {},
                                              {.readOnly = true});
        (void)database->query(absl::StrCat("SELECT COUNT(*) FROM ", table), {},
                              [&](const store::Row& row) { rows = row.integer(0); });
        return rows;
    }

    LogStoreOptions options;
    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    std::unique_ptr<LogStore> store;
    std::int64_t nextId = 1;
    ScanStatistics statistics;
};

std::string randomId(std::mt19937& random)
{
    static constexpr char kHex[] = "0123456789abcdef";
    std::string id;
    for (const int part : {8, 4, 4, 4, 12}) {
        if (!id.empty())
            id += '-';
        for (int i = 0; i < part; ++i)
            id += kHex[random() % 16];
    }
    return id;
}

} // namespace

class LogStoreTest : public QObject {
    Q_OBJECT
private slots:
    void linesComeBackAsTheyWere();
    void ordersAndLimits();
    void searchAgreesWithReadingAll_data();
    void searchAgreesWithReadingAll();
    void indexSkipsChunks();
    void manyGroupsAndChunksSurviveRestarts();
    void killedDaemonLosesNothing();
    void fullJournalRefuses();
    void rubbishInTheJournal();
    void retention();
    void limits();
};

void LogStoreTest::linesComeBackAsTheyWere()
{
    Bench b;
    LogLine odd = line(b.nextId++, "f", "caf\xc3\xa9\n\ttwo lines", "id-1");
    odd.ingestedMicros = odd.entry.timeMicros + 5'000'000;
    odd.entry.source = invoke::LogEntry::Source::Platform;
    QVERIFY(b.store->append(odd));
    LogLine custom = line(b.nextId++, "", "", "");
    custom.entry.logGroup = "my/group";
    QVERIFY(b.store->append(custom));
    const auto found = b.find({});
    QCOMPARE(found.size(), std::size_t{2});
    const invoke::LogEntry& e = found[0].entry;
    QCOMPARE(found[0].id, odd.id);
    QCOMPARE(e.message, odd.entry.message);
    QCOMPARE(e.timeMicros, odd.entry.timeMicros);
    QCOMPARE(found[0].ingestedMicros, odd.ingestedMicros);
    QCOMPARE(found[0].entry.logGroup, std::string("/aws/lambda/f"));
    QCOMPARE(e.functionName, std::string("f"));
    QCOMPARE(e.logStream, std::string("stream-f"));
    QCOMPARE(e.requestId, std::string("id-1"));
    QVERIFY(e.source == invoke::LogEntry::Source::Platform);
    QCOMPARE(found[1].entry.logGroup, std::string("my/group"));
    QCOMPARE(found[1].entry.message, std::string());
}

void LogStoreTest::ordersAndLimits()
{
    Bench b;
    // Times that do not follow the order of arrival, over several chunks of two groups.
    std::vector<std::int64_t> times;
    std::mt19937 random(7);
    for (int i = 0; i < 6'000; ++i) {
        times.push_back(kStart + static_cast<std::int64_t>(random() % 1'000'000));
        b.log(i % 3 ? "f" : "g", absl::StrCat(times.back()), "r", times.back());
    }
    std::sort(times.begin(), times.end());
    const auto expect = [&](std::size_t from, std::size_t count, bool reverse) {
        QStringList list;
        for (std::size_t i = 0; i < count; ++i)
            list << QString::number(times[reverse ? times.size() - 1 - i : from + i]);
        return list;
    };
    QCOMPARE(b.messages({}, Order::OldestFirst, 10), expect(0, 10, false));
    QCOMPARE(b.messages({}, Order::NewestFirst, 10), expect(0, 10, true));
    Scan part;
    part.fromMicros = times[3'000];
    const auto later = b.messages(part, Order::OldestFirst, 10);
    const std::size_t first = static_cast<std::size_t>(
        std::lower_bound(times.begin(), times.end(), times[3'000]) - times.begin());
    QCOMPARE(later, expect(first, 10, false));
    part.toMicros = times[4'000];
    for (const LogLine& found : b.find(part))
        QVERIFY(found.entry.timeMicros >= part.fromMicros && found.entry.timeMicros < part.toMicros);
    QCOMPARE(b.find({.groups = {"/aws/lambda/g"}}).size(), std::size_t{2'000});
    QCOMPARE(b.find({.functions = {"f"}}).size(), std::size_t{4'000});
    QCOMPARE(b.find({.streams = {"stream-g"}}).size(), std::size_t{2'000});
    QCOMPARE(b.find({.streamPrefix = "stream-"}).size(), std::size_t{6'000});
    QCOMPARE(b.find({.functions = {"nobody"}}).size(), std::size_t{0});
}

void LogStoreTest::searchAgreesWithReadingAll_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("anyCase");
    for (const char* text : {"timed out", "imed ou", "Exception", "exception", "order-77", "77", "e",
                             "9", "caf\xc3\xa9", "\"user\": 4", "  ", "nothing like this", "abc-def"})
        for (const bool anyCase : {false, true})
            QTest::addRow("%s%s", text, anyCase ? ", any case" : "") << QString(text) << anyCase;
}

void LogStoreTest::searchAgreesWithReadingAll()
{
    QFETCH(QString, text);
    QFETCH(bool, anyCase);
    static Bench b;
    static std::vector<std::string> all;
    if (all.empty()) {
        std::mt19937 random(11);
        const char* const patterns[] = {"Task timed out after 3.00 seconds", "NullPointerException at ",
                                        "order-77%% done", "caf\xc3\xa9 {\"user\": 42}", "abc-def",
                                        "EXCEPTION 99", "hello  world"};
        for (int i = 0; i < 5'000; ++i) {
            all.push_back(i % 50 == 0 ? absl::StrCat(patterns[random() % 7], random() % 1000)
                                      : absl::StrCat("REPORT ", randomId(random)));
            b.log("f", all.back());
        }
    }
    const std::string wanted = text.toStdString();
    QStringList expected;
    for (const std::string& message : all) {
        const auto haystack = QString::fromStdString(message);
        if (anyCase ? haystack.contains(text, Qt::CaseInsensitive)
                    : message.find(wanted) != std::string::npos)
            expected << haystack;
    }
    QCOMPARE(b.messages({.texts = {wanted}, .anyCase = anyCase}), expected);
}

void LogStoreTest::indexSkipsChunks()
{
    Bench b;
    std::mt19937 random(3);
    std::string needle;
    std::string request;
    for (int i = 0; i < 20'000; ++i) {
        const std::string id = randomId(random);
        const std::string requestId = randomId(random);
        if (i == 7'000) {
            needle = id;
            request = requestId;
        }
        b.log("f", absl::StrCat("processed item ", id, i == 9'000 ? " with a frobnicated result" : ""),
              requestId);
    }
    QCOMPARE(b.find({.texts = {"frobnicated"}}).size(), std::size_t{1});
    QVERIFY2(b.statistics.chunksRead <= 3, qPrintable(QString::number(b.statistics.chunksRead)));
    QCOMPARE(b.find({.texts = {needle}}).size(), std::size_t{1});
    QVERIFY2(b.statistics.chunksRead <= 3, qPrintable(QString::number(b.statistics.chunksRead)));
    QCOMPARE(b.find({.requestId = request}).size(), std::size_t{1});
    QVERIFY2(b.statistics.chunksRead <= 3, qPrintable(QString::number(b.statistics.chunksRead)));
    QCOMPARE(b.find({.texts = {"item"}}, Order::NewestFirst, 5).size(), std::size_t{5});
    QVERIFY2(b.statistics.chunksRead <= 2, qPrintable(QString::number(b.statistics.chunksRead)));
}

void LogStoreTest::manyGroupsAndChunksSurviveRestarts()
{
    Bench b;
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 700; ++i)
            b.log(absl::StrCat("f", i % 7), absl::StrCat("round ", round, " line ", i));
        if (round % 2)
            QCOMPARE(b.find({}).size(), std::size_t(700 * (round + 1)));
        b.open();
    }
    const auto all = b.find({});
    QCOMPARE(all.size(), std::size_t{3'500});
    for (std::size_t i = 0; i < all.size(); ++i)
        QCOMPARE(all[i].id, static_cast<std::int64_t>(i + 1));
    QCOMPARE(b.count("chunks"), std::int64_t{7}); // open ones grow instead of multiplying
    QCOMPARE(b.count("groups"), std::int64_t{7});
}

// A child process appends and is killed in the middle of it; all that append() had answered for is
// there. It tells the number through a pipe after each line.
void LogStoreTest::killedDaemonLosesNothing()
{
    QTemporaryDir directory;
    for (int round = 0; round < 5; ++round) {
        int fds[2];
        QCOMPARE(::pipe(fds), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            boost::asio::io_context io;
            FixedClock clock;
            auto store = LogStore::open(io, clock, directory.path().toStdString(), {.ingestMs = 3});
            for (std::int64_t id = (*store)->lastLineId() + 1;; ++id) {
                if (!(*store)->append(line(id, "f", absl::StrCat("line ", id))))
                    ::_exit(1);
                if (::write(fds[1], &id, sizeof id) != sizeof id)
                    ::_exit(2);
                io.poll();
            }
        }
        ::close(fds[1]);
        std::int64_t last = 0;
        std::int64_t id = 0;
        for (int i = 0; i < 3'000 + round * 777; ++i) {
            if (::read(fds[0], &id, sizeof id) == sizeof id)
                last = id;
        }
        ::kill(child, SIGKILL);
        while (::read(fds[0], &id, sizeof id) == sizeof id)
            last = id;
        ::close(fds[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        QVERIFY(WIFSIGNALED(status));

        boost::asio::io_context io;
        FixedClock clock;
        auto store = LogStore::open(io, clock, directory.path().toStdString());
        QVERIFY(store.ok());
        QVERIFY((*store)->lastLineId() >= last);
        std::optional<std::vector<LogLine>> lines;
        (*store)->read<std::vector<LogLine>>(
            [](store::Database& database) {
                return findLines(database, {}, Order::OldestFirst, 1'000'000);
            },
            [&](absl::StatusOr<std::vector<LogLine>> found) { lines = *std::move(found); });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!lines && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        QVERIFY(lines);
        QCOMPARE(lines->size(), static_cast<std::size_t>((*store)->lastLineId())); // each once
        QCOMPARE(lines->back().entry.message, absl::StrCat("line ", (*store)->lastLineId()));
    }
}

void LogStoreTest::fullJournalRefuses()
{
    LogStoreOptions options;
    options.journal.segmentBytes = 64 * 1024;
    options.journal.maxSegments = 2;
    options.ingestMs = 3'600'000;
    Bench b(options);
    int kept = 0;
    for (int i = 0; i < 1'000; ++i)
        kept += b.store->append(line(b.nextId++, "f", std::string(1'000, 'x'))) ? 1 : 0;
    QVERIFY2(kept > 100 && kept < 130, qPrintable(QString::number(kept)));
    QCOMPARE(b.find({}).size(), static_cast<std::size_t>(kept));
    b.log("f", "there is room again");
    QCOMPARE(b.messages({}, Order::NewestFirst, 1), QStringList{"there is room again"});
    QVERIFY(!b.store->append(line(b.nextId++, "f", std::string(100'000, 'x'))));
}

void LogStoreTest::rubbishInTheJournal()
{
    Bench b({.ingestMs = 3'600'000});
    b.log("f", "good");
    b.log("f", "broken");
    b.log("f", "after it");
    // A copy of the journal as a power cut might leave it: the daemon's own end would ingest it.
    QTemporaryDir copy;
    QDir(copy.path()).mkdir("logs");
    const QString name = QDir(b.directory.filePath("logs")).entryList(QDir::Files).first();
    QVERIFY(QFile::copy(b.directory.filePath("logs/" + name), copy.filePath("logs/" + name)));
    QFile file(copy.filePath("logs/" + name));
    QVERIFY(file.open(QIODevice::ReadWrite));
    const QByteArray bytes = file.readAll();
    file.seek(bytes.indexOf("broken"));
    file.write("BROKEN");
    file.close();
    FixedClock clock;
    boost::asio::io_context io;
    auto store = LogStore::open(io, clock, copy.path().toStdString());
    QVERIFY(store.ok());
    QCOMPARE((*store)->lastLineId(), std::int64_t{1});
    QVERIFY((*store)->append(line(2, "f", "goes on")));
}

void LogStoreTest::retention()
{
    Bench b({.pruneMs = 5});
    for (int i = 0; i < 2'500; ++i)
        b.log(i % 2 ? "kept" : "expires", "line");
    QCOMPARE(b.find({}).size(), std::size_t{2'500});
    bool changed = false;
    b.store->change(
        [](store::Database& database) {
            return database.run("UPDATE groups SET retention_days = 1 WHERE name LIKE '%expires'");
        },
        [&](const absl::Status& status) { changed = status.ok(); });
    b.wait([&] { return changed; });
    b.clock.now += 86'400LL * 1'000'000 + 3'000'000;
    b.wait([&] { return b.count("chunks") == 2; });
    QCOMPARE(b.find({}).size(), std::size_t{1'250});
    QCOMPARE(b.find({.functions = {"expires"}}).size(), std::size_t{0});
    QCOMPARE(b.find({.functions = {"kept"}, .texts = {"line"}}).size(), std::size_t{1'250});
    b.log("expires", "new life", "r-1", b.clock.now); // an older one would be due to expire as well
    QCOMPARE(b.messages({.functions = {"expires"}}), QStringList{"new life"});
}

void LogStoreTest::limits()
{
    LogStoreOptions options;
    options.pruneMs = 5;
    options.limits.lines = 3'000;
    Bench b(options);
    for (int i = 0; i < 10'000; ++i)
        b.log("f", absl::StrCat("line ", i));
    b.wait([&] { return b.find({}).size() <= 3'000; });
    b.wait([&] { return b.count("chunks") <= 3 && b.count("chunks") > 0; });
    const auto left = b.messages({});
    QVERIFY(left.size() <= 3'000 && left.size() >= 1'900);
    QCOMPARE(left.back(), QString("line 9999"));
    // What has gone is gone from the index as well.
    QCOMPARE(b.find({.texts = {"line 12"}}).size(), std::size_t{0});
    QCOMPARE(b.statistics.chunksRead, std::int64_t{1}); // the open one
}

QTEST_GUILESS_MAIN(LogStoreTest)
#include "log_store_test.moc"
