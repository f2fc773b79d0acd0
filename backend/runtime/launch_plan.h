#pragma once

#include "backend/runtime/catalogue.h"
#include "backend/runtime/environment.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::runtime {

// Name of the AwsError of what this host has no runtime for.
inline constexpr const char* kInvalidRuntime = "InvalidRuntimeException";

// Names that the platform sets and a function's configuration may not.
bool isReservedVariable(std::string_view name);

// The environment of the first process, as NAME=value: the reserved variables, the defaults that a
// function may replace, and the function's own. AWS_LAMBDA_RUNTIME_API is not among them: the
// sandbox sets it.
std::vector<std::string> environmentVariables(const EnvironmentSpec& spec, const Runtime& runtime,
                                              const std::string& logStream);

// The command line of the runtime: an interpreter with our bootstrap, or the package's own.
// Fails with kInvalidRuntime or Runtime.InvalidEntrypoint (name of the status' AwsError) when there
// is nothing to run.
absl::StatusOr<std::vector<std::string>> commandLine(const EnvironmentSpec& spec,
                                                     const Runtime& runtime);

// Where the program lets a debugger in, inside the environment. Fails where it has no debugger.
struct Debugger {
    const char* protocol; // see DebuggerAddress
    std::uint16_t port;
};
absl::StatusOr<Debugger> debuggerOf(const EnvironmentSpec& spec, const Runtime& runtime);

// The external extensions: the executables in the folder extensions of the layers, in the order of
// their names, with the environment that they see (the runtime's own variables are not in it).
std::vector<sandbox::Program> extensionPrograms(const EnvironmentSpec& spec,
                                                const std::vector<std::string>& environment);

// The function's code, its layers and the bootstrap; resourceDirectory holds runtimes/FAMILY. None
// for an image, which has all of that in its root file system.
std::vector<sandbox::Mount> mountsOf(const EnvironmentSpec& spec, const Runtime& runtime,
                                     const std::string& resourceDirectory);

} // namespace gantry::runtime
