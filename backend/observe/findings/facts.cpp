#include "backend/observe/findings/facts.h"

#include "backend/observe/recorder.h"

#include <memory>
#include <utility>

namespace gantry::observe::findings {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kHours = 25; // a day, and the hour that is running

struct RecordRow {
    std::string function;
    int memoryMb = 0;
    RecordHour hour;
};
using RecordRows = std::vector<RecordRow>;

// Steps of the reading, each of which begins the next.
struct Run {
    Recorder& recorder;
    std::int64_t nowMs;
    std::function<void(absl::StatusOr<std::vector<FunctionFacts>>)> done;
    std::map<std::string, FunctionFacts> facts; // by function
};
using RunPtr = std::shared_ptr<Run>;

absl::StatusOr<RecordRows> readRecords(store::Database& database, std::int64_t sinceMs)
{
    RecordRows rows;
    const absl::Status status = database.query(
        "SELECT function, memory_mb, started_us / 3600000000 AS hour, count(*), "
        "sum(error_type = 'Sandbox.Timedout'), sum(memory_used >= memory_mb * 1048576 * 0.9), "
        "sum(error_type = 'Runtime.OutOfMemory'), max(memory_used) "
        "FROM invocations WHERE started_us >= ? GROUP BY function, memory_mb, hour ORDER BY hour",
        {sinceMs * 1'000}, [&rows](const store::Row& row) {
            RecordRow& to = rows.emplace_back();
            to.function = std::string(row.text(0));
            to.memoryMb = static_cast<int>(row.integer(1));
            to.hour.startMs = row.integer(2) * kHourMs;
            to.hour.invocations = row.integer(3);
            to.hour.timeouts = row.integer(4);
            to.hour.nearLimit = row.integer(5);
            to.hour.outOfMemory = row.integer(6);
            to.hour.memoryMaxBytes = row.integer(7);
        });
    if (!status.ok())
        return status;
    return rows;
}

// What ran with another memory counts for time-outs alone.
void take(const RecordRow& row, FunctionFacts& facts)
{
    if (facts.records.empty() || facts.records.back().startMs != row.hour.startMs)
        facts.records.emplace_back().startMs = row.hour.startMs;
    RecordHour& hour = facts.records.back();
    hour.invocations += row.hour.invocations;
    hour.timeouts += row.hour.timeouts;
    if (row.memoryMb != facts.memoryMb)
        return;
    hour.withMemory = row.hour.invocations;
    hour.nearLimit = row.hour.nearLimit;
    hour.outOfMemory = row.hour.outOfMemory;
    hour.memoryMaxBytes = row.hour.memoryMaxBytes;
}

Slice sliceOf(const MetricsRow& row)
{
    const Bucket& bucket = row.bucket;
    Slice slice;
    slice.startMs = row.startMs;
    slice.invocations = bucket.invocations;
    slice.throttles = bucket.throttles;
    slice.coldStarts = bucket.coldStarts;
    slice.asyncReceived = bucket.asyncReceived;
    slice.asyncAttempts = static_cast<std::int64_t>(bucket.asyncAges.count());
    slice.concurrency = bucket.concurrency;
    slice.costUsd = bucket.costUsd.toDouble();
    return slice;
}

void readSlices(const RunPtr& run, std::int64_t fromMs, std::int64_t widthMs,
                std::vector<Slice> FunctionFacts::*slices, std::function<void()> next)
{
    MetricsQuery query;
    query.byFunction = true;
    query.fromMs = fromMs;
    query.toMs = run->nowMs + 1;
    query.maxPoints = static_cast<int>((query.toMs - query.fromMs) / widthMs);
    run->recorder.queryMetrics(query, [run, slices, next = std::move(next)](const absl::StatusOr<MetricsAnswer>& answer) {
        if (!answer.ok())
            return run->done(answer.status());
        for (const MetricsRow& row : answer->rows) {
            const auto facts = run->facts.find(row.function);
            if (facts != run->facts.end())
                (facts->second.*slices).push_back(sliceOf(row));
        }
        next();
    });
}

void finish(const RunPtr& run)
{
    std::vector<FunctionFacts> all;
    for (auto& [name, facts] : run->facts)
        all.push_back(std::move(facts));
    run->done(std::move(all));
}

void readInvocations(const RunPtr& run)
{
    const std::int64_t since = run->nowMs - run->nowMs % kHourMs - (kHours - 1) * kHourMs;
    run->recorder.query<RecordRows>(
        [since](store::Database& database) { return readRecords(database, since); },
        [run](const absl::StatusOr<RecordRows>& rows) {
            if (!rows.ok())
                return run->done(rows.status());
            for (const RecordRow& row : *rows) {
                const auto facts = run->facts.find(row.function);
                if (facts != run->facts.end())
                    take(row, facts->second);
            }
            finish(run);
        });
}

} // namespace

void readFacts(Recorder& recorder, Surroundings surroundings, std::int64_t nowMs,
               std::function<void(absl::StatusOr<std::vector<FunctionFacts>>)> done)
{
    auto run = std::make_shared<Run>(Run{recorder, nowMs, std::move(done), {}});
    for (auto& [name, settings] : surroundings) {
        FunctionFacts& facts = run->facts[name];
        facts.name = name;
        facts.memoryMb = settings.memoryMb;
        facts.timeoutMs = settings.timeoutMs;
        facts.concurrencyLimit = settings.concurrencyLimit;
        facts.isReserved = settings.isReserved;
        facts.retrying = settings.retrying;
        facts.recursionsMs = std::move(settings.recursionsMs);
    }
    const std::int64_t minutes = nowMs - nowMs % kMinuteMs - 59 * kMinuteMs;
    const std::int64_t hours = nowMs - nowMs % kHourMs - (kHours - 1) * kHourMs;
    readSlices(run, minutes, kMinuteMs, &FunctionFacts::minutes, [run, hours] {
        readSlices(run, hours, kHourMs, &FunctionFacts::hours, [run] { readInvocations(run); });
    });
}

} // namespace gantry::observe::findings
