#include "backend/wire/json_reader.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/wire/scalar.h"
#include "gantry/empty_lists.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

#include <cmath>
#include <limits>
#include <optional>

namespace gantry::wire {
namespace {

namespace json = boost::json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string_view tokenName(const json::value& value)
{
    switch (value.kind()) {
    case json::kind::string:
        return "STRING_VALUE";
    case json::kind::bool_:
        return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case json::kind::null:
        return "NULL_VALUE";
    default:
        return "NUMBER_VALUE";
    }
}

absl::Status mismatch(const json::value& value, std::string_view wanted)
{
    if (value.is_object())
        return serializationError("Start of structure or map found where not expected.");
    if (value.is_array())
        return serializationError("Start of list found where not expected.");
    return serializationError(
        absl::StrCat(view(tokenName(value)), " can not be converted to ", view(wanted)));
}

std::optional<std::int64_t> integerOf(const json::value& value)
{
    if (value.is_int64())
        return value.get_int64();
    // 3.0 and 1e2 are whole numbers as well.
    if (value.is_double()) {
        const double number = value.get_double();
        if (std::nearbyint(number) == number && std::fabs(number) < 9e15)
            return static_cast<std::int64_t>(number);
    }
    return std::nullopt;
}

std::optional<double> numberOf(const json::value& value)
{
    if (value.is_number())
        return value.to_number<double>();
    if (value.is_string()) {
        if (value.get_string() == "NaN")
            return std::numeric_limits<double>::quiet_NaN();
        if (value.get_string() == "Infinity")
            return std::numeric_limits<double>::infinity();
        if (value.get_string() == "-Infinity")
            return -std::numeric_limits<double>::infinity();
    }
    return std::nullopt;
}

std::optional<std::string> textOf(const json::value& value, const FieldDescriptor* field)
{
    if (!value.is_string())
        return std::nullopt;
    const json::string& text = value.get_string();
    if (field->type() != FieldDescriptor::TYPE_BYTES)
        return std::string(text.data(), text.size());
    std::string bytes;
    if (!absl::Base64Unescape({text.data(), text.size()}, &bytes))
        return std::nullopt;
    return bytes;
}

// Walks a parsed document and the schema side by side.
class Reader final {
public:
    absl::Status read(const json::value& value, const MessageSchema& schema, Message& message)
    {
        if (schema.timestamp)
            return timestamp(value, message);
        if (schema.list)
            return list(value, schema.fields.front(), message);
        if (!value.is_object())
            return mismatch(value, "a Structure");
        for (const auto& [name, member] : value.get_object()) {
            const auto found = schema.body.find(view(std::string_view(name.data(), name.size())));
            if (found == schema.body.end() || member.is_null())
                continue;
            if (absl::Status status = field(member, *found->second, message); !status.ok())
                return status;
        }
        return absl::OkStatus();
    }

private:
    absl::Status timestamp(const json::value& value, Message& message)
    {
        if (const auto number = numberOf(value); number && std::fabs(*number) < 1e12) {
            setTimestamp(message, *number);
            return absl::OkStatus();
        }
        return mismatch(value, "a Timestamp");
    }

    absl::Status field(const json::value& value, const FieldSchema& field, Message& message)
    {
        if (field.mapKey)
            return map(value, field, message);
        if (field.field->is_repeated())
            return list(value, field, message);
        if (field.message) {
            return read(value, *field.message,
                        *message.GetReflection()->MutableMessage(&message, field.field));
        }
        return scalar(value, field.field, message);
    }

    absl::Status list(const json::value& value, const FieldSchema& field, Message& message)
    {
        if (!value.is_array()) {
            return value.is_object() ? mismatch(value, "a List")
                                     : serializationError("Expected list or null");
        }
        if (value.get_array().empty())
            markEmptyList(message, field.field->number());
        for (const json::value& member : value.get_array()) {
            absl::Status status;
            if (member.is_null())
                status = serializationError("A list may not hold null.");
            else if (field.message)
                status = read(member, *field.message,
                              *message.GetReflection()->AddMessage(&message, field.field));
            else
                status = append(member, field.field, message);
            if (!status.ok())
                return status;
        }
        return absl::OkStatus();
    }

    absl::Status map(const json::value& value, const FieldSchema& field, Message& message)
    {
        if (!value.is_object()) {
            return value.is_array() ? mismatch(value, "a Map")
                                    : serializationError("Expected map or null");
        }
        for (const auto& [key, member] : value.get_object()) {
            if (member.is_null())
                continue;
            Message& entry = *message.GetReflection()->AddMessage(&message, field.field);
            const auto& reflection = *entry.GetReflection();
            reflection.SetString(&entry, field.mapKey, std::string(key.data(), key.size()));
            absl::Status status = field.message
                                      ? read(member, *field.message,
                                             *reflection.MutableMessage(&entry, field.mapValue))
                                      : scalar(member, field.mapValue, entry);
            if (!status.ok())
                return status;
        }
        return absl::OkStatus();
    }

    absl::Status scalar(const json::value& value, const FieldDescriptor* field, Message& message)
    {
        const auto& reflection = *message.GetReflection();
        switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING:
            if (auto text = textOf(value, field)) {
                reflection.SetString(&message, field, *std::move(text));
                return absl::OkStatus();
            }
            break;
        case FieldDescriptor::CPPTYPE_INT32:
            if (const auto number = integerOf(value);
                number && *number == static_cast<std::int32_t>(*number)) {
                reflection.SetInt32(&message, field, static_cast<std::int32_t>(*number));
                return absl::OkStatus();
            }
            break;
        case FieldDescriptor::CPPTYPE_INT64:
            if (const auto number = integerOf(value)) {
                reflection.SetInt64(&message, field, *number);
                return absl::OkStatus();
            }
            break;
        case FieldDescriptor::CPPTYPE_DOUBLE:
            if (const auto number = numberOf(value)) {
                reflection.SetDouble(&message, field, *number);
                return absl::OkStatus();
            }
            break;
        default:
            if (value.is_bool()) {
                reflection.SetBool(&message, field, value.get_bool());
                return absl::OkStatus();
            }
        }
        return mismatch(value, typeName(field));
    }

    // Lists hold texts, numbers or messages; the API models have no others.
    absl::Status append(const json::value& value, const FieldDescriptor* field, Message& message)
    {
        const auto& reflection = *message.GetReflection();
        switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING:
            if (auto text = textOf(value, field)) {
                reflection.AddString(&message, field, *std::move(text));
                return absl::OkStatus();
            }
            break;
        case FieldDescriptor::CPPTYPE_INT32:
            if (const auto number = integerOf(value);
                number && *number == static_cast<std::int32_t>(*number)) {
                reflection.AddInt32(&message, field, static_cast<std::int32_t>(*number));
                return absl::OkStatus();
            }
            break;
        case FieldDescriptor::CPPTYPE_INT64:
            if (const auto number = integerOf(value)) {
                reflection.AddInt64(&message, field, *number);
                return absl::OkStatus();
            }
            break;
        case FieldDescriptor::CPPTYPE_DOUBLE:
            if (const auto number = numberOf(value)) {
                reflection.AddDouble(&message, field, *number);
                return absl::OkStatus();
            }
            break;
        default:
            break;
        }
        return mismatch(value, typeName(field));
    }
};

} // namespace

absl::Status readJson(std::string_view text, const MessageSchema& schema, Message& message,
                      std::string_view malformed)
{
    json::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    if (error) {
        return makeError(malformed, 400,
                         absl::StrCat("Could not parse request body into json: ", error.message()));
    }
    return Reader().read(value, schema, message);
}

} // namespace gantry::wire
