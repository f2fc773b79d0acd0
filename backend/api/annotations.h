#pragma once

#include "backend/api/operation_table.h"

namespace gantry {
class Clock;
}
namespace gantry::functions {
class DeployHistory;
}
namespace gantry::observe::alarms {
class Alarms;
}
namespace gantry::tuning {
class Tuner;
}

namespace gantry::api {

// The console's Annotations service. Its sources must outlive the table.
struct AnnotationSources {
    functions::DeployHistory& deploys;
    observe::alarms::Alarms& alarms;
    const tuning::Tuner& tuner;
    const Clock& clock;
};
void registerAnnotations(OperationTable& table, AnnotationSources sources);

} // namespace gantry::api
