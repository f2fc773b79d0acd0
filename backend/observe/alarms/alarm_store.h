#pragma once

#include "backend/store/writer.h"
#include "gantry/store/alarms.pb.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry::observe::alarms {

using Stored = std::shared_ptr<const record::StoredAlarm>;

// What happened to an alarm, as DescribeAlarmHistory tells it.
struct HistoryItem {
    std::string alarm;
    std::string alarmType; // MetricAlarm, CompositeAlarm
    std::string type;      // ConfigurationUpdate, StateUpdate, Action
    std::int64_t timeMs = 0;
    std::string summary;
    std::string data; // JSON
};

struct HistoryQuery {
    std::string alarm; // empty: every one's
    std::vector<std::string> alarmTypes; // empty: all
    std::string type;                    // empty: all
    std::int64_t fromMs = 0;
    std::int64_t toMs = 0; // 0: no end
    bool oldestFirst = false;
    std::int64_t offset = 0;
    std::int64_t limit = 100;
};

// Alarms and their history in alarms.db; a state and the history of it are one commit. I/O thread only.
class AlarmStore final {
public:
    using Done = std::function<void(absl::Status)>;
    template <class T> using Answer = std::function<void(absl::StatusOr<T>)>;
    static constexpr std::int64_t kHistoryKeptMs = 30LL * 86'400'000;

    static absl::StatusOr<std::unique_ptr<AlarmStore>> open(boost::asio::io_context& io,
                                                            const std::filesystem::path& file);

    // Those that are there when it opens.
    std::map<std::string, Stored> takeLoaded() { return std::move(m_loaded); }

    struct Change {
        std::string name;
        Stored alarm; // null: it is removed
    };
    void write(std::vector<Change> changes, std::vector<HistoryItem> history, Done done);
    void history(HistoryQuery query, Answer<std::vector<HistoryItem>> done);
    void prune(std::int64_t nowMs);

private:
    AlarmStore(boost::asio::io_context& io, store::Database database,
               std::map<std::string, Stored> loaded);

    std::map<std::string, Stored> m_loaded;
    store::Writer m_writer; // last: its end commits, and nothing is called back after
};

} // namespace gantry::observe::alarms
