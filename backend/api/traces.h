#pragma once

#include <string>

namespace gantry::observe::traces {
class Groups;
class SamplingRules;
class TraceStore;
} // namespace gantry::observe::traces

namespace gantry::api {

class OperationTable;

// AWS X-Ray: segments in, traces and the service graph out, sampling rules, groups.
void registerTraces(OperationTable& table, observe::traces::TraceStore& store,
                    observe::traces::SamplingRules& rules, observe::traces::Groups& groups,
                    const std::string& accountId);

} // namespace gantry::api
