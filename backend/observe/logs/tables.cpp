#include "backend/observe/logs/tables.h"

#include "backend/base/text.h"
#include "backend/observe/logs/chunk.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <vector>

namespace gantry::observe::logs {
namespace {

constexpr std::array<std::string_view, 2> kMigrations{R"sql(
CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL,
    retention_days INTEGER NOT NULL DEFAULT 0  -- 0: never expires
);
CREATE TABLE tags (
    grp INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (grp, key)
) WITHOUT ROWID;
CREATE TABLE subscriptions (
    grp INTEGER NOT NULL, name TEXT NOT NULL, pattern TEXT NOT NULL, destination TEXT NOT NULL,
    role TEXT NOT NULL, distribution TEXT NOT NULL, created_ms INTEGER NOT NULL,
    PRIMARY KEY (grp, name)
) WITHOUT ROWID;
CREATE TABLE streams (
    grp INTEGER NOT NULL, name TEXT NOT NULL, function TEXT NOT NULL, created_ms INTEGER NOT NULL,
    first_us INTEGER NOT NULL DEFAULT 0, last_us INTEGER NOT NULL DEFAULT 0,
    ingested_us INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (grp, name)
) WITHOUT ROWID;
CREATE INDEX streams_by_time ON streams (grp, last_us);
CREATE INDEX streams_by_function ON streams (function, grp);

-- Some hundred lines of one group each, see logs.proto. Full ones are in the index.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, grp INTEGER NOT NULL, first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL, lines INTEGER NOT NULL, size INTEGER NOT NULL,
    sealed INTEGER NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL
);
CREATE INDEX chunks_by_time ON chunks (last_us, first_us, grp, sealed, lines, size);
CREATE INDEX chunks_open ON chunks (grp) WHERE sealed = 0;
CREATE VIRTUAL TABLE chunk_index USING fts5(
    words, content = '', detail = none, columnsize = 0, tokenize = 'ascii'
);

CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1), segment INTEGER NOT NULL, position INTEGER NOT NULL,
    last_line INTEGER NOT NULL, last_chunk INTEGER NOT NULL
);
INSERT INTO state VALUES (1, 0, 0, 0, 0);
)sql",
// Every word was written several times over; searches do not notice a few parts more.
R"sql(
INSERT INTO chunk_index (chunk_index, rank) VALUES ('automerge', 16);
)sql"};

constexpr int kChunksAPrune = 64;
constexpr std::int64_t kDayMicros = 86'400'000'000;

absl::StatusOr<std::vector<std::int64_t>> expired(store::Database& database, std::int64_t nowMs)
{
    std::vector<std::int64_t> ids;
    const absl::Status status = database.query(
        "SELECT c.id FROM chunks c JOIN groups g ON g.id = c.grp WHERE g.retention_days > 0 AND "
        "c.last_us < ? - g.retention_days * ? LIMIT ?",
        {nowMs * 1'000, kDayMicros, kChunksAPrune},
        [&](const store::Row& row) { ids.push_back(row.integer(0)); });
    if (!status.ok())
        return status;
    return ids;
}

absl::Status addBeyond(store::Database& database, const Limits& limits,
                       std::vector<std::int64_t>& ids)
{
    std::int64_t lines = 0;
    std::int64_t bytes = 0;
    absl::Status status = database.query(
        "SELECT COALESCE(SUM(lines), 0), COALESCE(SUM(size), 0) FROM chunks", {},
        [&](const store::Row& row) {
            lines = row.integer(0) - limits.lines;
            bytes = row.integer(1) - limits.bytes;
        });
    if (!status.ok() || (lines <= 0 && bytes <= 0))
        return status;
    return database.query("SELECT id, lines, size FROM chunks ORDER BY last_us LIMIT ?",
                          {kChunksAPrune}, [&](const store::Row& row) {
                              if (lines <= 0 && bytes <= 0)
                                  return;
                              ids.push_back(row.integer(0));
                              lines -= row.integer(1);
                              bytes -= row.integer(2);
                          });
}

} // namespace

std::span<const std::string_view> migrations()
{
    return kMigrations;
}

absl::StatusOr<State> readState(store::Database& database)
{
    State state;
    const absl::Status status =
        database.query("SELECT segment, position, last_line, last_chunk FROM state", {},
                       [&](const store::Row& row) {
                           state.position = {row.integer(0), row.integer(1)};
                           state.lastLineId = row.integer(2);
                           state.lastChunkId = row.integer(3);
                       });
    if (!status.ok())
        return status;
    return state;
}

absl::Status writeState(store::Database& database, const State& state)
{
    return database.run("UPDATE state SET segment = ?, position = ?, last_line = ?, last_chunk = ?",
                        {state.position.segment, state.position.offset, state.lastLineId,
                         state.lastChunkId});
}

std::string functionGroup(std::string_view functionName)
{
    return absl::StrCat("/aws/lambda/", view(functionName));
}

const std::string& groupOf(const LogLine& line, std::string& buffer)
{
    if (!line.entry.logGroup.empty())
        return line.entry.logGroup;
    buffer = functionGroup(line.entry.functionName);
    return buffer;
}

absl::Status removeChunk(store::Database& database, std::int64_t id)
{
    ChunkBuilder chunk;
    absl::Status read;
    bool sealed = false;
    absl::Status status = database.query("SELECT sealed, head, body FROM chunks WHERE id = ?", {id},
                                         [&](const store::Row& row) {
                                             sealed = row.integer(0) != 0;
                                             if (sealed)
                                                 read = chunk.load(row.blob(1), row.blob(2));
                                         });
    // A damaged chunk goes without its words; the index then finds a chunk that is not there.
    if (status.ok() && sealed && read.ok()) {
        const std::string words = chunk.words();
        status = database.run(
            "INSERT INTO chunk_index (chunk_index, rowid, words) VALUES ('delete', ?, ?)",
            {id, words});
    }
    return status.ok() ? database.run("DELETE FROM chunks WHERE id = ?", {id}) : status;
}

absl::StatusOr<bool> prune(store::Database& database, const Limits& limits, std::int64_t nowMs)
{
    auto ids = expired(database, nowMs);
    if (!ids.ok())
        return ids.status();
    if (ids->empty()) {
        if (absl::Status status = addBeyond(database, limits, *ids); !status.ok())
            return status;
    }
    for (const std::int64_t id : *ids) {
        if (absl::Status status = removeChunk(database, id); !status.ok())
            return status;
    }
    if (ids->empty())
        return false;
    // Streams of which nothing is left; those that were made by hand have had no line yet.
    const absl::Status status = database.run(
        "DELETE FROM streams WHERE last_us > 0 AND last_us < COALESCE((SELECT MIN(first_us) FROM "
        "chunks WHERE chunks.grp = streams.grp), ?)",
        {nowMs * 1'000 - kDayMicros});
    if (!status.ok())
        return status;
    return ids->size() >= kChunksAPrune;
}

} // namespace gantry::observe::logs
