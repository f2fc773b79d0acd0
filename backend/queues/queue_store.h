#pragma once

#include "backend/store/writer.h"
#include "gantry/store/queues.pb.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::queues {

// When a message can be received again, and how often it has been.
struct MessageState {
    std::int64_t id = 0;
    std::int64_t visibleMs = 0; // Unix time
    std::int64_t firstReceivedMs = 0;
    int receives = 0;
};

struct MessageRow {
    MessageState state;
    record::StoredMessage record;
    std::string body;
};

// Queues and their messages on the disk. Bodies are only there. Changes take effect in the order of
// the calls; what is called at the same time shares a commit.
class QueueStore final {
public:
    using Done = std::function<void(absl::Status)>;
    using Rows = std::function<void(absl::StatusOr<std::vector<MessageRow>>)>;
    struct Found {
        std::function<void(const std::string& name, record::StoredQueue)> queue;
        std::function<void(const std::string& queue, const MessageRow& message)> message; // no body
    };

    static absl::StatusOr<std::unique_ptr<QueueStore>>
    open(boost::asio::io_context& io, const std::filesystem::path& file, const Found& found);

    void putQueue(const std::string& name, record::StoredQueue queue, Done done);
    void removeQueue(const std::string& name, Done done); // with its messages
    void add(const std::string& queue, std::vector<MessageRow> messages, Done done);
    void mark(std::vector<MessageState> states, Done done);
    // Marks them and reads them in one step; what is not there any more is left out.
    void take(std::vector<MessageState> states, Rows done);
    void read(std::vector<std::int64_t> ids, Rows done);
    // To another queue, where they can be received at once; source: ARN of the one they come from.
    void move(std::vector<std::int64_t> ids, const std::string& queue, const std::string& source,
              Done done);
    void remove(std::vector<std::int64_t> ids, Done done);

private:
    QueueStore(boost::asio::io_context& io, store::Database database);

    store::Writer m_writer;
};

} // namespace gantry::queues
