#pragma once

#include "backend/runtime/environment.h"

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <vector>

namespace gantry::runtime {

// How the program of a container image is run, where a zip package has a runtime of the platform.

// What the image sets, with what Lambda sets unless it does. The function's own come over it.
std::map<std::string, std::string> imageVariables(const ContainerImage& image);

// ENTRYPOINT and CMD; a name without a slash is looked up along PATH, which is in variables, inside
// the image. Fails with Runtime.InvalidEntrypoint when there is nothing that this host can execute.
absl::StatusOr<std::vector<std::string>>
imageCommand(const ContainerImage& image, const std::map<std::string, std::string>& variables);

// The names of the executables in a directory of the image, sorted.
std::vector<std::string> executablesIn(const ContainerImage& image, const std::string& directory);

} // namespace gantry::runtime
