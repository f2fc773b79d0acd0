#pragma once

#include "backend/base/place.h"

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace gantry::functions {

using gantry::Place;

// A function as a caller names it: by name, partial ARN or ARN, each with or without a qualifier.
struct Reference {
    std::string name;
    std::string qualifier; // empty, $LATEST, a version or an alias
};

// Errors as AWS words them, also for another account or region and for a qualifier that contradicts
// the one in the name.
absl::StatusOr<Reference> parseReference(const Place& place, std::string_view nameOrArn,
                                         std::string_view qualifier = {});

// arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
std::string functionArn(const Place& place, std::string_view name, std::string_view qualifier = {});

// Whether a qualifier is a version's number (it may not exist).
bool isVersionNumber(std::string_view qualifier);

} // namespace gantry::functions
