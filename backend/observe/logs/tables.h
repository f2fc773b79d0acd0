#pragma once

#include "backend/observe/logs/journal.h"
#include "backend/store/database.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The database file of the logs. Functions on a connection; whichever thread owns that calls them.
namespace gantry::observe::logs {

std::span<const std::string_view> migrations();

// How far the database has taken over the journal, in the same transaction as the lines.
struct State {
    JournalPosition position;
    std::int64_t lastLineId = 0;
    std::int64_t lastChunkId = 0;
};
absl::StatusOr<State> readState(store::Database& database);
absl::Status writeState(store::Database& database, const State& state);

// "/aws/lambda/name", where a function writes unless its LoggingConfig says otherwise.
std::string functionGroup(std::string_view functionName);
const std::string& groupOf(const LogLine& line, std::string& buffer);

// Every line that is kept, in its compressed form, and how many lines that is.
struct Limits {
    std::int64_t lines = 20'000'000;
    std::int64_t bytes = 1LL << 30;
};
// Deletes what is beyond the limits or older than its group's retention; a bounded amount at a
// time. True when there is more to do.
absl::StatusOr<bool> prune(store::Database& database, const Limits& limits, std::int64_t nowMs);

// Deletes a chunk with its part of the index.
absl::Status removeChunk(store::Database& database, std::int64_t id);

} // namespace gantry::observe::logs
