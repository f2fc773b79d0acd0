#pragma once

#include "backend/wire/schema.h"

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace gantry::wire {

// Appends the message's members as XML elements, in the order of their declaration, as AWS's query
// protocol writes them: lists of <member>, maps of <entry><key/><value/></entry>.
void writeXml(const google::protobuf::Message& message, const MessageSchema& schema,
              std::string& out);

// Appends <name>text</name>. What XML 1.0 cannot hold becomes U+FFFD.
void writeXmlElement(std::string_view name, std::string_view text, std::string& out);

} // namespace gantry::wire
