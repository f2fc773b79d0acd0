#pragma once

#include "backend/wire/schema.h"

#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <string_view>

namespace gantry::wire {

// Reads a JSON document into a message by its schema. Members that the schema does not have are
// ignored, null is as good as absent. Errors: the one named by malformed when it is no JSON,
// SerializationException when a member has another type. Nesting deeper than 32 is refused.
absl::Status readJson(std::string_view text, const MessageSchema& schema,
                      google::protobuf::Message& message,
                      std::string_view malformed = "InvalidRequestContentException");

} // namespace gantry::wire
