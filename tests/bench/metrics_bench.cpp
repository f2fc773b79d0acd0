// What a year of metrics takes on the disk and how long charts of it wait: metrics_bench [functions] (default
// 500) in a directory of TMPDIR. Every function is called ten times in every minute of the year. What is
// kept of that is made through the store's own code by a clock that is moved on: an hour's row for each hour,
// a minute's for each minute of the last 15 days, a second's for each second with a call of the last hour.
#include "backend/observe/metric_blocks.h"
#include "backend/observe/queries.h"
#include "backend/observe/storage.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <ctime>

#include <fcntl.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::observe;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStart = 1'763'596'800'000; // a midnight
constexpr int kDays = 365;
constexpr int kCallsAMinute = 10;
constexpr std::int64_t kHourMs = 3'600'000;

double seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

invoke::InvocationRecord call(std::mt19937_64& random, double medianMs)
{
    std::lognormal_distribution<double> spread(std::log(medianMs), 0.5);
    invoke::InvocationRecord record;
    record.durationMicros = static_cast<std::int64_t>(spread(random) * 1e3);
    record.billedMs = record.durationMicros / 1'000 + 1;
    record.memoryUsedBytes = 40'000'000 + static_cast<std::int64_t>(random() % 2'000) * 4'096;
    record.coldStart = random() % 500 == 0;
    record.initMicros = record.coldStart ? 90'000 + static_cast<std::int64_t>(random() % 40'000) : 0;
    record.errorType = random() % 200 == 0 ? "Error" : "";
    record.costUsd = pricing::Money::parse("0.0000000021").value() * record.billedMs;
    return record;
}

// What functions did in an interval, made beforehand: adding up every call of a year would take hours.
std::vector<Bucket> buckets(std::mt19937_64& random, int count, int calls, double medianMs)
{
    std::vector<Bucket> made(static_cast<std::size_t>(count));
    for (Bucket& bucket : made) {
        for (int i = 0; i < calls; ++i)
            bucket.add(call(random, medianMs));
        bucket.concurrency = 1 + static_cast<int>(random() % 3);
        bucket.environments = 3;
    }
    return made;
}

struct Store {
    store::Database database;
    storage::Batch batch;
    std::int64_t written = 0;

    void add(MetricsRow row)
    {
        batch.metrics.push_back(std::move(row));
        if (batch.metrics.size() == 20'000)
            flush();
    }
    void flush()
    {
        written += static_cast<std::int64_t>(batch.metrics.size());
        (void)database.run("BEGIN", {});
        if (const absl::Status status = storage::write(database, batch); !status.ok())
            std::printf("%s\n", status.ToString().c_str());
        (void)database.run("COMMIT", {});
        batch.metrics.clear();
    }
    // As the daemon does it every half minute.
    void tidy(std::int64_t nowMs, int times)
    {
        flush();
        for (int i = 0; i < times; ++i) {
            (void)database.run("BEGIN", {});
            (void)storage::prune(database, {}, {}, nowMs, {});
            (void)database.run("COMMIT", {});
        }
    }
};

double cpuSeconds()
{
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::int64_t bytesIn(const fs::path& directory)
{
    std::int64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(directory))
        bytes += static_cast<std::int64_t>(fs::file_size(entry));
    return bytes;
}

// So that the next reading comes from the disk.
void forgetPages(const fs::path& file)
{
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    ::fdatasync(fd);
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
}

void ask(const fs::path& file, const char* what, MetricsQuery query, std::int64_t nowMs)
{
    std::vector<double> warm;
    std::vector<double> cpu;
    double cold = 0;
    std::size_t points = 0;
    for (int i = 0; i < 6; ++i) {
        if (i == 0)
            forgetPages(file);
        auto reader = store::Database::open(file, {}, {.durable = false, .readOnly = true});
        const double cpuStart = cpuSeconds();
        const double start = seconds();
        const auto answer = queries::metrics(*reader, query, nowMs);
        const double taken = (seconds() - start) * 1e3;
        cpu.push_back((cpuSeconds() - cpuStart) * 1e3);
        points = answer.ok() ? answer->rows.size() : 0;
        if (i == 0)
            cold = taken;
        else
            warm.push_back(taken);
    }
    std::sort(warm.begin(), warm.end());
    std::sort(cpu.begin(), cpu.end());
    std::printf("%-44s %9zu %10.1f %10.1f %10.1f\n", what, points, cold, warm[2], cpu[3]);
}

} // namespace

int main(int argc, char** argv)
{
    const int functions = argc > 1 ? std::atoi(argv[1]) : 500;
    const fs::path directory = fs::temp_directory_path() / absl::StrCat("metrics_bench.", ::getpid());
    fs::create_directories(directory);
    const fs::path file = directory / "observe.db";
    auto database = store::Database::open(file, storage::migrations(), {.durable = false});
    if (!database.ok()) {
        std::printf("%s\n", database.status().ToString().c_str());
        return 1;
    }
    std::mt19937_64 random(7);
    const auto hours = buckets(random, 4'000, 60 * kCallsAMinute, 40);
    const auto minutes = buckets(random, 40'000, kCallsAMinute, 40);
    const auto ones = buckets(random, 5'000, 1, 40);
    const auto any = [&random](const std::vector<Bucket>& of) -> const Bucket& {
        return of[random() % of.size()];
    };
    std::vector<std::string> names{""};
    for (int i = 0; i < functions; ++i)
        names.push_back(absl::StrCat("function-", i));
    Store store{*std::move(database), {}, 0};
    const std::int64_t end = kStart + kDays * kDayMs;
    const double began = seconds();
    for (int day = 0; day < kDays; ++day) {
        const std::int64_t midnight = kStart + day * kDayMs;
        for (const std::string& name : names)
            for (int hour = 0; hour < 24; ++hour)
                store.add({name, midnight + hour * kHourMs, 3'600'000, any(hours)});
        for (int quarter = 0; day >= kDays - 15 && quarter < 4; ++quarter) {
            const std::int64_t from = midnight + quarter * 6 * kHourMs;
            for (const std::string& name : names)
                for (int minute = 0; minute < 360; ++minute)
                    store.add({name, from + minute * 60'000, 60'000, any(minutes)});
            store.tidy(from + 6 * kHourMs, functions / 50 + 2);
        }
        if (day % 10 == 9)
            store.tidy(midnight + kDayMs, functions / 50 + 2);
    }
    for (const std::string& name : names)
        for (int i = 0; i < 60 * kCallsAMinute; ++i)
            store.add({name, end - kHourMs + i * (60'000 / kCallsAMinute), 1'000, any(ones)});
    store.tidy(end, 2);
    (void)store.database.run("PRAGMA wal_checkpoint(TRUNCATE)", {});
    const double taken = seconds() - began;

    const auto count = [&](const char* sql) {
        std::int64_t value = 0;
        (void)store.database.query(sql, {}, [&](const store::Row& row) { value = row.integer(0); });
        return value;
    };
    const auto bytes = static_cast<double>(bytesIn(directory));
    std::printf("%d functions, a year, %d calls a minute each: %lld rows written in %.0f s\n", functions,
                kCallsAMinute, static_cast<long long>(store.written), taken);
    std::printf("on the disk %.0f MB; in blocks %.0f MB, of which minutes %.0f MB; rows that are not packed %lld\n",
                bytes / 1e6, static_cast<double>(count("SELECT SUM(LENGTH(data)) FROM metric_blocks")) / 1e6,
                static_cast<double>(count("SELECT SUM(LENGTH(data)) FROM metric_blocks WHERE width = 60000")) / 1e6,
                static_cast<long long>(count("SELECT COUNT(*) FROM metrics")));
    std::printf("bytes a point: %.0f in a block of minutes, %.0f in a block of hours, %.0f over all\n",
                static_cast<double>(count("SELECT SUM(LENGTH(data)) FROM metric_blocks WHERE width = 60000")) /
                    (15.0 * 1'440 * static_cast<double>(names.size())),
                static_cast<double>(count("SELECT SUM(LENGTH(data)) FROM metric_blocks WHERE width = 3600000")) /
                    (static_cast<double>(count("SELECT COUNT(*) FROM metric_blocks WHERE width = 3600000")) * 240),
                bytes / static_cast<double>(store.written));
    std::printf("\n%-44s %9s %10s %10s %10s\n", "question", "points", "cold, ms", "warm, ms",
                "CPU, ms");
    MetricsQuery query;
    query.function = "function-7";
    query.toMs = end;
    query.fromMs = end - kDays * kDayMs;
    query.maxPoints = 10'000;
    ask(file, "one function, a year", query, end);
    query.function = "";
    ask(file, "the account, a year", query, end);
    query.function = "function-7";
    query.fromMs = end - 15 * kDayMs;
    query.maxPoints = 30'000;
    ask(file, "one function, 15 days by the minute", query, end);
    query.fromMs = end - kDayMs;
    ask(file, "one function, a day by the minute", query, end);
    query.byFunction = true;
    ask(file, "every function, a day by the minute", query, end);
    query.fromMs = end - kHourMs;
    query.maxPoints = 100;
    ask(file, "every function, an hour by the minute", query, end);
    fs::remove_all(directory);
}
