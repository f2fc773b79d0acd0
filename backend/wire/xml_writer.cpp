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

void writeEntry(const FieldSchema& field, const Message& entry, std::string& out)
{
    out += "<entry>";
    writeXmlElement("key", entry.GetReflection()->GetString(entry, field.mapKey), out);
    out += "<value>";
    writeInner(field, field.mapValue, entry, out);
    out += "</value></entry>";
}

void writeRepeated(const FieldSchema& field, const Message& message, std::string& out)
{
    const auto& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, field.field);
    for (int i = 0; i < size; ++i) {
        if (field.mapKey) {
            writeEntry(field, reflection.GetRepeatedMessage(message, field.field, i), out);
        } else if (field.message) {
            const Message& member = reflection.GetRepeatedMessage(message, field.field, i);
            out += "<member>";
            if (field.message->timestamp)
                out += isoText(member);
            else
                writeXml(member, *field.message, out);
            out += "</member>";
        } else {
            writeXmlElement("member", memberText(field.field, message, i), out);
        }
    }
}

} // namespace

void writeXmlElement(std::string_view name, std::string_view text, std::string& out)
{
    absl::StrAppend(&out, "<", view(name), ">");
    writeText(text, out);
    absl::StrAppend(&out, "</", view(name), ">");
}

void writeXml(const Message& message, const MessageSchema& schema, std::string& out)
{
    if (schema.list)
        return writeRepeated(schema.fields.front(), message, out);
    const auto& reflection = *message.GetReflection();
    for (const FieldSchema& field : schema.fields) {
        const bool repeated = field.field->is_repeated();
        const bool present = repeated
                                 ? schema.envelope || field.required ||
                                       reflection.FieldSize(message, field.field) > 0
                                 : reflection.HasField(message, field.field);
        if (!present)
            continue;
        absl::StrAppend(&out, "<", field.name, ">");
        if (repeated)
            writeRepeated(field, message, out);
        else
            writeInner(field, field.field, message, out);
        absl::StrAppend(&out, "</", field.name, ">");
    }
}

} // namespace gantry::wire
