// How fast log lines go in and how fast they are found: logs_bench [lines] (default one million),
// in a directory of TMPDIR. Prints a table.
#include "backend/base/clock.h"
#include "backend/observe/insights/run.h"
#include "backend/observe/logs/log_store.h"
#include "backend/observe/logs/scan.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <sys/resource.h>

using namespace gantry;
using namespace gantry::observe;

namespace {

namespace fs = std::filesystem;

double seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

std::string hex(std::mt19937_64& random, int digits)
{
    std::string text;
    for (int i = 0; i < digits; ++i)
        text += "0123456789abcdef"[random() % 16];
    return text;
}

std::string uuid(std::mt19937_64& random)
{
    return absl::StrCat(hex(random, 8), "-", hex(random, 4), "-4", hex(random, 3), "-a",
                        hex(random, 3), "-", hex(random, 12));
}

// What twenty functions write: five lines an invocation, of the platform and in JSON.
LogLine makeLine(std::int64_t id, std::mt19937_64& random, std::string& request)
{
    static const char* const kActions[] = {"order placed", "payment accepted", "cart updated",
                                           "user signed in", "stock checked"};
    LogLine line;
    line.id = id;
    line.entry.timeMicros = line.ingestedMicros = 1'795'000'000'000'000 + id * 20;
    line.entry.functionName = absl::StrCat("function-", id / 5 % 20);
    line.entry.logStream = "2026/11/25/[$LATEST]6a9f0cc21b1e4c8f8e2a3a37f1d2b0c4";
    if (id % 5 == 0)
        request = uuid(random);
    line.entry.requestId = request;
    switch (id % 5) {
    case 0: line.entry.message = absl::StrCat("START RequestId: ", request, " Version: $LATEST"); break;
    case 3: line.entry.message = absl::StrCat("END RequestId: ", request); break;
    case 4:
        line.entry.message = absl::StrFormat(
            "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: 128 "
            "MB\tMax Memory Used: %d MB\t",
            request, static_cast<double>(random() % 100'000) / 100, random() % 1'000,
            30 + random() % 90);
        break;
    default:
        line.entry.message =
            absl::StrCat("{\"level\":\"", random() % 50 ? "INFO" : "ERROR", "\",\"message\":\"",
                         kActions[random() % 5], "\",\"customer\":", random() % 100'000,
                         ",\"trace\":\"", hex(random, 16), "\"}");
    }
    return line;
}

template <class T>
double ask(boost::asio::io_context& io, logs::LogStore& store, logs::LogStore::Query<T> query,
           T& result)
{
    const double start = seconds();
    bool done = false;
    store.read<T>(std::move(query), [&](absl::StatusOr<T> answer) {
        if (!answer.ok())
            std::printf("failed: %s\n", answer.status().ToString().c_str());
        else
            result = *std::move(answer);
        done = true;
    });
    while (!done) {
        io.restart();
        io.run_one();
    }
    return seconds() - start;
}

// On the wall, and of the processor: the first says little on a machine that others use.
struct Times {
    double wall = 0;
    double cpu = 0;
    double first = 0; // on the wall
};

template <class T>
Times medianOf(boost::asio::io_context& io, logs::LogStore& store, logs::LogStore::Query<T> query,
                T& result)
{
    std::vector<double> times;
    const double before = cpuSeconds();
    for (int i = 0; i < 5; ++i)
        times.push_back(ask<T>(io, store, query, result));
    const double cpu = (cpuSeconds() - before) / 5;
    const double first = times.front();
    std::sort(times.begin(), times.end());
    return {times[2], cpu, first};
}

void searches(boost::asio::io_context& io, logs::LogStore& store, const std::string& aRequest)
{
    struct Search {
        const char* what;
        logs::Scan scan;
    };
    logs::Scan function;
    function.functions = {"function-7"};
    const Search all[] = {
        {"newest 1,000, no text", {}},
        {"a word that is often there", {.texts = {"accepted"}}},
        {"a level, any case", {.texts = {"error"}, .anyCase = true}},
        {"a request id, as text", {.texts = {aRequest}}},
        {"a request id, as field", {.requestId = aRequest}},
        {"a text that is nowhere", {.texts = {"connection refused"}}},
        {"words of every chunk, together nowhere", {.texts = {"cart accepted"}}},
        {"two letters that are nowhere", {.texts = {"zq"}}},
        {"newest 1,000 of one function", function},
    };
    std::printf("\n%-42s %10s %10s %10s %8s %9s\n", "search, newest 1,000 matches", "first ms", "median ms",
                "CPU ms", "found", "chunks");
    for (const Search& search : all) {
        std::vector<LogLine> lines;
        logs::ScanStatistics statistics;
        const Times time = medianOf<std::vector<LogLine>>(
            io, store,
            [&](store::Database& database) {
                statistics = {};
                return logs::findLines(database, search.scan, logs::Order::NewestFirst, 1'000, {},
                                       &statistics);
            },
            lines);
        std::printf("%-42s %10.1f %10.1f %10.1f %8zu %9lld\n", search.what, time.first * 1e3,
                    time.wall * 1e3, time.cpu * 1e3, lines.size(), static_cast<long long>(statistics.chunksRead));
    }
    const char* const queries[] = {
        "filter @message like /ERROR/ | stats count(*) by bin(1m)",
        "filter @type = \"REPORT\" | stats pct(@duration, 99) by @log",
        "filter level = \"ERROR\" | stats count(*) as n by message | sort n desc",
    };
    std::printf("\n%-72s %10s %10s\n", "Insights, every line", "ms", "CPU ms");
    for (const char* text : queries) {
        insights::Query query;
        query.text = text;
        query.toMs = 4'000'000'000'000;
        insights::Result result;
        std::atomic<bool> cancelled = false;
        const double before = cpuSeconds();
        const double time = ask<insights::Result>(
            io, store,
            [&](store::Database& database) { return insights::run(database, query, cancelled); },
            result);
        std::printf("%-72s %10.0f %10.0f\n", text, time * 1e3, (cpuSeconds() - before) * 1e3);
    }
}

} // namespace

int main(int argc, char** argv)
{
    const std::int64_t lines = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
    const fs::path directory = fs::temp_directory_path() / absl::StrCat("logs_bench.", ::getpid());
    fs::create_directories(directory);
    boost::asio::io_context io;
    const Clock clock;
    logs::LogStoreOptions options;
    options.limits.lines = 2 * lines;
    options.limits.bytes = 1LL << 40;
    options.pruneMs = 3'600'000;
    auto store = logs::LogStore::open(io, clock, directory, options);
    if (!store.ok()) {
        std::printf("%s\n", store.status().ToString().c_str());
        return 1;
    }
    std::mt19937_64 random(5);
    std::string request;
    std::string aRequest;
    std::int64_t bytes = 0;
    double appending = 0;
    double making = 0;
    const double start = seconds();
    const double cpuStart = cpuSeconds();
    std::vector<LogLine> batch;
    std::int64_t refused = 0;
    for (std::int64_t id = 1; id <= lines;) {
        batch.clear();
        const double made = cpuSeconds();
        for (int i = 0; i < 1'000 && id <= lines; ++i, ++id) {
            batch.push_back(makeLine(id, random, request));
            bytes += static_cast<std::int64_t>(batch.back().entry.message.size());
            if (id == lines / 3)
                aRequest = request;
        }
        const double from = seconds();
        making += cpuSeconds() - made;
        for (const LogLine& line : batch) {
            while (!(*store)->append(line)) { // the database is a gigabyte behind
                ++refused;
                io.restart();
                io.run_for(std::chrono::milliseconds(20));
            }
        }
        appending += seconds() - from;
        io.restart();
        io.poll();
    }
    std::vector<LogLine> none;
    (void)ask<std::vector<LogLine>>(
        io, **store, [](store::Database&) { return std::vector<LogLine>(); }, none);
    const double total = seconds() - start;
    const double cpu = cpuSeconds() - cpuStart - making;
    const auto size = static_cast<double>(fs::file_size(directory / "logs.db"));
    const auto n = static_cast<double>(lines);
    std::printf("%.0f lines of %.0f bytes\n", n, static_cast<double>(bytes) / n);
    std::printf("append (on the I/O thread)        %8.2f us a line, %9.0f lines/s\n",
                appending / n * 1e6, n / appending);
    std::printf("until searchable, all told        %8.2f us a line, %9.0f lines/s\n", total / n * 1e6,
                n / total);
    std::printf("CPU of append, ingest and index   %8.2f us a line, %8.1f %% of a core at 50,000 "
                "lines/s\n",
                cpu / n * 1e6, cpu / n * 50'000 * 100);
    std::printf("in the database                   %8.1f bytes a line\n", size / n);
    searches(io, **store, aRequest);
    store->reset();
    fs::remove_all(directory);
}
