#include "backend/wire/xml_writer.h"

#include "backend/base/text.h"
#include "backend/wire/scalar.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>
#include <google/protobuf/timestamp.pb.h>

namespace gantry::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void writeText(std::string_view text, std::string& out)
{
    for (const char c : text) {
        switch (c) {
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '&':
            out += "&amp;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\r':
            out += "&#xD;";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n')
                out += "\xef\xbf\xbd";
            else
                out += c;
        }
    }
}

std::string isoText(const Message& message)
{
    const auto& time = static_cast<const google::protobuf::Timestamp&>(message);
    const absl::Time at = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", at, absl::UTCTimeZone());
}

// What stands between the tags of one value.
void writeInner(const FieldSchema& field, const FieldDescriptor* holder, const Message& message,
                std::string& out)
{
    const auto& reflection = *message.GetReflection();
    if (field.message) {
        const Message& inner = reflection.GetMessage(message, holder);
        if (field.message->timestamp)
            out += isoText(inner);
        else
            writeXml(inner, *field.message, out);
    } else if (holder->type() == FieldDescriptor::TYPE_BYTES) {
        out += absl::Base64Escape(reflection.GetString(message, holder));
    } else {
        writeText(textOf(holder, message), out);
    }
}

void openTag(std::string_view name, std::string& out)
{
    absl::StrAppend(&out, "<", view(name), ">");
}

void closeTag(std::string_view name, std::string& out)
{
    absl::StrAppend(&out, "</", view(name), ">");
}

void writeEntry(const FieldSchema& field, const Message& entry, std::string& out)
{
    const std::string_view value = field.flat() ? std::string_view(field.flatValue) : "value";
    writeXmlElement(field.flat() ? std::string_view(field.flatKey) : "key",
                    entry.GetReflection()->GetString(entry, field.mapKey), out);
    openTag(value, out);
    writeInner(field, field.mapValue, entry, out);
    closeTag(value, out);
}

std::string_view elementName(const FieldSchema& field)
{
    if (field.flat())
        return field.flatName;
    return field.mapKey ? "entry" : "member";
}

void writeRepeated(const FieldSchema& field, const Message& message, std::string& out)
{
    const auto& reflection = *message.GetReflection();
    const std::string_view name = elementName(field);
    const int size = reflection.FieldSize(message, field.field);
    for (int i = 0; i < size; ++i) {
        if (!field.mapKey && !field.message) {
            writeXmlElement(name, memberText(field.field, message, i), out);
            continue;
        }
        const Message& member = reflection.GetRepeatedMessage(message, field.field, i);
        openTag(name, out);
        if (field.mapKey)
            writeEntry(field, member, out);
        else if (field.message->timestamp)
            out += isoText(member);
        else
            writeXml(member, *field.message, out);
        closeTag(name, out);
    }
}

} // namespace

void writeXmlElement(std::string_view name, std::string_view text, std::string& out)
{
    openTag(name, out);
    writeText(text, out);
    closeTag(name, out);
}

void writeXml(const Message& message, const MessageSchema& schema, std::string& out)
{
    if (schema.list)
        return writeRepeated(schema.fields.front(), message, out);
    for (const FieldSchema& field : schema.fields) {
        if (!schema.writes(field, message))
            continue;
        if (!field.flat())
            openTag(field.name, out);
        if (field.field->is_repeated())
            writeRepeated(field, message, out);
        else
            writeInner(field, field.field, message, out);
        if (!field.flat())
            closeTag(field.name, out);
    }
}

} // namespace gantry::wire
