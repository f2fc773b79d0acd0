#pragma once

#include <string>

namespace gantry::observe::traces {
class SamplingRules;
class TraceStore;
} // namespace gantry::observe::traces

namespace gantry::api {

class OperationTable;

// AWS X-Ray: segments in, traces and the service graph out, sampling rules.
void registerTraces(OperationTable& table, observe::traces::TraceStore& store,
                    observe::traces::SamplingRules& rules, const std::string& accountId,
                    const std::string& region);

} // namespace gantry::api
