#pragma once

namespace gantry::tuning {
class Tuner;
}

namespace gantry::api {

class OperationTable;

// The RPCs of gantry/v1/tuning.proto. The tuner must outlive the table.
void registerTuning(OperationTable& table, tuning::Tuner& tuner);

} // namespace gantry::api
