#pragma once

#include "backend/base/worker_pool.h"
#include "backend/observe/traces/platform_segments.h"
#include "backend/observe/traces/trace.h"
#include "backend/store/writer.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::observe::traces {

struct TraceLimits {
    std::int64_t keptMicros = 30LL * 86'400'000'000; // as X-Ray
    std::int64_t bytes = 512LL << 20;                // of documents, of all traces
    std::int64_t traceBytes = 500'000;               // of one; what is beyond is dropped
};

// A document that is fit to be kept; see parseSegment.
struct AcceptedSegment {
    std::string traceId, id, document;
    std::int64_t startMicros = 0;
    std::int64_t endMicros = 0; // 0: in progress
    bool ofFunction = false;    // must not replace what is not a function's
};
absl::StatusOr<AcceptedSegment> acceptSegment(std::string document);

// Segment documents by trace, in traces.db. What comes waits in memory for a quarter of a second,
// bounded, and documents of the platform's own are made on the writer's thread: an invocation waits
// for nothing. Owned by the I/O thread; answers come there.
class TraceStore final {
public:
    template <class T> using Answer = std::function<void(absl::StatusOr<T>)>;

    static absl::StatusOr<std::unique_ptr<TraceStore>> open(boost::asio::io_context& io,
                                                            const Clock& clock,
                                                            const std::filesystem::path& file,
                                                            TraceLimits limits = {});
    ~TraceStore(); // writes what is left

    void put(PlatformTrace trace);
    // Says what is wrong with a document that is not kept.
    absl::Status put(std::string document);
    absl::Status put(AcceptedSegment segment);

    // Reads behind everything that was put before, on the worker's thread.
    template <class T>
    void query(std::function<absl::StatusOr<T>(store::Database&)> query, Answer<T> done);

    // Told of documents of segments that have ended, after they are in the database; only while they are
    // kept for it.
    using Stored = std::function<void(std::vector<std::string> documents)>;
    void onStored(Stored stored) { m_stored = std::move(stored); }
    void keepStored(bool keep) { m_keepStored = keep; }

    const Clock& clock() const { return m_clock; }
    void prune();

private:
    struct Batch {
        std::vector<PlatformTrace> platform;
        std::vector<AcceptedSegment> segments;
        std::size_t bytes = 0;
    };

    TraceStore(boost::asio::io_context& io, const Clock& clock, store::Database writer,
               store::Database reader, TraceLimits limits);
    static absl::Status write(store::Database& database, const Batch& batch,
                              const TraceLimits& limits, std::vector<std::string>* stored);
    bool hasRoom(std::size_t bytes);
    void schedule();
    void flush();
    void reportOutcome(const absl::Status& status);

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    const TraceLimits m_limits;
    Batch m_batch;
    std::int64_t m_dropped = 0; // since that was last said
    bool m_diskFailed = false;
    int m_ticks = 0;
    Stored m_stored;
    bool m_keepStored = false;
    boost::asio::steady_timer m_timer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    store::Writer m_writer;
    store::Database m_reader; // used by the worker's one thread
    WorkerPool m_worker{1};   // last: its thread uses the others
};

template <class T>
void TraceStore::query(std::function<absl::StatusOr<T>(store::Database&)> query, Answer<T> done)
{
    flush();
    m_writer.submit([](store::Database&) { return absl::OkStatus(); },
                    [this, query = std::move(query), done = std::move(done)](const absl::Status&) {
                        m_worker.post([this, query, done, alive = std::weak_ptr<int>(m_alive)] {
                            auto result = std::make_shared<absl::StatusOr<T>>(query(m_reader));
                            boost::asio::post(m_io, [done, alive, result] {
                                if (!alive.expired())
                                    done(std::move(*result));
                            });
                        });
                    });
}

// Readings; whichever thread owns the connection calls them.

struct TraceWindow {
    std::int64_t fromMicros = 0;
    std::int64_t toMicros = 0;
    bool byEnd = false; // of the last segment instead of the first
};
struct TracePosition { // where a page begins: traces come newest first
    std::int64_t startMicros = 0;
    std::string id;
};

// Calls back for each trace of the window, newest first, until that returns false.
absl::Status eachTrace(store::Database& database, const TraceWindow& window,
                       const std::optional<TracePosition>& after,
                       const std::function<bool(Trace)>& each);
// Without segments when there is none.
absl::StatusOr<Trace> readTrace(store::Database& database, const std::string& id);

} // namespace gantry::observe::traces
