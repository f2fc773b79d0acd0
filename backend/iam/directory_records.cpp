#include "backend/iam/directory.h"

#include "backend/base/text.h"
#include "backend/keys/secret_buffer.h"

#include <absl/strings/str_cat.h>

#include <utility>

// Records on the disk. Those of keys and sessions are sealed whole, each for its place: what was
// taken from one row opens in no other.
namespace gantry::iam {
namespace {

constexpr std::string_view kMigrations[] = {
    "CREATE TABLE record (kind INTEGER NOT NULL, key TEXT NOT NULL, data BLOB NOT NULL, "
    "PRIMARY KEY (kind, key)) WITHOUT ROWID",
    "ALTER TABLE record ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0"};

std::string subjectOf(int kind, std::string_view key)
{
    return absl::StrCat("iam/", kind, "/", view(key));
}

template <class Record>
bool put(std::string_view key, std::string_view bytes, RecordTable<Record>& table)
{
    auto record = std::make_shared<Record>();
    if (!record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return false;
    table.put(key, std::move(record));
    return true;
}

absl::Status damaged()
{
    return absl::DataLossError("iam.db holds a record that cannot be read. Restore it from a "
                               "backup, or move it away to begin with no identities.");
}

absl::Status foreign()
{
    return absl::FailedPreconditionError(
        "The access keys in iam.db are encrypted with other keys than those in keys.db, or were "
        "changed by something else than gantryd. Nothing was changed. Restore keys.db and iam.db "
        "from the same backup, or move iam.db away to begin with no identities.");
}

} // namespace

absl::StatusOr<std::unique_ptr<Directory>>
Directory::open(boost::asio::io_context& io, const std::filesystem::path& file,
                const std::filesystem::path& awsPolicies, const Account& account,
                const Clock& clock, Sealing sealing)
{
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::unique_ptr<Directory> directory(new Directory(account, clock, std::move(sealing)));
    if (absl::Status status = directory->loadAwsPolicies(awsPolicies); !status.ok())
        return status;
    if (absl::Status status = directory->load(*database); !status.ok())
        return status;
    if (absl::Status status = directory->sealReadable(*database); !status.ok())
        return status;
    directory->m_writer = std::make_unique<store::Writer>(io, *std::move(database));
    directory->eraseExpiredSessions();
    return directory;
}

absl::Status Directory::load(store::Database& database)
{
    absl::Status whole;
    absl::Status status = database.query("SELECT kind, key, data, sealed FROM record", {},
                                         [&](const store::Row& row) {
                                             if (whole.ok())
                                                 whole = adopt(row);
                                         });
    return status.ok() ? whole : status;
}

absl::Status Directory::adopt(const store::Row& row)
{
    const auto number = static_cast<int>(row.integer(0));
    const std::string_view key = row.text(1);
    keys::CleansedString bytes{std::string(row.blob(2))};
    if (row.integer(3) != 0) {
        auto opened = m_sealing.open(subjectOf(number, key), bytes.get());
        if (!opened.ok())
            return foreign();
        std::swap(bytes.get(), *opened);
    }
    bool whole = false;
    if (number < kind::kPolicy)
        whole = put(key, bytes.get(), m_identities[number]);
    else if (number == kind::kPolicy)
        whole = put(key, bytes.get(), m_policies);
    else if (number == kind::kKey)
        whole = put(key, bytes.get(), m_keys);
    else
        whole = put(key, bytes.get(), m_sessions);
    return whole ? absl::OkStatus() : damaged();
}

absl::StatusOr<std::string> Directory::stored(int kind, const std::string& key,
                                              const google::protobuf::Message& record) const
{
    if (!isSealed(kind))
        return record.SerializeAsString();
    const keys::CleansedString bytes(record.SerializeAsString());
    return m_sealing.seal(subjectOf(kind, key), bytes.get());
}

// Seals what versions before schema 2 wrote in clear, in one transaction. VACUUM first: pages that
// were freed long ago may hold keys as well. Then what is overwritten is zeroed, and the log of it
// truncated, at every start: the one before may have been killed in between.
absl::Status Directory::sealReadable(store::Database& database)
{
    std::vector<Draft::Row> rows;
    absl::Status status = database.query(
        "SELECT kind, key FROM record WHERE kind >= ? AND sealed = 0", {kind::kKey},
        [&](const store::Row& row) {
            rows.push_back({static_cast<int>(row.integer(0)), std::string(row.text(1)), nullptr});
        });
    for (Draft::Row& row : rows) {
        const google::protobuf::Message* record = m_sessions.find(row.key);
        if (row.kind == kind::kKey)
            record = m_keys.find(row.key);
        auto bytes = stored(row.kind, row.key, *record);
        if (!bytes.ok())
            return bytes.status();
        row.bytes = *std::move(bytes);
    }
    if (!rows.empty()) {
        for (const std::string_view sql : {"PRAGMA secure_delete = ON", "VACUUM", "BEGIN IMMEDIATE"})
            status.Update(database.run(sql));
        for (const Draft::Row& row : rows)
            status.Update(database.run(
                "UPDATE record SET data = ?, sealed = 1 WHERE kind = ? AND key = ?",
                {store::Value::blob(row.bytes), row.kind, row.key}));
        if (database.inTransaction())
            status.Update(database.run(status.ok() ? "COMMIT" : "ROLLBACK"));
    }
    if (status.ok())
        status = database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    return status;
}

void Directory::eraseExpiredSessions()
{
    const std::int64_t now = nowMs() / 1000;
    std::vector<std::string> expired;
    for (const auto& [key, session] : m_sessions.rows()) {
        if (session->expires_seconds() <= now)
            expired.push_back(session->access_key_id());
    }
    if (expired.empty())
        return;
    change(
        [expired](Draft& draft) {
            for (const std::string& id : expired)
                draft.eraseSession(id);
            return absl::OkStatus();
        },
        [](const absl::Status&) {});
}

} // namespace gantry::iam
