#pragma once

#include "backend/tuning/search.h"
#include "gantry/v1/tuning.pb.h"

#include <absl/status/statusor.h>

namespace gantry::tuning {

// The options with every default filled in, or what is wrong with them. The ranges are those that
// gantry/v1/tuning.proto names.
absl::StatusOr<v1::TuningOptions> checked(v1::TuningOptions options);

// What checked options ask of the search, on the one architecture that is measured. The function's
// own size is always among the sizes: savings are told against it.
Plan planOf(const v1::TuningOptions& options, Architecture architecture, int ownMemoryMb);

} // namespace gantry::tuning
