#pragma once

#include "backend/sandbox/engine.h"

#include <string>

namespace gantry::runtime {

// How a runtime ended, in the words of Lambda.
struct ExitReason {
    std::string errorType; // Runtime.ExitError, Runtime.OutOfMemory
    std::string message;   // e.g. Runtime exited with error: exit status 1
};

ExitReason describeExit(const sandbox::Exit& exit);

} // namespace gantry::runtime
