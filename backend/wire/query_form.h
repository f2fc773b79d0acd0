#pragma once

#include "backend/base/uri.h"
#include "backend/wire/schema.h"

#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string_view>

namespace gantry::wire {

// The parameters of a form (application/x-www-form-urlencoded), in its order; nothing when an
// escape is broken. Here '+' is a space.
std::optional<QueryParameters> parseForm(std::string_view form);

// Reads a message from the parameters of AWS's query protocol: Member=value, Outer.Inner=value,
// List.member.1=value, Map.entry.1.key=..., of flattened ones Item.1=value and Entry.1.Name=...
// Parameters that the schema does not have are ignored.
// Error: SerializationException when a value has another type or the parameters nest too deeply.
absl::Status readForm(const QueryParameters& form, const MessageSchema& schema,
                      google::protobuf::Message& message);

} // namespace gantry::wire
