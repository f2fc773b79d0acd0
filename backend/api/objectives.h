#pragma once

namespace gantry::observe {
class Recorder;
namespace slo {
class Objectives;
}
} // namespace gantry::observe

namespace gantry::api {

class OperationTable;

// CloudWatch Application Signals: service level objectives, and functions as services; and the console's
// view of them. Both must outlive the table.
void registerObjectives(OperationTable& table, observe::slo::Objectives& objectives,
                        observe::Recorder& recorder);

} // namespace gantry::api
