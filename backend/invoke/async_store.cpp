#include "backend/invoke/async_store.h"

#include "backend/base/error.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <string_view>
#include <utility>

namespace gantry::invoke {
namespace {

constexpr std::array<std::string_view, 1> kMigrations = {R"(
CREATE TABLE event (id INTEGER PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE payload (id INTEGER PRIMARY KEY REFERENCES event(id), bytes BLOB NOT NULL);
CREATE TRIGGER event_gone AFTER DELETE ON event
    BEGIN DELETE FROM payload WHERE id = OLD.id; END;
)"};

absl::Status put(store::Database& database, const EventChange::Row& row)
{
    const std::string record = row.record.SerializeAsString();
    absl::Status status = database.run("INSERT INTO event(id, record) VALUES(?1, ?2) "
                                       "ON CONFLICT(id) DO UPDATE SET record = ?2",
                                       {row.id, store::Value::blob(record)});
    if (row.payload)
        status.Update(database.run("INSERT OR REPLACE INTO payload(id, bytes) VALUES(?, ?)",
                                   {row.id, store::Value::blob(*row.payload)}));
    return status;
}

absl::Status apply(store::Database& database, const EventChange& change)
{
    absl::Status status;
    for (const EventChange::Row& row : change.put)
        status.Update(put(database, row));
    for (const std::int64_t id : change.removed)
        status.Update(database.run("DELETE FROM event WHERE id = ?", {id}));
    return status;
}

} // namespace

absl::StatusOr<std::unique_ptr<AsyncStore>>
AsyncStore::open(boost::asio::io_context& io, const std::filesystem::path& file,
                 const std::function<void(std::int64_t, record::EventRecord)>& found)
{
    absl::StatusOr<store::Database> database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    bool damaged = false;
    absl::Status read = database->query(
        "SELECT id, record FROM event ORDER BY id", {}, [&](const store::Row& row) {
            record::EventRecord record;
            const std::string_view bytes = row.blob(1);
            if (record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
                found(row.integer(0), std::move(record));
            else
                damaged = true;
        });
    if (read.ok() && damaged) {
        read = serviceError(absl::StrCat("An event in ", file.string(),
                                         " is damaged. Restore the data directory from a backup or "
                                         "use another one."));
    }
    if (!read.ok())
        return read;
    return std::unique_ptr<AsyncStore>(new AsyncStore(io, *std::move(database)));
}

AsyncStore::AsyncStore(boost::asio::io_context& io, store::Database database)
    : m_writer(io, std::move(database))
{
}

void AsyncStore::write(EventChange change, Done done)
{
    m_writer.submit([change = std::move(change)](
                        store::Database& database) { return apply(database, change); },
                    std::move(done));
}

// On the writer's thread too: it is asked for only what the memory had no room for.
void AsyncStore::loadPayload(std::int64_t id, Loaded done)
{
    auto payload = std::make_shared<PayloadPtr>();
    m_writer.submit(
        [id, payload](store::Database& database) {
            return database.query("SELECT bytes FROM payload WHERE id = ?", {id},
                                  [&payload](const store::Row& row) {
                                      *payload = std::make_shared<const std::string>(row.blob(0));
                                  });
        },
        [payload, done = std::move(done)](absl::Status status) {
            if (status.ok() && !*payload)
                status = notFound("The event is not in the queue any more.");
            status.ok() ? done(*payload) : done(status);
        });
}

} // namespace gantry::invoke
