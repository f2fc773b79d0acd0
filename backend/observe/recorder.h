#pragma once

#include "backend/base/worker_pool.h"
#include "backend/observe/cloudwatch/custom_metrics.h"
#include "backend/observe/durations.h"
#include "backend/observe/log_ring.h"
#include "backend/observe/logs/log_store.h"
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
    int flushMs = 200; // how long a record may take to the database
    int pruneMs = 30'000;
    logs::LogStoreOptions logs;
};

// Where everything that is observed ends: live metrics and the newest log lines in memory, for the
// watchers; records in batches to a database file, log lines to the log store, so that an
// invocation never waits for the disk. Owned by the I/O thread; answers come there too.
class Recorder final : public invoke::Observer {
public:
    template <class T> using Answer = std::function<void(absl::StatusOr<T>)>;

    // Opens or creates observe.db and the logs in the directory and goes on where the last daemon stopped.
    static absl::StatusOr<std::unique_ptr<Recorder>> open(boost::asio::io_context& io,
                                                          const Clock& clock,
                                                          const std::filesystem::path& directory,
                                                          RecorderOptions options = {});
    ~Recorder() override; // writes what is left

    void concurrencyChanged(const std::string& functionName, int running) override;
    void environmentsChanged(const std::string& functionName, int live) override;
    void throttled(const std::string& functionName, const std::string& alias,
                   const std::string& version) override;
    void provisionedChanged(const std::string& functionName, const std::string& qualifier,
                            int running, int allocated) override;
    // Any other count of a function.
    void count(const std::string& functionName, const std::function<void(Bucket&)>& change);
    void finished(invoke::InvocationRecord record) override;
    void logged(invoke::LogEntry entry) override;

    // The same for a line that somebody waits for: false when it cannot be kept.
    bool keep(LogLine line);

    // Who knows the account's concurrency; see LiveMetrics.
    void askAccount(std::function<AccountConcurrency()> ask) { m_metrics.askAccount(std::move(ask)); }

    // The live view, brought up to now.
    LiveMetrics& metrics();
    const LogRing& log() const { return m_ring; }
    logs::LogStore& logStore() { return *m_logs; }
    cloudwatch::CustomMetrics& custom() { return *m_custom; }
    const Clock& clock() const { return m_clock; }

    // What is derived from the records and must never disagree with them: called at each flush for
    // work, or none, that is committed in one transaction with the records finished before it.
    using Companion = std::function<std::function<absl::Status(store::Database&)>()>;
    void setCompanion(Companion companion) { m_companion = std::move(companion); }

    // Queries of the database. They see all that was observed before the call.
    void queryMetrics(MetricsQuery query, Answer<MetricsAnswer> done);
    void queryDurations(DurationsQuery query, Answer<DurationsAnswer> done);
    void queryLogs(LogQuery query, Answer<std::vector<LogLine>> done);
    void listInvocations(InvocationsQuery query,
                         Answer<std::vector<invoke::InvocationRecord>> done);
    // Any other reading, on the worker's connection.
    template <class T>
    void query(std::function<absl::StatusOr<T>(store::Database&)> query, Answer<T> done)
    {
        read<T>(std::move(query), std::move(done));
    }
    // The functions, and resources of functions, that have metrics, by name.
    void listSeries(Answer<std::vector<std::string>> done);
    void getInvocation(std::string requestId, Answer<std::optional<InvocationDetail>> done);

private:
    Recorder(boost::asio::io_context& io, const Clock& clock, store::Database writer,
             store::Database reader, storage::Counters counters,
             std::unique_ptr<logs::LogStore> logs,
             std::unique_ptr<cloudwatch::CustomMetrics> custom, RecorderOptions options);

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
    std::int64_t m_lastLogId = 0;
    bool m_diskFailed = false;
    absl::flat_hash_set<std::string> m_unpruned; // functions with new invocations
    boost::asio::steady_timer m_flushTimer;
    boost::asio::steady_timer m_pruneTimer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    std::unique_ptr<logs::LogStore> m_logs;
    std::unique_ptr<cloudwatch::CustomMetrics> m_custom;
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
