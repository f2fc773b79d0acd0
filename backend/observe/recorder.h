#pragma once

#include "backend/base/worker_pool.h"
#include "backend/observe/metrics.h"
#include "backend/observe/queries.h"
#include "backend/store/writer.h"

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace gantry {
class Clock;
}

namespace gantry::observe {

struct RecorderOptions {
    storage::Limits limits;
    int flushMs = 200; // how long a line may take to the database
    int pruneMs = 30'000;
    // Log lines that wait for the disk; what comes beyond is counted and left out.
    std::size_t maxPendingLogs = 300'000;
};

// Where everything that is observed ends: live metrics and the newest log lines in memory, for the
// watchers; the rest in batches to its own database file, written by the store's thread, so that an
// invocation never waits for the disk. Owned by the I/O thread; answers come there too.
class Recorder final : public invoke::Observer {
public:
    template <class T> using Answer = std::function<void(absl::StatusOr<T>)>;

    // Opens or creates directory/observe.db and goes on where the last daemon stopped.
    static absl::StatusOr<std::unique_ptr<Recorder>> open(boost::asio::io_context& io,
                                                          const Clock& clock,
                                                          const std::filesystem::path& directory,
                                                          RecorderOptions options = {});
    ~Recorder() override; // writes what is left

    void concurrencyChanged(const std::string& functionName, int running) override;
    void environmentsChanged(const std::string& functionName, int live) override;
    void throttled(const std::string& functionName) override;
    void finished(invoke::InvocationRecord record) override;
    void logged(invoke::LogEntry entry) override;

    // The live view, brought up to now.
    LiveMetrics& metrics();
    const LogRing& log() const { return m_ring; }
    const Clock& clock() const { return m_clock; }

    // What is derived from the records and must never disagree with them: called at each flush for
    // work, or none, that is committed in one transaction with the records finished before it.
    using Companion = std::function<std::function<absl::Status(store::Database&)>()>;
    void setCompanion(Companion companion) { m_companion = std::move(companion); }

    // Queries of the database. They see all that was observed before the call.
    void queryMetrics(MetricsQuery query, Answer<MetricsAnswer> done);
    void queryLogs(LogQuery query, Answer<std::vector<LogLine>> done);
    void listInvocations(InvocationsQuery query,
                         Answer<std::vector<invoke::InvocationRecord>> done);
    // Any other reading, on the worker's connection.
    template <class T>
    void query(std::function<absl::StatusOr<T>(store::Database&)> query, Answer<T> done)
    {
        read<T>(std::move(query), std::move(done));
    }
    void getInvocation(std::string requestId, Answer<std::optional<InvocationDetail>> done);

private:
    Recorder(boost::asio::io_context& io, const Clock& clock, store::Database writer,
             store::Database reader, storage::Counters counters, RecorderOptions options);

    template <class T>
    void read(std::function<absl::StatusOr<T>(store::Database&)> query, Answer<T> done);
    void scheduleFlush();
    void schedulePrune();
    void flush();
    void prune();
    void reportOutcome(const absl::Status& status);

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    const RecorderOptions m_options;
    storage::Counters m_counters;
    LiveMetrics m_metrics;
    LogRing m_ring;
    Companion m_companion;
    storage::Batch m_batch;
    std::size_t m_pendingLogs = 0;  // in m_batch and on their way to the disk
    std::int64_t m_droppedLogs = 0; // since the last word about it
    bool m_diskFailed = false;
    absl::flat_hash_set<std::string> m_unpruned; // functions with new invocations
    std::int64_t m_unprunedLogs = 0;
    boost::asio::steady_timer m_flushTimer;
    boost::asio::steady_timer m_pruneTimer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    store::Writer m_writer;
    store::Database m_reader; // used by the worker's one thread
    WorkerPool m_worker;      // last: its thread uses the others
};

// Behind the writer, so that it sees what was submitted before; then on the worker's thread.
template <class T>
void Recorder::read(std::function<absl::StatusOr<T>(store::Database&)> query, Answer<T> done)
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

} // namespace gantry::observe
