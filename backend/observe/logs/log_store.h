#pragma once

#include "backend/base/worker_pool.h"
#include "backend/observe/logs/journal.h"
#include "backend/observe/logs/tables.h"
#include "backend/store/writer.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

namespace gantry {
class Clock;
}

namespace gantry::observe::logs {

class Ingester;

struct LogStoreOptions {
    Limits limits;
    JournalOptions journal;
    int ingestMs = 1'000; // how long a line may be in the journal only
    int pruneMs = 30'000;
};

// All log lines. A line is in the journal, safe from the daemon's death, when append() returns, and
// in the database a little later; queries see it at once. Owned by the I/O thread.
class LogStore final {
public:
    template <class T> using Answer = std::function<void(absl::StatusOr<T>)>;
    template <class T> using Query = std::function<absl::StatusOr<T>(store::Database&)>;

    static absl::StatusOr<std::unique_ptr<LogStore>> open(boost::asio::io_context& io,
                                                          const Clock& clock,
                                                          const std::filesystem::path& directory,
                                                          LogStoreOptions options = {});
    ~LogStore();

    std::int64_t lastLineId() const { return m_lastLineId; } // at the start
    // False when the line cannot be kept; says so in the daemon's log by and by.
    bool append(const LogLine& line);

    // Runs the query on a thread of its own once the database holds all lines appended before the
    // call, and answers on the I/O thread. Long queries do not hold up short ones.
    template <class T> void read(Query<T> query, Answer<T> done) { run(*m_short, query, done); }
    template <class T> void readLong(Query<T> query, Answer<T> done) { run(*m_long, query, done); }
    // Changes the database behind all lines appended before the call.
    void change(store::Writer::Work work, store::Writer::Done done);
    // The same for what deletes lines, groups or streams.
    void remove(store::Writer::Work work, store::Writer::Done done);

private:
    struct Reader {
        explicit Reader(store::Database opened) : database(std::move(opened)), worker(1) {}
        store::Database database; // used by the worker's one thread
        WorkerPool worker;
    };

    LogStore(boost::asio::io_context& io, const Clock& clock, LogStoreOptions options);

    template <class T> void run(Reader& reader, Query<T> query, Answer<T> done)
    {
        afterIngest([this, &reader, query = std::move(query), done = std::move(done)] {
            reader.worker.post([this, &reader, query, done, alive = std::weak_ptr<int>(m_alive)] {
                auto result = std::make_shared<absl::StatusOr<T>>(query(reader.database));
                boost::asio::post(m_io, [done, alive, result] {
                    if (!alive.expired())
                        done(std::move(*result));
                });
            });
        });
    }

    void afterIngest(std::function<void()> then);
    void ingest();
    void ingestTo(JournalPosition end);
    void prune();
    void schedule(boost::asio::steady_timer& timer, int ms, void (LogStore::*what)());
    void report(const absl::Status& status);

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    const LogStoreOptions m_options;
    std::filesystem::path m_journalDirectory;
    std::int64_t m_lastLineId = 0;
    JournalPosition m_submitted;
    std::int64_t m_dropped = 0;
    bool m_failed = false;
    boost::asio::steady_timer m_ingestTimer;
    boost::asio::steady_timer m_pruneTimer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    std::shared_ptr<Ingester> m_ingester; // used by the writer's thread
    std::unique_ptr<Journal> m_journal;
    std::unique_ptr<store::Writer> m_writer;
    std::unique_ptr<Reader> m_short;
    std::unique_ptr<Reader> m_long;
};

} // namespace gantry::observe::logs
