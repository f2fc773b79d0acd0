#pragma once

#include "backend/api/feed_timer.h"
#include "backend/functions/arn.h"
#include "backend/observe/logs/filter_pattern.h"
#include "backend/observe/logs/groups.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::observe {
class Recorder;
struct LogLine;
} // namespace gantry::observe

namespace gantry::api {

// Sends the lines that subscription filters choose to their functions, as CloudWatch Logs does: a
// call for the lines of one stream, the lines packed as awslogs.data. The newest lines come from
// the ring in memory: what comes faster than that holds them is said to be left out.
class LogSubscriptions final {
public:
    // Hands an event to a function; it is tried again when the answer is an error.
    using Deliver = std::function<void(const std::string& functionArn, std::string event,
                                       std::function<void(absl::Status)> done)>;

    LogSubscriptions(boost::asio::io_context& io, observe::Recorder& recorder,
                     functions::Place place, Deliver deliver);

    // After subscription filters were put or deleted.
    void refresh();

private:
    struct Active {
        observe::logs::Subscription subscription;
        observe::logs::FilterPattern pattern;
    };

    bool beat();
    void collect();
    void send(const Active& active, const std::string& stream,
              const std::vector<const observe::LogLine*>& lines);
    void attempt(std::string arn, std::shared_ptr<const std::string> event, int left);

    boost::asio::io_context& m_io;
    observe::Recorder& m_recorder;
    const functions::Place m_place;
    const Deliver m_deliver;
    absl::flat_hash_map<std::string, std::vector<std::shared_ptr<const Active>>> m_byGroup;
    std::int64_t m_lastId = 0;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    FeedTimer m_timer;
};

} // namespace gantry::api
