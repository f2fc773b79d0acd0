#pragma once

#include "backend/store/writer.h"
#include "gantry/store/events.pb.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::invoke {

using PayloadPtr = std::shared_ptr<const std::string>;

// What one step changes in the queue: all of it is on the disk, or none.
struct EventChange {
    struct Row {
        std::int64_t id = 0;
        record::EventRecord record;
        PayloadPtr payload; // null: the one that is there
    };
    std::vector<Row> put;
    std::vector<std::int64_t> removed;
};

// The queue of asynchronous events on the disk. Whatever is accepted at the same time shares a
// commit.
class AsyncStore final {
public:
    using Done = std::function<void(absl::Status)>;
    using Loaded = std::function<void(absl::StatusOr<PayloadPtr>)>;

    // The events there are go to found, in the order of their ids.
    static absl::StatusOr<std::unique_ptr<AsyncStore>>
    open(boost::asio::io_context& io, const std::filesystem::path& file,
         const std::function<void(std::int64_t, record::EventRecord)>& found);

    void write(EventChange change, Done done);
    void loadPayload(std::int64_t id, Loaded done);

private:
    AsyncStore(boost::asio::io_context& io, store::Database database);

    store::Writer m_writer;
};

} // namespace gantry::invoke
