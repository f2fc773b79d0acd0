#pragma once

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

// What the operations that change keys share.
namespace gantry::keys {

inline absl::Status managedByAws(std::string_view arn)
{
    return makeError("AccessDeniedException", 400,
                     absl::StrCat(view(arn), " is managed by the platform and cannot be changed."));
}

// The form of a key policy; what it says is checked by who evaluates it.
absl::Status checkKeyPolicy(const std::string& policy);

// Of a change's answer, only how it went.
template <class Ptr>
std::function<void(absl::StatusOr<Ptr>)> statusOnly(std::function<void(absl::Status)> done)
{
    return [done = std::move(done)](const absl::StatusOr<Ptr>& result) { done(result.status()); };
}

} // namespace gantry::keys
