#pragma once

#include "backend/wire/schema.h"

#include <absl/status/status.h>
#include <google/protobuf/message.h>

namespace gantry::wire {

// Fills in what the caller may leave to the platform (idempotency tokens), then checks the message
// against the annotated constraints. The error is AWS's ValidationException with every violation
// in it, worded as AWS words it; the values of sensitive members are never in the text.
absl::Status prepare(const MessageSchema& schema, google::protobuf::Message& message);

} // namespace gantry::wire
