#include "backend/observe/alarms/alarm_store.h"

#include "backend/base/error.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace gantry::observe::alarms {

using store::Database;
using store::Row;
using record::StoredAlarm;

namespace {

constexpr std::array<std::string_view, 1> kMigrations{R"sql(
CREATE TABLE alarms (name TEXT PRIMARY KEY, alarm BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE history (
    id INTEGER PRIMARY KEY, alarm TEXT NOT NULL, alarm_type TEXT NOT NULL, type TEXT NOT NULL,
    time_ms INTEGER NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX history_by_alarm ON history (alarm, time_ms);
CREATE INDEX history_by_time ON history (time_ms);
)sql"};

absl::Status write(Database& database, const std::vector<AlarmStore::Change>& changes,
                   const std::vector<HistoryItem>& history)
{
    absl::Status status;
    for (const auto& [name, alarm] : changes) {
        if (!alarm) {
            status.Update(database.run("DELETE FROM alarms WHERE name = ?", {name}));
            continue;
        }
        const std::string bytes = alarm->SerializeAsString();
        status.Update(database.run("INSERT OR REPLACE INTO alarms VALUES (?, ?)",
                                   {name, store::Value::blob(bytes)}));
    }
    for (const HistoryItem& item : history)
        status.Update(database.run("INSERT INTO history (alarm, alarm_type, type, time_ms, summary, "
                                   "data) VALUES (?, ?, ?, ?, ?, ?)",
                                   {item.alarm, item.alarmType, item.type, item.timeMs,
                                    item.summary, item.data}));
    return status;
}

bool wanted(const HistoryQuery& query, const HistoryItem& item)
{
    return (query.type.empty() || query.type == item.type) &&
           (query.alarmTypes.empty() ||
            std::find(query.alarmTypes.begin(), query.alarmTypes.end(), item.alarmType) !=
                query.alarmTypes.end());
}

absl::StatusOr<std::vector<HistoryItem>> read(Database& database, const HistoryQuery& query)
{
    std::vector<HistoryItem> items;
    std::int64_t skip = query.offset;
    const std::int64_t to =
        query.toMs > 0 ? query.toMs : std::numeric_limits<std::int64_t>::max();
    const auto take = [&](const Row& row) {
        if (static_cast<std::int64_t>(items.size()) >= query.limit)
            return;
        HistoryItem item{std::string(row.text(0)), std::string(row.text(1)),
                         std::string(row.text(2)), row.integer(3),
                         std::string(row.text(4)), std::string(row.text(5))};
        if (wanted(query, item) && skip-- <= 0)
            items.push_back(std::move(item));
    };
    const absl::Status status =
        query.oldestFirst
            ? database.query("SELECT alarm, alarm_type, type, time_ms, summary, data FROM history "
                             "WHERE (?1 = '' OR alarm = ?1) AND time_ms >= ?2 AND time_ms < ?3 "
                             "ORDER BY id",
                             {query.alarm, query.fromMs, to}, take)
            : database.query("SELECT alarm, alarm_type, type, time_ms, summary, data FROM history "
                             "WHERE (?1 = '' OR alarm = ?1) AND time_ms >= ?2 AND time_ms < ?3 "
                             "ORDER BY id DESC",
                             {query.alarm, query.fromMs, to}, take);
    if (!status.ok())
        return status;
    return items;
}

} // namespace

absl::StatusOr<std::unique_ptr<AlarmStore>> AlarmStore::open(boost::asio::io_context& io,
                                                             const std::filesystem::path& file)
{
    auto database = Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::map<std::string, Stored> loaded;
    std::string damaged;
    const absl::Status status =
        database->query("SELECT name, alarm FROM alarms", {}, [&](const Row& row) {
            auto alarm = std::make_shared<StoredAlarm>();
            if (!alarm->ParseFromString(std::string(row.blob(1))))
                damaged = std::string(row.text(0));
            loaded[std::string(row.text(0))] = std::move(alarm);
        });
    if (!status.ok())
        return status;
    if (!damaged.empty())
        return serviceError(absl::StrCat("The record of the alarm ", damaged,
                                         " is damaged. Restore the data directory from a backup."));
    return std::unique_ptr<AlarmStore>(
        new AlarmStore(io, *std::move(database), std::move(loaded)));
}

AlarmStore::AlarmStore(boost::asio::io_context& io, Database database,
                       std::map<std::string, Stored> loaded)
    : m_loaded(std::move(loaded)), m_writer(io, std::move(database))
{
}

void AlarmStore::write(std::vector<Change> changes, std::vector<HistoryItem> history, Done done)
{
    m_writer.submit(
        [changes = std::move(changes), history = std::move(history)](Database& database) {
            return alarms::write(database, changes, history);
        },
        std::move(done));
}

// On the writer's thread: history is short, and it has to see what was written before.
void AlarmStore::history(HistoryQuery query, Answer<std::vector<HistoryItem>> done)
{
    auto items = std::make_shared<absl::StatusOr<std::vector<HistoryItem>>>(std::vector<HistoryItem>());
    m_writer.submit(
        [query = std::move(query), items](Database& database) {
            *items = read(database, query);
            return items->status();
        },
        [items, done = std::move(done)](const absl::Status& status) {
            if (!status.ok())
                return done(status);
            done(std::move(*items));
        });
}

void AlarmStore::prune(std::int64_t nowMs)
{
    m_writer.submit(
        [before = nowMs - kHistoryKeptMs](Database& database) {
            return database.run("DELETE FROM history WHERE time_ms < ?", {before});
        },
        [](const absl::Status&) {});
}

} // namespace gantry::observe::alarms
