#include "backend/observe/logs/ingest.h"

#include <algorithm>
#include <utility>

namespace gantry::observe::logs {
namespace {

constexpr std::size_t kOpenBytes = 32 << 20; // of open chunks that are kept in memory

} // namespace

Ingester::Ingester(std::filesystem::path journal) : m_journal(std::move(journal)) {}

void Ingester::forget()
{
    m_state.reset();
    m_groups.clear();
}

absl::Status Ingester::run(store::Database& database, JournalPosition to)
{
    auto state = readState(database);
    if (!state.ok())
        return state.status();
    if (!m_state || m_state->position != state->position)
        m_groups.clear();
    m_state = *state;
    if (to <= m_state->position)
        return absl::OkStatus();
    absl::Status status;
    const absl::Status read = readJournal(m_journal, m_state->position, to, [&](LogLine line) {
        if (status.ok())
            status = take(database, std::move(line));
    });
    status.Update(read);
    if (status.ok())
        status = finish(database);
    m_state->position = to;
    if (status.ok())
        status = writeState(database, *m_state);
    if (!status.ok())
        forget();
    return status;
}

absl::Status Ingester::take(store::Database& database, LogLine line)
{
    auto found = group(database, line);
    if (!found.ok())
        return found.status();
    Group& group = **found;
    if (group.chunk.full()) {
        if (absl::Status status = save(database, group, true); !status.ok())
            return status;
    }
    group.chunk.add(line);
    group.dirty = true;
    const invoke::LogEntry& e = line.entry;
    Stream& stream = group.touched[e.logStream];
    if (stream.lastMicros == 0)
        stream = {e.functionName, e.timeMicros, e.timeMicros, line.ingestedMicros};
    stream.firstMicros = std::min(stream.firstMicros, e.timeMicros);
    stream.lastMicros = std::max(stream.lastMicros, e.timeMicros);
    stream.ingestedMicros = std::max(stream.ingestedMicros, line.ingestedMicros);
    m_state->lastLineId = std::max(m_state->lastLineId, line.id);
    return absl::OkStatus();
}

absl::StatusOr<Ingester::Group*> Ingester::group(store::Database& database, const LogLine& line)
{
    const std::string& name = groupOf(line, m_groupName);
    const auto [entry, isNew] = m_groups.try_emplace(name);
    if (isNew) {
        const absl::Status status =
            openGroup(database, name, line.ingestedMicros / 1'000, entry->second);
        if (!status.ok()) {
            m_groups.erase(entry);
            return status;
        }
    }
    return &entry->second;
}

absl::Status Ingester::openGroup(store::Database& database, const std::string& name,
                                 std::int64_t createdMs, Group& group)
{
    absl::Status status = database.run(
        "INSERT OR IGNORE INTO groups (name, created_ms) VALUES (?, ?)", {name, createdMs});
    if (status.ok())
        status = database.query("SELECT id FROM groups WHERE name = ?", {name},
                                [&](const store::Row& row) { group.id = row.integer(0); });
    if (!status.ok())
        return status;
    absl::Status loaded;
    status = database.query("SELECT id, head, body FROM chunks WHERE grp = ? AND sealed = 0",
                            {group.id}, [&](const store::Row& row) {
                                group.chunkId = row.integer(0);
                                loaded = group.chunk.load(row.blob(1), row.blob(2));
                            });
    if (!status.ok() || loaded.ok())
        return status;
    // What is damaged stays as it is, and the group begins a new chunk.
    status = database.run("UPDATE chunks SET sealed = 1 WHERE id = ?", {group.chunkId});
    group.chunkId = 0;
    group.chunk = {};
    return status;
}

absl::Status Ingester::save(store::Database& database, Group& group, bool sealed)
{
    if (group.chunkId == 0)
        group.chunkId = ++m_state->lastChunkId;
    const std::string head = group.chunk.head();
    const std::string body = group.chunk.body();
    absl::Status status = database.run(
        "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {group.chunkId, group.id, group.chunk.firstMicros(), group.chunk.lastMicros(),
         group.chunk.lines(), static_cast<std::int64_t>(head.size() + body.size()), sealed ? 1 : 0,
         store::Value::blob(head), store::Value::blob(body)});
    if (status.ok() && sealed) {
        const std::string words = group.chunk.words();
        status = database.run("INSERT INTO chunk_index (rowid, words) VALUES (?, ?)",
                              {group.chunkId, words});
        group.chunkId = 0;
        group.chunk = {};
    }
    group.dirty = false;
    return status;
}

absl::Status Ingester::saveStreams(store::Database& database, Group& group)
{
    for (const auto& [name, s] : std::exchange(group.touched, {})) {
        const absl::Status status = database.run(
            "INSERT INTO streams VALUES (?1, ?2, ?3, ?6 / 1000, ?4, ?5, ?6) ON CONFLICT DO UPDATE "
            "SET function = ?3, first_us = CASE WHEN first_us = 0 THEN ?4 ELSE MIN(first_us, ?4) "
            "END, last_us = MAX(last_us, ?5), ingested_us = MAX(ingested_us, ?6)",
            {group.id, name, s.function, s.firstMicros, s.lastMicros, s.ingestedMicros});
        if (!status.ok())
            return status;
    }
    return absl::OkStatus();
}

absl::Status Ingester::finish(store::Database& database)
{
    for (auto& [name, group] : m_groups) {
        absl::Status status = group.dirty ? save(database, group, group.chunk.full())
                                          : absl::OkStatus();
        if (status.ok())
            status = saveStreams(database, group);
        if (!status.ok())
            return status;
    }
    limitMemory();
    return absl::OkStatus();
}

// All is saved: what is dropped here is read again when it is needed.
void Ingester::limitMemory()
{
    std::size_t bytes = 0;
    for (const auto& [name, group] : m_groups)
        bytes += group.chunk.bytes() + 1024;
    if (bytes > kOpenBytes)
        m_groups.clear();
}

} // namespace gantry::observe::logs
