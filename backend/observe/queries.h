#pragma once

#include "backend/observe/log_ring.h"
#include "backend/observe/storage.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gantry::observe {

struct MetricsQuery {
    std::string function; // or a resource of one; empty: the account
    std::int64_t fromMs = 0;
    std::int64_t toMs = 0;
    int maxPoints = 600;
    bool byFunction = false; // every function instead of one
};

struct MetricsAnswer {
    int widthMs = 0;
    std::vector<MetricsRow> rows; // by function, then by time
};

struct LogQuery {
    std::vector<std::string> functions; // empty: all
    std::string requestId;              // empty: all
    std::int64_t fromMs = 0;
    std::int64_t toMs = 0; // 0: no end
    std::string contains;
    bool anyCase = false; // of what the lines contain
    int limit = 1'000;
};

struct InvocationsQuery {
    std::string function; // empty: all
    int limit = 100;
    std::int64_t beforeMs = 0; // 0: no end
    // As the metrics count them: by when they finished.
    std::string qualifier; // an alias, a version or "alias,version"; empty: all
    std::int64_t finishedFromMs = 0;
    std::int64_t finishedToMs = 0; // 0: no end
    double durationAboveMs = 0;
    double durationToMs = 0; // with it; 0: no end
};

struct InvocationDetail {
    invoke::InvocationRecord record; // event and response null when they were not kept
    std::vector<LogLine> log;        // of its init too when it waited for one
};

// Reads of the database; on a worker's connection, never on the I/O thread.
namespace queries {

// A width is kept for the whole of an interval that begins then.
bool isKept(const Width& width, std::int64_t fromMs, std::int64_t nowMs);

// The finest width that covers the interval with at most the wanted number of points and is still
// kept for its whole length.
int widthFor(const MetricsQuery& query, std::int64_t nowMs);

absl::StatusOr<MetricsAnswer> metrics(store::Database& database, const MetricsQuery& query,
                                      std::int64_t nowMs);
// The newest lines that match, oldest first. Of the logs' database.
absl::StatusOr<std::vector<LogLine>> logs(store::Database& database, const LogQuery& query);
// The lines of an invocation, and of its init when it waited for one. Of the logs' database.
absl::StatusOr<std::vector<LogLine>> logsOf(store::Database& database,
                                            const invoke::InvocationRecord& record);
// Newest first.
absl::StatusOr<std::vector<invoke::InvocationRecord>> invocations(store::Database& database,
                                                                  const InvocationsQuery& query);
// Every invocation that began in [fromMicros, toMicros), in the order in which they ended.
absl::Status eachInvocation(store::Database& database, std::int64_t fromMicros,
                            std::int64_t toMicros,
                            const std::function<void(const invoke::InvocationRecord&)>& each);
// With event and response, without its log.
absl::StatusOr<std::optional<InvocationDetail>> invocation(store::Database& database,
                                                           const std::string& requestId);

} // namespace queries
} // namespace gantry::observe
