#pragma once

#include "backend/observe/logs/chunk.h"
#include "backend/observe/logs/tables.h"

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace gantry::observe::logs {

// Takes lines from the journal into the database: each group's newest lines are an open chunk that
// grows until it is full, is then sealed and indexed. Runs on the writer's thread, inside its
// transactions. What it remembers between them is only a copy of what the database holds, and is
// forgotten when the database says otherwise (a commit that failed).
class Ingester final {
public:
    explicit Ingester(std::filesystem::path journal);

    absl::Status run(store::Database& database, JournalPosition to);
    // After a group or a stream was deleted.
    void forget();

private:
    struct Stream {
        std::string function;
        std::int64_t firstMicros = 0;
        std::int64_t lastMicros = 0;
        std::int64_t ingestedMicros = 0;
    };
    struct Group {
        std::int64_t id = 0;
        std::int64_t chunkId = 0; // of the open chunk; 0: none
        ChunkBuilder chunk;
        bool dirty = false;
        absl::flat_hash_map<std::string, Stream> touched;
    };

    absl::Status take(store::Database& database, LogLine line);
    absl::StatusOr<Group*> group(store::Database& database, const LogLine& line);
    absl::Status openGroup(store::Database& database, const std::string& name,
                           std::int64_t createdMs, Group& group);
    absl::Status save(store::Database& database, Group& group, bool sealed);
    absl::Status saveStreams(store::Database& database, Group& group);
    absl::Status finish(store::Database& database);
    void limitMemory();

    const std::filesystem::path m_journal;
    std::optional<State> m_state; // of the database, when the groups are as there
    absl::flat_hash_map<std::string, Group> m_groups;
    std::string m_groupName; // buffer
};

} // namespace gantry::observe::logs
