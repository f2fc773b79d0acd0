#pragma once

#include "backend/base/error.h"
#include "backend/store/writer.h"

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::store {

// The schema of a database of record maps.
inline constexpr std::string_view kRecordMapSchema = R"(
CREATE TABLE record (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID;
)";

// Records (protobuf messages) by key, all of them in memory and each a row of its database: several
// maps of different kinds may share one. A change sees what the one before it on the same key left,
// is committed, becomes visible and is then answered. I/O thread only; must outlive the writer.
template <class Record> class RecordMap final {
public:
    using Ptr = std::shared_ptr<const Record>;
    // Makes the new record of the current one (null: there is none); null removes it.
    using Edit = std::function<absl::StatusOr<std::unique_ptr<Record>>(const Record* current)>;
    // The new record; null when it was removed.
    using Done = std::function<void(absl::StatusOr<Ptr>)>;

    explicit RecordMap(std::string kind) : m_kind(std::move(kind)) {}
    RecordMap(const RecordMap&) = delete;
    RecordMap& operator=(const RecordMap&) = delete;

    absl::Status load(Database& database);
    void attach(Writer& writer) { m_writer = &writer; }

    const std::map<std::string, Ptr>& all() const { return m_records; }
    Ptr find(const std::string& key) const;

    void change(const std::string& key, Edit edit, Done done);

    // Changes every record in one transaction, together with more work on the database, when no
    // other change is under way; those that come meanwhile wait.
    using EditAll = std::function<absl::StatusOr<std::unique_ptr<Record>>(const Record& current)>;
    void changeAll(EditAll edit, Writer::Work more, Writer::Done done);

    // One row outside of any map's order: for what is written before there is a writer.
    absl::Status put(Database& database, const std::string& key, Ptr record);

private:
    struct Pending {
        Edit edit;
        Done done;
    };
    struct PendingAll {
        EditAll edit;
        Writer::Work more;
        Writer::Done done;
    };

    void start(const std::string& key);
    void finish(const std::string& key, Ptr record, absl::Status status);
    void startAll();
    void release();
    void set(const std::string& key, Ptr record);
    static absl::Status write(Database& database, const std::string& kind, const std::string& key,
                              const Record* record);

    const std::string m_kind;
    Writer* m_writer = nullptr;
    std::map<std::string, Ptr> m_records;
    std::map<std::string, std::deque<Pending>> m_busy; // the first of each is under way
    std::deque<PendingAll> m_all;                      // the first may be under way
    bool m_exclusive = false;
    std::vector<std::pair<std::string, Pending>> m_held; // until m_all is empty
};

template <class Record> absl::Status RecordMap<Record>::load(Database& database)
{
    std::string damaged;
    absl::Status status = database.query(
        "SELECT key, value FROM record WHERE kind = ?", {m_kind}, [&](const Row& row) {
            auto record = std::make_shared<Record>();
            const std::string_view bytes = row.blob(1);
            if (!record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
                damaged = std::string(row.text(0));
            m_records[std::string(row.text(0))] = std::move(record);
        });
    if (status.ok() && !damaged.empty()) {
        return serviceError(absl::StrCat("The record of the ", m_kind, " ", damaged,
                                         " is damaged. Restore the data directory from a backup or "
                                         "use another one."));
    }
    return status;
}

template <class Record>
typename RecordMap<Record>::Ptr RecordMap<Record>::find(const std::string& key) const
{
    const auto found = m_records.find(key);
    return found == m_records.end() ? nullptr : found->second;
}

template <class Record>
void RecordMap<Record>::change(const std::string& key, Edit edit, Done done)
{
    Pending pending{std::move(edit), std::move(done)};
    if (!m_all.empty()) {
        m_held.emplace_back(key, std::move(pending));
        return;
    }
    auto& lane = m_busy[key];
    lane.push_back(std::move(pending));
    if (lane.size() == 1)
        start(key);
}

template <class Record> void RecordMap<Record>::start(const std::string& key)
{
    auto edited = m_busy[key].front().edit(find(key).get());
    if (!edited.ok())
        return finish(key, nullptr, edited.status());
    Ptr record = *std::move(edited);
    m_writer->submit(
        [kind = m_kind, key, record](Database& database) {
            return write(database, kind, key, record.get());
        },
        [this, key, record](absl::Status status) { finish(key, record, std::move(status)); });
}

template <class Record>
void RecordMap<Record>::finish(const std::string& key, Ptr record, absl::Status status)
{
    if (status.ok())
        set(key, record);
    auto& lane = m_busy[key];
    const Done done = std::move(lane.front().done);
    lane.pop_front();
    const bool more = !lane.empty();
    if (!more)
        m_busy.erase(key);
    if (status.ok())
        done(std::move(record));
    else
        done(std::move(status));
    if (more)
        start(key);
    else if (m_busy.empty() && !m_all.empty() && !m_exclusive)
        startAll();
}

template <class Record>
void RecordMap<Record>::changeAll(EditAll edit, Writer::Work more, Writer::Done done)
{
    m_all.push_back({std::move(edit), std::move(more), std::move(done)});
    if (m_busy.empty() && !m_exclusive)
        startAll();
}

template <class Record> void RecordMap<Record>::startAll()
{
    m_exclusive = true;
    std::map<std::string, Ptr> edited;
    for (const auto& [key, record] : m_records) {
        auto made = m_all.front().edit(*record);
        if (!made.ok()) {
            const Writer::Done done = std::move(m_all.front().done);
            done(made.status());
            return release();
        }
        edited.emplace(key, *std::move(made));
    }
    m_writer->submit(
        [kind = m_kind, edited, more = m_all.front().more](Database& database) {
            absl::Status status;
            for (const auto& [key, record] : edited)
                status.Update(write(database, kind, key, record.get()));
            if (status.ok() && more)
                status = more(database);
            return status;
        },
        [this, edited](absl::Status status) {
            if (status.ok())
                m_records = edited;
            const Writer::Done done = std::move(m_all.front().done);
            done(std::move(status));
            release();
        });
}

template <class Record> void RecordMap<Record>::release()
{
    m_exclusive = false;
    m_all.pop_front();
    if (!m_all.empty())
        return startAll();
    for (auto& [key, pending] : std::exchange(m_held, {}))
        change(key, std::move(pending.edit), std::move(pending.done));
}

template <class Record> void RecordMap<Record>::set(const std::string& key, Ptr record)
{
    if (record)
        m_records[key] = std::move(record);
    else
        m_records.erase(key);
}

template <class Record>
absl::Status RecordMap<Record>::write(Database& database, const std::string& kind,
                                      const std::string& key, const Record* record)
{
    if (!record)
        return database.run("DELETE FROM record WHERE kind = ? AND key = ?", {kind, key});
    const std::string bytes = record->SerializeAsString();
    return database.run("INSERT OR REPLACE INTO record(kind, key, value) VALUES(?, ?, ?)",
                        {kind, key, Value::blob(bytes)});
}

template <class Record>
absl::Status RecordMap<Record>::put(Database& database, const std::string& key, Ptr record)
{
    absl::Status status = write(database, m_kind, key, record.get());
    if (status.ok())
        set(key, std::move(record));
    return status;
}

} // namespace gantry::store
