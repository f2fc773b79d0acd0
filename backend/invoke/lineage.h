#pragma once

#include "backend/functions/target.h"

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace gantry::functions {
class Registry;
}

namespace gantry::invoke {

// A chain of invocations may come through the same function so often; the next one is a loop.
inline constexpr int kMaxChainLength = 16;

// How a trace goes on in the invocation of a function: the same X-Amzn-Trace-Id, whose Lineage
// counts this function once more. The AWS SDKs pass the id on from inside a function, destinations
// and event sources do here, so that a chain that comes back to a function is seen.
//
// Lineage=1:HASH:COUNT, further functions of the chain as |HASH:COUNT; HASH is 8 hexadecimal
// digits of the function's ARN. Other fields, and a Lineage in another form, are kept as they are
// or dropped; a text without Root begins a new trace. 400 RecursiveInvocationException when the
// chain is a loop, unless the function allows it (PutFunctionRecursionConfig).
absl::StatusOr<std::string> continueTrace(std::string_view traceId,
                                          const std::string& functionArn, bool loopsAllowed);

// The same for a function of the registry, by its own setting.
absl::StatusOr<std::string> continueTrace(std::string_view traceId,
                                          const functions::Registry& registry,
                                          const functions::Target& target);

} // namespace gantry::invoke
