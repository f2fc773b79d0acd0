#pragma once

#include "backend/base/worker_pool.h"
#include "backend/observe/cloudwatch/metric.h"
#include "backend/store/writer.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::observe::cloudwatch {

// The values of one metric that came with one call, at one time.
struct Datum {
    Metric metric;
    std::int64_t timeMs = 0;
    std::string unit;
    bool fine = false; // StorageResolution 1
    Statistics statistics;
};

struct MetricQuery {
    std::string space; // empty: all
    std::string name;
    std::vector<std::pair<std::string, std::string>> dimensions; // that it has; empty value: any
    std::int64_t sinceMs = 0; // a value since then
};

// Metrics that functions and clients publish, by the minute, and by the second for three hours where
// wished. Values wait in memory for up to a second. Owned by the I/O thread.
class CustomMetrics final {
public:
    template <class T> using Answer = std::function<void(absl::StatusOr<T>)>;

    static absl::StatusOr<std::unique_ptr<CustomMetrics>>
    open(boost::asio::io_context& io, const Clock& clock, const std::filesystem::path& directory);
    ~CustomMetrics();

    void put(Datum datum);
    // The values of a metric in the bins of a grid.
    void read(Metric metric, Grid grid, Answer<std::vector<Statistics>> done);
    void list(MetricQuery query, Answer<std::vector<Metric>> done);

private:
    struct Key {
        std::string metric;
        int widthMs;
        std::int64_t startMs;
        bool operator==(const Key&) const = default;
        template <class H> friend H AbslHashValue(H hash, const Key& key)
        {
            return H::combine(std::move(hash), key.metric, key.widthMs, key.startMs);
        }
    };
    struct Pending {
        Metric metric;
        std::string unit;
        Statistics statistics;
    };
    using Batch = absl::flat_hash_map<Key, Pending>;

    CustomMetrics(boost::asio::io_context& io, const Clock& clock, store::Database writer,
                  store::Database reader);
    static absl::Status write(store::Database& database, const Batch& batch);
    template <class T>
    void ask(std::function<absl::StatusOr<T>(store::Database&)> query, Answer<T> done);
    void add(const Datum& datum, int widthMs);
    void flush();
    void prune();
    void schedule();

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    Batch m_pending;
    int m_ticks = 0;
    boost::asio::steady_timer m_timer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    store::Writer m_writer;
    store::Database m_reader; // used by the worker's one thread
    WorkerPool m_worker{1};   // last: its thread uses the others
};

} // namespace gantry::observe::cloudwatch
