#pragma once

#include "gantry/v1/findings.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What the platform finds by itself: each rule looks at the facts of one function and says what it found,
// or nothing. Pure; the numbers in its evidence are those that it judged by.
namespace gantry::observe::findings {

// What a function did in one step of time.
struct Slice {
    std::int64_t startMs = 0;
    std::int64_t invocations = 0;
    std::int64_t throttles = 0;
    std::int64_t coldStarts = 0;
    std::int64_t asyncReceived = 0;
    std::int64_t asyncAttempts = 0;
    int concurrency = 0; // highest
    double costUsd = 0;
};

// What the records of an hour say of its invocations.
struct RecordHour {
    std::int64_t startMs = 0;
    std::int64_t invocations = 0;
    std::int64_t timeouts = 0;
    // Of those that ran with the memory that the function has now.
    std::int64_t withMemory = 0;
    std::int64_t nearLimit = 0;   // used 90 % of it or more
    std::int64_t outOfMemory = 0; // were ended for it
    std::int64_t memoryMaxBytes = 0;
};

struct FunctionFacts {
    std::string name;
    int memoryMb = 128;
    int timeoutMs = 3'000;
    int concurrencyLimit = 0; // 0: none is known, or the function is stopped
    bool isReserved = false;  // the limit is the function's own
    std::vector<Slice> minutes;      // of the last hour
    std::vector<Slice> hours;        // of the last day and the hour that is running
    std::vector<RecordHour> records; // the same hours
    int retrying = 0;                // asynchronous events that wait for another attempt
    std::vector<std::int64_t> recursionsMs; // when events were dropped because they went in a loop
};

using Found = std::optional<v1::HealthFinding>;

Found nearLimitMemory(const FunctionFacts& facts, std::int64_t nowMs);
Found growingTimeouts(const FunctionFacts& facts, std::int64_t nowMs);
Found coldStartShare(const FunctionFacts& facts, std::int64_t nowMs);
Found throttleRisk(const FunctionFacts& facts, std::int64_t nowMs);
Found runawayConcurrency(const FunctionFacts& facts, std::int64_t nowMs);
Found recursion(const FunctionFacts& facts, std::int64_t nowMs);
Found retryStorm(const FunctionFacts& facts, std::int64_t nowMs);
Found costJump(const FunctionFacts& facts, std::int64_t nowMs);
Found oversizedMemory(const FunctionFacts& facts, std::int64_t nowMs);

// All of them.
std::vector<v1::HealthFinding> evaluate(const FunctionFacts& facts, std::int64_t nowMs);
// What they watch, and their thresholds in words.
std::vector<v1::FindingRule> rules();

} // namespace gantry::observe::findings
