#pragma once

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::wire {

// 400 SerializationException: the request cannot be read as what the operation takes.
absl::Status serializationError(std::string message);

// The type's name in AWS's messages, with its article: an Integer, a String ...
std::string_view typeName(const google::protobuf::FieldDescriptor* field);

bool isValidUtf8(std::string_view text);

// A number as AWS writes it: no exponent where there need not be one, the shortest that reads back
// the same; NaN and Infinity by those names.
std::string doubleText(double value);

// Epoch seconds with milliseconds, the form of a google.protobuf.Timestamp on AWS's wire.
void setTimestamp(google::protobuf::Message& timestamp, double seconds);
// From epoch seconds or ISO 8601.
absl::Status setTimestampFromText(std::string_view text, google::protobuf::Message& timestamp);
std::string timestampText(const google::protobuf::Message& timestamp);

// Sets a field (or appends to a list) from text: path labels, query parameters and headers. A
// timestamp may be epoch seconds or ISO 8601.
absl::Status setFromText(const google::protobuf::FieldDescriptor* field, std::string_view text,
                         google::protobuf::Message& message);

// The text of a field that is set; what goes into a header.
std::string textOf(const google::protobuf::FieldDescriptor* field,
                   const google::protobuf::Message& message);
// Of one member of a list of texts or numbers.
std::string memberText(const google::protobuf::FieldDescriptor* field,
                       const google::protobuf::Message& message, int index);

} // namespace gantry::wire
