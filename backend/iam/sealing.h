#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <string>

namespace gantry::iam {

// Encrypts what must not be read or changed on the disk by who has no master key. What is sealed
// opens only for the same subject. I/O thread only.
struct Sealing {
    std::function<absl::StatusOr<std::string>(const std::string& subject,
                                              const std::string& plaintext)>
        seal;
    std::function<absl::StatusOr<std::string>(const std::string& subject, const std::string& sealed)>
        open;
};

} // namespace gantry::iam
