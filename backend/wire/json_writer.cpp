#include "backend/wire/json_writer.h"

#include "backend/base/text.h"
#include "backend/wire/scalar.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <cmath>

namespace gantry::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void writeBytes(const std::string& bytes, bool blob, std::string& out)
{
    if (blob)
        absl::StrAppend(&out, "\"", absl::Base64Escape(bytes), "\"");
    else
        writeJsonString(bytes, out);
}

void writeDouble(double value, std::string& out)
{
    const std::string text = doubleText(value);
    out += std::isfinite(value) ? text : absl::StrCat("\"", text, "\"");
}

void writeValue(const FieldSchema& field, const FieldDescriptor* holder, const Message& message,
                std::string& out)
{
    const auto& reflection = *message.GetReflection();
    if (field.message) {
        const Message& inner = reflection.GetMessage(message, holder);
        if (field.message->timestamp)
            out += timestampText(inner);
        else
            writeJson(inner, *field.message, out);
        return;
    }
    if (holder->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        std::string scratch;
        writeBytes(reflection.GetStringReference(message, holder, &scratch),
                   holder->type() == FieldDescriptor::TYPE_BYTES, out);
        return;
    }
    if (holder->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE)
        writeDouble(reflection.GetDouble(message, holder), out);
    else
        out += textOf(holder, message);
}

void writeMember(const FieldSchema& field, const Message& message, int index, std::string& out)
{
    const auto& reflection = *message.GetReflection();
    if (field.message) {
        const Message& member = reflection.GetRepeatedMessage(message, field.field, index);
        if (field.message->timestamp)
            out += timestampText(member);
        else
            writeJson(member, *field.message, out);
        return;
    }
    std::string scratch;
    switch (field.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
        absl::StrAppend(&out, reflection.GetRepeatedInt32(message, field.field, index));
        break;
    case FieldDescriptor::CPPTYPE_INT64:
        absl::StrAppend(&out, reflection.GetRepeatedInt64(message, field.field, index));
        break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
        writeDouble(reflection.GetRepeatedDouble(message, field.field, index), out);
        break;
    default:
        writeBytes(reflection.GetRepeatedStringReference(message, field.field, index, &scratch),
                   field.field->type() == FieldDescriptor::TYPE_BYTES, out);
    }
}

void writeRepeated(const FieldSchema& field, const Message& message, std::string& out)
{
    const auto& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, field.field);
    out += field.mapKey ? '{' : '[';
    for (int i = 0; i < size; ++i) {
        if (i > 0)
            out += ',';
        if (field.mapKey) {
            const Message& entry = reflection.GetRepeatedMessage(message, field.field, i);
            writeJsonString(entry.GetReflection()->GetString(entry, field.mapKey), out);
            out += ':';
            writeValue(field, field.mapValue, entry, out);
        } else {
            writeMember(field, message, i, out);
        }
    }
    out += field.mapKey ? '}' : ']';
}

} // namespace

void writeJsonString(std::string_view text, std::string& out)
{
    out += '"';
    std::size_t clean = 0; // start of what needs no escape and is not copied yet
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\')
            continue;
        out.append(text, clean, i - clean);
        clean = i + 1;
        switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(c));
        }
    }
    out.append(text, clean);
    out += '"';
}

void writeJson(const Message& message, const MessageSchema& schema, std::string& out)
{
    if (schema.list) {
        writeRepeated(schema.fields.front(), message, out);
        return;
    }
    bool first = true;
    out += '{';
    for (const FieldSchema& field : schema.fields) {
        if (field.in != BODY || !schema.writes(field, message))
            continue;
        if (!first)
            out += ',';
        first = false;
        writeJsonString(field.name, out);
        out += ':';
        if (field.field->is_repeated())
            writeRepeated(field, message, out);
        else
            writeValue(field, field.field, message, out);
    }
    out += '}';
}

} // namespace gantry::wire
