#pragma once

#include "backend/observe/metrics.h"
#include "backend/store/database.h"

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Metrics that are over, packed: a block holds the rows of one series and width in one span of time, column
// by column, compressed. A row of its own takes several times as much. Functions on a connection;
// whichever thread owns that calls them.
namespace gantry::observe::blocks {

inline constexpr std::string_view kTable = R"sql(
CREATE TABLE metric_blocks (
    width INTEGER NOT NULL, function TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (width, function, start)
);
)sql";

// Rows in the order of their time. The function and the width are not in it.
std::string pack(const std::vector<MetricsRow>& rows);
// False when it is damaged; what was read by then stays in `rows`.
bool unpack(std::string_view data, const std::string& function, int widthMs,
            std::vector<MetricsRow>& rows);

// Packs the rows of the oldest spans that are over: so many blocks of each width at most, so that no
// transaction is long.
absl::Status packOver(store::Database& database, std::int64_t nowMs, int most);

// The rows of blocks that begin in [fromMs, toMs), of one series or of every function.
absl::Status read(store::Database& database, int widthMs, const std::string& function, bool byFunction,
                  std::int64_t fromMs, std::int64_t toMs, std::vector<MetricsRow>& rows);

// By function and time; of two rows of one time the later in the vector stays.
void mergeInOrder(std::vector<MetricsRow>& rows);

absl::Status prune(store::Database& database, int widthMs, std::int64_t beforeMs);

} // namespace gantry::observe::blocks
