#include "backend/observe/logs/groups.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/logs/chunk.h"
#include "backend/observe/logs/tables.h"

#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::observe::logs {
namespace {

constexpr int kSubscriptionsAGroup = 2;

absl::Status missing(std::string_view what)
{
    return makeError("ResourceNotFoundException", 400,
                     absl::StrCat("The specified ", view(what), " does not exist."));
}

absl::Status exists(std::string_view what)
{
    return makeError("ResourceAlreadyExistsException", 400,
                     absl::StrCat("The specified ", view(what), " already exists"));
}

absl::StatusOr<std::int64_t> groupId(store::Database& database, const std::string& name)
{
    std::int64_t id = 0;
    const absl::Status status =
        database.query("SELECT id FROM groups WHERE name = ?", {name},
                       [&](const store::Row& row) { id = row.integer(0); });
    if (!status.ok())
        return status;
    if (id == 0)
        return missing("log group");
    return id;
}

// The first text that is after every text with the prefix.
std::string after(std::string prefix)
{
    return prefix.empty() ? std::string("\xff") : prefix + "\xff";
}

absl::StatusOr<bool> hasStream(store::Database& database, std::int64_t group,
                               const std::string& name)
{
    bool found = false;
    const absl::Status status =
        database.query("SELECT 1 FROM streams WHERE grp = ? AND name = ?", {group, name},
                       [&](const store::Row&) { found = true; });
    if (!status.ok())
        return status;
    return found;
}

// Takes the lines of a stream out of a chunk.
absl::Status withoutStream(store::Database& database, std::int64_t chunkId,
                           const std::string& stream)
{
    ChunkReader reader;
    ChunkBuilder rest;
    absl::Status read;
    bool sealed = false;
    bool found = false;
    std::int64_t group = 0;
    absl::Status status = database.query(
        "SELECT grp, sealed, head, body FROM chunks WHERE id = ?", {chunkId},
        [&](const store::Row& row) {
            group = row.integer(0);
            sealed = row.integer(1) != 0;
            const auto opened = reader.openBody(row.blob(3), {});
            read = opened.ok() ? reader.openHead(row.blob(2)) : opened.status();
            for (int i = 0; read.ok() && i < reader.lines(); ++i) {
                const LineView line = reader.next();
                if (line.stream == stream)
                    found = true;
                else
                    rest.add(lineOf(line));
            }
        });
    if (status.ok())
        status = read;
    if (!status.ok() || !found)
        return status;
    status = removeChunk(database, chunkId);
    if (!status.ok() || rest.lines() == 0)
        return status;
    const std::string head = rest.head();
    const std::string body = rest.body();
    status = database.run("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                          {chunkId, group, rest.firstMicros(), rest.lastMicros(), rest.lines(),
                           static_cast<std::int64_t>(head.size() + body.size()), sealed ? 1 : 0,
                           store::Value::blob(head), store::Value::blob(body)});
    if (!status.ok() || !sealed)
        return status;
    const std::string words = rest.words();
    return database.run("INSERT INTO chunk_index (rowid, words) VALUES (?, ?)", {chunkId, words});
}

absl::StatusOr<std::vector<std::int64_t>> chunksOf(store::Database& database, std::int64_t group)
{
    std::vector<std::int64_t> chunks;
    const absl::Status status =
        database.query("SELECT id FROM chunks WHERE grp = ?", {group},
                       [&](const store::Row& row) { chunks.push_back(row.integer(0)); });
    if (!status.ok())
        return status;
    return chunks;
}

absl::Status writeTags(store::Database& database, std::int64_t group, const Tags& tags)
{
    for (const auto& [key, value] : tags) {
        const absl::Status status =
            database.run("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", {group, key, value});
        if (!status.ok())
            return status;
    }
    return absl::OkStatus();
}

} // namespace

absl::Status needGroup(store::Database& database, const std::string& name)
{
    return groupId(database, name).status();
}

absl::Status createGroup(store::Database& database, const std::string& name, std::int64_t nowMs,
                         const Tags& tags)
{
    if (groupId(database, name).ok())
        return exists("log group");
    const absl::Status status =
        database.run("INSERT INTO groups (name, created_ms) VALUES (?, ?)", {name, nowMs});
    if (!status.ok())
        return status;
    const auto id = groupId(database, name);
    return id.ok() ? writeTags(database, *id, tags) : id.status();
}

absl::Status deleteGroup(store::Database& database, const std::string& name)
{
    const auto id = groupId(database, name);
    if (!id.ok())
        return id.status();
    const auto chunks = chunksOf(database, *id);
    if (!chunks.ok())
        return chunks.status();
    for (const std::int64_t chunk : *chunks) {
        if (absl::Status status = removeChunk(database, chunk); !status.ok())
            return status;
    }
    for (const std::string_view sql :
         {"DELETE FROM streams WHERE grp = ?", "DELETE FROM tags WHERE grp = ?",
          "DELETE FROM subscriptions WHERE grp = ?", "DELETE FROM groups WHERE id = ?"}) {
        if (absl::Status status = database.run(sql, {*id}); !status.ok())
            return status;
    }
    return absl::OkStatus();
}

absl::Status setRetention(store::Database& database, const std::string& name, int days)
{
    const auto id = groupId(database, name);
    return id.ok()
               ? database.run("UPDATE groups SET retention_days = ? WHERE id = ?", {days, *id})
               : id.status();
}

absl::StatusOr<std::vector<GroupInfo>> listGroups(store::Database& database,
                                                  const std::string& prefix,
                                                  const std::string& part,
                                                  const std::string& behind, int limit)
{
    std::vector<GroupInfo> groups;
    const absl::Status status = database.query(
        "SELECT name, created_ms, retention_days, (SELECT SUM(size) FROM chunks WHERE grp = "
        "groups.id) FROM groups WHERE name >= ? AND name < ? AND name > ? AND instr(name, ?) > 0 "
        "ORDER BY name LIMIT ?",
        {prefix, after(prefix), behind, part, limit}, [&](const store::Row& row) {
            groups.push_back({std::string(row.text(0)), row.integer(1),
                              static_cast<int>(row.integer(2)), row.integer(3)});
        });
    if (!status.ok())
        return status;
    return groups;
}

absl::Status createStream(store::Database& database, const std::string& group,
                          const std::string& name, std::int64_t nowMs)
{
    const auto id = groupId(database, group);
    if (!id.ok())
        return id.status();
    const auto known = hasStream(database, *id, name);
    if (!known.ok() || *known)
        return known.ok() ? exists("log stream") : known.status();
    return database.run(
        "INSERT INTO streams (grp, name, function, created_ms) VALUES (?, ?, '', ?)",
        {*id, name, nowMs});
}

absl::Status deleteStream(store::Database& database, const std::string& group,
                          const std::string& name)
{
    if (absl::Status status = needStream(database, group, name); !status.ok())
        return status;
    const auto id = groupId(database, group);
    const auto chunks = id.ok() ? chunksOf(database, *id) : id.status();
    if (!chunks.ok())
        return chunks.status();
    for (const std::int64_t chunk : *chunks) {
        if (absl::Status status = withoutStream(database, chunk, name); !status.ok())
            return status;
    }
    return database.run("DELETE FROM streams WHERE grp = ? AND name = ?", {*id, name});
}

absl::Status needStream(store::Database& database, const std::string& group,
                        const std::string& name)
{
    const auto id = groupId(database, group);
    if (!id.ok())
        return id.status();
    const auto known = hasStream(database, *id, name);
    if (!known.ok())
        return known.status();
    return *known ? absl::OkStatus() : missing("log stream");
}

absl::StatusOr<std::vector<StreamInfo>> listStreams(store::Database& database,
                                                    const StreamQuery& query)
{
    const auto id = groupId(database, query.group);
    if (!id.ok())
        return id.status();
    std::vector<StreamInfo> streams;
    const absl::Status status = database.query(
        "SELECT name, created_ms, first_us, last_us, ingested_us FROM streams WHERE grp = ?1 AND "
        "name >= ?2 AND name < ?3 ORDER BY "
        "CASE WHEN ?4 AND NOT ?5 THEN last_us END ASC, CASE WHEN ?4 AND ?5 THEN last_us END DESC, "
        "CASE WHEN ?5 THEN name END DESC, name ASC LIMIT ?6 OFFSET ?7",
        {*id, query.prefix, after(query.prefix), query.byTime ? 1 : 0, query.descending ? 1 : 0,
         query.limit, query.offset},
        [&](const store::Row& row) {
            streams.push_back({std::string(row.text(0)), row.integer(1), row.integer(2) / 1'000,
                               row.integer(3) / 1'000, row.integer(4) / 1'000});
        });
    if (!status.ok())
        return status;
    return streams;
}

absl::Status setTags(store::Database& database, const std::string& group, const Tags& tags)
{
    const auto id = groupId(database, group);
    return id.ok() ? writeTags(database, *id, tags) : id.status();
}

absl::Status removeTags(store::Database& database, const std::string& group,
                        const std::vector<std::string>& keys)
{
    const auto id = groupId(database, group);
    absl::Status status = id.status();
    for (const std::string& key : keys) {
        if (status.ok())
            status = database.run("DELETE FROM tags WHERE grp = ? AND key = ?", {*id, key});
    }
    return status;
}

absl::StatusOr<Tags> tagsOf(store::Database& database, const std::string& group)
{
    const auto id = groupId(database, group);
    if (!id.ok())
        return id.status();
    Tags tags;
    const absl::Status status = database.query(
        "SELECT key, value FROM tags WHERE grp = ?", {*id}, [&](const store::Row& row) {
            tags.emplace(std::string(row.text(0)), std::string(row.text(1)));
        });
    if (!status.ok())
        return status;
    return tags;
}

absl::Status putSubscription(store::Database& database, const Subscription& s)
{
    const auto id = groupId(database, s.group);
    if (!id.ok())
        return id.status();
    int others = 0;
    absl::Status status = database.query(
        "SELECT COUNT(*) FROM subscriptions WHERE grp = ? AND name <> ?", {*id, s.name},
        [&](const store::Row& row) { others = static_cast<int>(row.integer(0)); });
    if (!status.ok())
        return status;
    if (others >= kSubscriptionsAGroup)
        return makeError("LimitExceededException", 400,
                         "A log group can have two subscription filters.");
    return database.run("INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?)",
                        {*id, s.name, s.pattern, s.destination, s.role, s.distribution,
                         s.createdMs});
}

absl::Status deleteSubscription(store::Database& database, const std::string& group,
                                const std::string& name)
{
    const auto list = subscriptions(database, group);
    if (!list.ok())
        return list.status();
    for (const Subscription& each : *list) {
        if (each.name == name)
            return database.run("DELETE FROM subscriptions WHERE name = ?1 AND grp = (SELECT id "
                                "FROM groups WHERE groups.name = ?2)",
                                {name, group});
    }
    return missing("subscription filter");
}

absl::StatusOr<std::vector<Subscription>> subscriptions(store::Database& database,
                                                        const std::string& group)
{
    if (!group.empty()) {
        if (absl::Status status = needGroup(database, group); !status.ok())
            return status;
    }
    std::vector<Subscription> list;
    const absl::Status status = database.query(
        "SELECT g.name, s.name, pattern, destination, role, distribution, s.created_ms FROM "
        "subscriptions s JOIN groups g ON g.id = s.grp WHERE ?1 = '' OR g.name = ?1 ORDER BY "
        "g.name, s.name",
        {group}, [&](const store::Row& row) {
            list.push_back({std::string(row.text(0)), std::string(row.text(1)),
                            std::string(row.text(2)), std::string(row.text(3)),
                            std::string(row.text(4)), std::string(row.text(5)), row.integer(6)});
        });
    if (!status.ok())
        return status;
    return list;
}

} // namespace gantry::observe::logs
