#include "backend/queues/queue_store.h"

#include "backend/base/error.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <string_view>
#include <utility>

namespace gantry::queues {
namespace {

using store::Database;
using store::Row;
using store::Value;

constexpr std::array<std::string_view, 1> kMigrations = {R"(
CREATE TABLE queue (name TEXT PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    queue TEXT NOT NULL REFERENCES queue(name),
    visible_ms INTEGER NOT NULL,
    first_received_ms INTEGER NOT NULL,
    receives INTEGER NOT NULL,
    record BLOB NOT NULL);
CREATE INDEX message_queue ON message(queue);
CREATE TABLE body (id INTEGER PRIMARY KEY REFERENCES message(id), bytes BLOB NOT NULL);
CREATE TRIGGER message_gone AFTER DELETE ON message
    BEGIN DELETE FROM body WHERE id = OLD.id; END;
CREATE TRIGGER queue_gone BEFORE DELETE ON queue
    BEGIN DELETE FROM message WHERE queue = OLD.name; END;
)"};

template <class Record> bool parse(std::string_view bytes, Record& record)
{
    return record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// id, visible_ms, first_received_ms, receives, record
bool readRow(const Row& row, MessageRow& message)
{
    message.state = {row.integer(0), row.integer(1), row.integer(2),
                     static_cast<int>(row.integer(3))};
    return parse(row.blob(4), message.record);
}

absl::Status insert(Database& database, const std::string& queue, const MessageRow& message)
{
    const std::string record = message.record.SerializeAsString();
    absl::Status status = database.run(
        "INSERT INTO message(id, queue, visible_ms, first_received_ms, receives, record) "
        "VALUES(?, ?, ?, 0, 0, ?)",
        {message.state.id, queue, message.state.visibleMs, Value::blob(record)});
    status.Update(database.run("INSERT INTO body(id, bytes) VALUES(?, ?)",
                               {message.state.id, Value::blob(message.body)}));
    return status;
}

absl::Status update(Database& database, const MessageState& state)
{
    return database.run(
        "UPDATE message SET visible_ms = ?, first_received_ms = ?, receives = ? WHERE id = ?",
        {state.visibleMs, state.firstReceivedMs, state.receives, state.id});
}

absl::Status load(Database& database, std::int64_t id, std::vector<MessageRow>& messages)
{
    return database.query("SELECT m.id, visible_ms, first_received_ms, receives, record, bytes "
                          "FROM message m JOIN body b ON b.id = m.id WHERE m.id = ?",
                          {id}, [&messages](const Row& row) {
                              MessageRow message;
                              readRow(row, message);
                              message.body = row.blob(5);
                              messages.push_back(std::move(message));
                          });
}

absl::Status moveOne(Database& database, std::int64_t id, const std::string& queue,
                     const std::string& source)
{
    record::StoredMessage record;
    absl::Status status =
        database.query("SELECT record FROM message WHERE id = ?", {id},
                       [&record](const Row& row) { parse(row.blob(0), record); });
    record.set_dead_letter_source(source);
    const std::string bytes = record.SerializeAsString();
    status.Update(database.run("UPDATE message SET queue = ?, visible_ms = 0, record = ? "
                               "WHERE id = ?",
                               {queue, Value::blob(bytes), id}));
    return status;
}

} // namespace

absl::StatusOr<std::unique_ptr<QueueStore>>
QueueStore::open(boost::asio::io_context& io, const std::filesystem::path& file, const Found& found)
{
    absl::StatusOr<Database> database = Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    bool damaged = false;
    absl::Status read =
        database->query("SELECT name, record FROM queue", {}, [&](const Row& row) {
            record::StoredQueue queue;
            damaged = !parse(row.blob(1), queue) || damaged;
            found.queue(std::string(row.text(0)), std::move(queue));
        });
    read.Update(database->query("SELECT id, visible_ms, first_received_ms, receives, record, queue "
                                "FROM message ORDER BY id",
                                {}, [&](const Row& row) {
                                    MessageRow message;
                                    damaged = !readRow(row, message) || damaged;
                                    found.message(std::string(row.text(5)), message);
                                }));
    if (read.ok() && damaged)
        read = serviceError(absl::StrCat("A queue in ", file.string(),
                                         " is damaged. Restore the data directory from a backup or "
                                         "use another one."));
    if (!read.ok())
        return read;
    return std::unique_ptr<QueueStore>(new QueueStore(io, *std::move(database)));
}

QueueStore::QueueStore(boost::asio::io_context& io, Database database)
    : m_writer(io, std::move(database))
{
}

void QueueStore::putQueue(const std::string& name, record::StoredQueue queue, Done done)
{
    m_writer.submit(
        [name, queue = std::move(queue)](Database& database) {
            const std::string record = queue.SerializeAsString();
            return database.run("INSERT INTO queue(name, record) VALUES(?1, ?2) "
                                "ON CONFLICT(name) DO UPDATE SET record = ?2",
                                {name, Value::blob(record)});
        },
        std::move(done));
}

void QueueStore::removeQueue(const std::string& name, Done done)
{
    m_writer.submit(
        [name](Database& database) {
            return database.run("DELETE FROM queue WHERE name = ?", {name});
        },
        std::move(done));
}

void QueueStore::add(const std::string& queue, std::vector<MessageRow> messages, Done done)
{
    m_writer.submit(
        [queue, messages = std::move(messages)](Database& database) {
            absl::Status status;
            for (const MessageRow& message : messages)
                status.Update(insert(database, queue, message));
            return status;
        },
        std::move(done));
}

void QueueStore::mark(std::vector<MessageState> states, Done done)
{
    m_writer.submit(
        [states = std::move(states)](Database& database) {
            absl::Status status;
            for (const MessageState& state : states)
                status.Update(update(database, state));
            return status;
        },
        std::move(done));
}

void QueueStore::take(std::vector<MessageState> states, Rows done)
{
    const auto messages = std::make_shared<std::vector<MessageRow>>();
    m_writer.submit(
        [states = std::move(states), messages](Database& database) {
            absl::Status status;
            messages->clear();
            for (const MessageState& state : states) {
                status.Update(update(database, state));
                status.Update(load(database, state.id, *messages));
            }
            return status;
        },
        [messages, done = std::move(done)](const absl::Status& status) {
            status.ok() ? done(std::move(*messages)) : done(status);
        });
}

void QueueStore::read(std::vector<std::int64_t> ids, Rows done)
{
    const auto messages = std::make_shared<std::vector<MessageRow>>();
    m_writer.submit(
        [ids = std::move(ids), messages](Database& database) {
            absl::Status status;
            messages->clear();
            for (const std::int64_t id : ids)
                status.Update(load(database, id, *messages));
            return status;
        },
        [messages, done = std::move(done)](const absl::Status& status) {
            status.ok() ? done(std::move(*messages)) : done(status);
        });
}

void QueueStore::move(std::vector<std::int64_t> ids, const std::string& queue,
                      const std::string& source, Done done)
{
    m_writer.submit(
        [ids = std::move(ids), queue, source](Database& database) {
            absl::Status status;
            for (const std::int64_t id : ids)
                status.Update(moveOne(database, id, queue, source));
            return status;
        },
        std::move(done));
}

void QueueStore::remove(std::vector<std::int64_t> ids, Done done)
{
    m_writer.submit(
        [ids = std::move(ids)](Database& database) {
            absl::Status status;
            for (const std::int64_t id : ids)
                status.Update(database.run("DELETE FROM message WHERE id = ?", {id}));
            return status;
        },
        std::move(done));
}

} // namespace gantry::queues
