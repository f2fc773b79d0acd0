#pragma once

#include "backend/observe/findings/rules.h"

#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gantry::observe {
class Recorder;
}

namespace gantry::observe::findings {

// What others know of a function.
struct FunctionSettings {
    int memoryMb = 128;
    int timeoutMs = 3'000;
    int concurrencyLimit = 0;
    bool isReserved = false;
    int retrying = 0;
    std::vector<std::int64_t> recursionsMs;
};
using Surroundings = std::map<std::string, FunctionSettings>; // by name: the functions there are

// Reads the facts of every function: metrics of the last hour and day, and the records of a day.
void readFacts(Recorder& recorder, Surroundings surroundings, std::int64_t nowMs,
               std::function<void(absl::StatusOr<std::vector<FunctionFacts>>)> done);

} // namespace gantry::observe::findings
