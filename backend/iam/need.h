#pragma once

#include "backend/iam/policy_context.h"

#include <absl/status/status.h>

#include <functional>
#include <string>

namespace gantry::iam {

// One thing that a request needs: an action on a resource.
struct Need {
    std::string action;
    std::string resource;
    PolicyContext context = {}; // what conditions see of it, besides the global keys
    bool viaService = false;    // the service that was called does it for the caller
    // That service's own words for a denial; null: those of AccessDeniedException. OK: only a part of
    // the answer is refused by it, and who answers knows of it.
    std::function<absl::Status(const absl::Status&)> refusal = {};
};

} // namespace gantry::iam
