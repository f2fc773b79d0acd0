#pragma once

#include "backend/store/database.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Groups, streams and what is set on them. Functions on a connection to the log database; errors
// carry the names of CloudWatch Logs' error shapes.
namespace gantry::observe::logs {

struct GroupInfo {
    std::string name;
    std::int64_t createdMs = 0;
    int retentionDays = 0; // 0: never expires
    std::int64_t storedBytes = 0;
};
struct StreamInfo {
    std::string name;
    std::int64_t createdMs = 0;
    std::int64_t firstMs = 0; // 0: no event yet
    std::int64_t lastMs = 0;
    std::int64_t ingestedMs = 0;
};
struct Subscription {
    std::string group;
    std::string name;
    std::string pattern;
    std::string destination; // ARN of a function
    std::string role;
    std::string distribution;
    std::int64_t createdMs = 0;
};
using Tags = std::map<std::string, std::string>;

absl::Status createGroup(store::Database& database, const std::string& name, std::int64_t nowMs,
                         const Tags& tags);
absl::Status deleteGroup(store::Database& database, const std::string& name);
absl::Status setRetention(store::Database& database, const std::string& name, int days);
// By name, after `after`; prefix and part narrow.
absl::StatusOr<std::vector<GroupInfo>> listGroups(store::Database& database,
                                                  const std::string& prefix,
                                                  const std::string& part,
                                                  const std::string& after, int limit);
absl::Status needGroup(store::Database& database, const std::string& name);

absl::Status createStream(store::Database& database, const std::string& group,
                          const std::string& name, std::int64_t nowMs);
absl::Status deleteStream(store::Database& database, const std::string& group,
                          const std::string& name);
absl::Status needStream(store::Database& database, const std::string& group,
                        const std::string& name);
struct StreamQuery {
    std::string group;
    std::string prefix;
    bool byTime = false; // of the last event
    bool descending = false;
    int offset = 0;
    int limit = 50;
};
absl::StatusOr<std::vector<StreamInfo>> listStreams(store::Database& database,
                                                    const StreamQuery& query);

absl::Status setTags(store::Database& database, const std::string& group, const Tags& tags);
absl::Status removeTags(store::Database& database, const std::string& group,
                        const std::vector<std::string>& keys);
absl::StatusOr<Tags> tagsOf(store::Database& database, const std::string& group);

absl::Status putSubscription(store::Database& database, const Subscription& subscription);
absl::Status deleteSubscription(store::Database& database, const std::string& group,
                                const std::string& name);
// Of one group, or of all when it is empty.
absl::StatusOr<std::vector<Subscription>> subscriptions(store::Database& database,
                                                        const std::string& group);

} // namespace gantry::observe::logs
