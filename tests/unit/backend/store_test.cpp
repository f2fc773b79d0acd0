#include "backend/base/error.h"
#include "backend/store/database.h"
#include "backend/store/directory_lock.h"
#include "backend/store/writer.h"

#include <boost/asio/io_context.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::store;

namespace {

constexpr std::array<std::string_view, 1> kFirst = {
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, data BLOB)"};
constexpr std::array<std::string_view, 2> kSecond = {kFirst[0],
                                                     "ALTER TABLE item ADD COLUMN note TEXT"};

std::int64_t count(Database& database)
{
    std::int64_t result = -1;
    const auto status = database.query("SELECT count(*) FROM item", {},
                                       [&](const Row& row) { result = row.integer(0); });
    return status.ok() ? result : -1;
}

Writer::Work insertItem(int id, std::string data = {})
{
    return [id, data = std::move(data)](Database& database) {
        return database.run("INSERT INTO item(id, name, data) VALUES(?, ?, ?)",
                            {id, "item", Value::blob(data)});
    };
}

bool contains(const absl::Status& status, const char* text)
{
    return std::string(status.message()).find(text) != std::string::npos;
}

} // namespace

class StoreTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_directory.emplace();
        m_file = m_directory->filePath(QStringLiteral("test.db")).toStdString();
    }

    void keepsValuesOfEveryKind()
    {
        auto database = Database::open(m_file, kFirst);
        QVERIFY(database.ok());
        const std::string bytes("a\0b", 3);
        QVERIFY(database
                    ->run("INSERT INTO item(id, name, data) VALUES(?, ?, ?)",
                          {std::int64_t(1) << 40, "näme", Value::blob(bytes)})
                    .ok());
        QVERIFY(database->run("INSERT INTO item(name, data) VALUES(?, ?)", {"", nullptr}).ok());
        std::vector<std::string> names;
        std::vector<bool> nulls;
        QVERIFY(database
                    ->query("SELECT id, name, data FROM item ORDER BY name DESC", {},
                            [&](const Row& row) {
                                names.emplace_back(row.text(1));
                                nulls.push_back(row.isNull(2));
                                if (!row.isNull(2)) {
                                    QCOMPARE(row.integer(0), std::int64_t(1) << 40);
                                    QCOMPARE(std::string(row.blob(2)), bytes);
                                }
                            })
                    .ok());
        QCOMPARE(names, (std::vector<std::string>{"näme", ""}));
        QCOMPARE(nulls, (std::vector<bool>{false, true}));
        struct stat info {};
        QCOMPARE(::stat(m_file.c_str(), &info), 0);
        QCOMPARE(info.st_mode & 0777, 0600u);
    }

    void migratesForwardAndRefusesANewerSchema()
    {
        QVERIFY(Database::open(m_file, kFirst).ok());
        QVERIFY(Database::open(m_file, kSecond).ok());
        const auto older = Database::open(m_file, kFirst);
        QVERIFY(!older.ok());
        QVERIFY(contains(older.status(), "newer version of Gantry (schema 2"));
    }

    void aFailedMigrationChangesNothing()
    {
        constexpr std::array<std::string_view, 2> broken = {
            kFirst[0], "CREATE TABLE half (id INTEGER); SELECT nonsense("};
        QVERIFY(!Database::open(m_file, broken).ok());
        auto database = Database::open(m_file, kFirst);
        QVERIFY(database.ok());
        QVERIFY(!database->run("SELECT * FROM half").ok());
    }

    void aDamagedFileIsAClearError()
    {
        std::FILE* file = std::fopen(m_file.c_str(), "w");
        std::fputs("this is not a database, it only has its name and is long enough", file);
        std::fclose(file);
        const auto database = Database::open(m_file, kFirst);
        QVERIFY(!database.ok());
        QVERIFY(contains(database.status(), "damaged"));
    }

    void answersInOrderAndOnlyWhenAReaderSeesIt()
    {
        boost::asio::io_context io;
        Writer writer(io, *Database::open(m_file, kFirst));
        auto reader = Database::open(m_file, {}, {.readOnly = true});
        QVERIFY(reader.ok());
        std::vector<int> order;
        bool seen = true;
        for (int id = 1; id <= 200; ++id) {
            writer.submit(insertItem(id), [&, id](absl::Status status) {
                QVERIFY(status.ok());
                order.push_back(id);
                seen = seen && count(*reader) >= id;
            });
        }
        io.run();
        QVERIFY(seen);
        QCOMPARE(order.size(), 200u);
        QVERIFY(std::is_sorted(order.begin(), order.end()));
    }

    void aFailedChangeLeavesItsNeighboursAlone()
    {
        boost::asio::io_context io;
        Writer writer(io, *Database::open(m_file, kFirst));
        int good = 0;
        int bad = 0;
        for (int id = 1; id <= 60; ++id) {
            writer.submit(
                [id](Database& database) -> absl::Status {
                    const auto status = insertItem(id)(database);
                    return id % 3 == 0 ? invalidParameter("no") : status;
                },
                [&](absl::Status status) { status.ok() ? ++good : ++bad; });
        }
        io.run();
        QCOMPARE(good, 40);
        QCOMPARE(bad, 20);
        auto reader = Database::open(m_file, {}, {.readOnly = true});
        QCOMPARE(count(*reader), 40);
    }

    // The page limit makes SQLite answer SQLITE_FULL exactly as a full disk does.
    void aFullDiskIsAnErrorOfTheChangeThatNeedsTheRoom()
    {
        boost::asio::io_context io;
        Writer writer(io, *Database::open(m_file, kFirst));
        writer.submit([](Database& database) { return database.run("PRAGMA max_page_count=30"); },
                      [](absl::Status status) { QVERIFY(status.ok()); });
        std::vector<absl::Status> results;
        const auto keep = [&](absl::Status status) { results.push_back(std::move(status)); };
        writer.submit(insertItem(1), keep);
        writer.submit(insertItem(2, std::string(500'000, 'x')), keep);
        writer.submit(insertItem(3), keep);
        io.run();
        QCOMPARE(results.size(), 3u);
        QVERIFY(results[0].ok());
        QVERIFY(!results[1].ok());
        QVERIFY(contains(results[1], "is full"));
        QCOMPARE(awsErrorOf(results[1]).name, std::string("ServiceException"));
        QVERIFY(results[2].ok());
        auto reader = Database::open(m_file, {}, {.readOnly = true});
        QCOMPARE(count(*reader), 2);
    }

    void commitsWhatWasSubmittedBeforeItsEndAndCallsNobodyBack()
    {
        boost::asio::io_context io;
        int called = 0;
        {
            Writer writer(io, *Database::open(m_file, kFirst));
            for (int id = 1; id <= 50; ++id)
                writer.submit(insertItem(id), [&](absl::Status) { ++called; });
        }
        io.run();
        QCOMPARE(called, 0);
        auto reader = Database::open(m_file, {}, {.readOnly = true});
        QCOMPARE(count(*reader), 50);
    }

    // What was acknowledged must be there after a kill -9 at any moment.
    void nothingAcknowledgedIsLostWhenTheProcessIsKilled()
    {
        int pipe[2];
        QCOMPARE(::pipe(pipe), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            boost::asio::io_context io;
            Writer writer(io, *Database::open(m_file, kFirst));
            for (int id = 1; id <= 100'000; ++id) {
                writer.submit(insertItem(id), [&, id](absl::Status status) {
                    if (status.ok() && ::write(pipe[1], &id, sizeof id) != sizeof id)
                        ::_exit(2);
                });
            }
            io.run();
            ::_exit(0);
        }
        ::close(pipe[1]);
        int acknowledged = 0;
        for (int i = 0; i < 40; ++i)
            QCOMPARE(::read(pipe[0], &acknowledged, sizeof acknowledged),
                     ssize_t(sizeof acknowledged));
        QCOMPARE(::kill(child, SIGKILL), 0);
        while (::read(pipe[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
        }
        ::close(pipe[0]);
        int status = 0;
        QCOMPARE(::waitpid(child, &status, 0), child);
        auto database = Database::open(m_file, kFirst);
        QVERIFY(database.ok());
        QVERIFY(acknowledged >= 40);
        QVERIFY(count(*database) >= acknowledged);
    }

    void aSecondLockOnADirectoryNamesTheHolder()
    {
        const std::filesystem::path directory = m_directory->path().toStdString();
        {
            const auto first = DirectoryLock::acquire(directory);
            QVERIFY(first.ok());
            const auto second = DirectoryLock::acquire(directory);
            QVERIFY(!second.ok());
            QVERIFY(contains(second.status(), std::to_string(::getpid()).c_str()));
            QVERIFY(contains(second.status(), "already uses"));
        }
        QVERIFY(DirectoryLock::acquire(directory).ok());
    }

private:
    std::optional<QTemporaryDir> m_directory;
    std::string m_file;
};

QTEST_APPLESS_MAIN(StoreTest)
#include "store_test.moc"
