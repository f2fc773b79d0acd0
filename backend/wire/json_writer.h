#pragma once

#include "backend/wire/schema.h"

#include <google/protobuf/message.h>

#include <string>

namespace gantry::wire {

// Appends the message's body members as a JSON object, in the order of their declaration. Members
// that are not set are left out.
void writeJson(const google::protobuf::Message& message, const MessageSchema& schema,
               std::string& out);

// Appends a JSON string.
void writeJsonString(std::string_view text, std::string& out);

} // namespace gantry::wire
