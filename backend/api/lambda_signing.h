#pragma once

#include "backend/api/operation_table.h"

namespace gantry::functions {
class CodeSigning;
class Registry;
} // namespace gantry::functions

namespace gantry::api {

// Every operation on code signing configurations and on what functions have of them. Both must
// outlive the table.
void registerLambdaSigning(OperationTable& table, functions::Registry& registry,
                           functions::CodeSigning& signing);

} // namespace gantry::api
