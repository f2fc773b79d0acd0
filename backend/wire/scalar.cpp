#include "backend/wire/scalar.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>
#include <google/protobuf/timestamp.pb.h>

#include <charconv>
#include <cmath>

namespace gantry::wire {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

absl::Status serializationError(std::string message)
{
    return makeError("SerializationException", 400, std::move(message));
}

std::string_view typeName(const FieldDescriptor* field)
{
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
        return "an Integer";
    case FieldDescriptor::CPPTYPE_INT64:
        return "a Long";
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return "a Double";
    case FieldDescriptor::CPPTYPE_BOOL:
        return "a Boolean";
    case FieldDescriptor::CPPTYPE_STRING:
        return field->type() == FieldDescriptor::TYPE_BYTES ? "a Blob" : "a String";
    default:
        return "a Structure";
    }
}

bool isValidUtf8(std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const int extra = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || i + static_cast<std::size_t>(extra) >= text.size())
            return false;
        char32_t code = lead & (0x3f >> extra);
        for (int k = 1; k <= extra; ++k) {
            const auto next = static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]);
            if ((next & 0xc0) != 0x80)
                return false;
            code = code << 6 | (next & 0x3f);
        }
        const char32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (code < least[extra] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
        i += static_cast<std::size_t>(extra) + 1;
    }
    return true;
}

std::string doubleText(double value)
{
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value > 0 ? "Infinity" : "-Infinity";
    char buffer[64];
    const double size = std::fabs(value);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e15);
    const auto result =
        plain ? std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed)
              : std::to_chars(buffer, buffer + sizeof buffer, value);
    return std::string(buffer, result.ptr);
}

void setTimestamp(Message& timestamp, double seconds)
{
    const double whole = std::floor(seconds);
    auto& value = static_cast<Timestamp&>(timestamp);
    value.set_seconds(static_cast<std::int64_t>(whole));
    // Milliseconds are what AWS keeps; a double could not hold nanoseconds of an epoch anyway.
    value.set_nanos(static_cast<int>(std::min(999.0, std::round((seconds - whole) * 1e3))) *
                    1'000'000);
}

std::string timestampText(const Message& timestamp)
{
    const auto& value = static_cast<const Timestamp&>(timestamp);
    const int millis = value.nanos() / 1'000'000;
    if (millis == 0)
        return absl::StrCat(value.seconds());
    return absl::StrCat(value.seconds(), ".", absl::Dec(millis, absl::kZeroPad3));
}

absl::Status setTimestampFromText(std::string_view text, Message& message)
{
    double seconds = 0;
    absl::Time time;
    std::string error;
    if (absl::SimpleAtod(view(text), &seconds) && std::fabs(seconds) < 1e12) {
        setTimestamp(message, seconds);
    } else if (absl::ParseTime(absl::RFC3339_full, view(text), &time, &error)) {
        setTimestamp(message, absl::ToDoubleSeconds(time - absl::UnixEpoch()));
    } else {
        return serializationError(
            absl::StrCat("'", view(text), "' can not be converted to a Timestamp"));
    }
    return absl::OkStatus();
}

namespace {

// Into the field, or as one more of its list.
template <class T, class Parse, class Store>
bool storeParsed(std::string_view text, Parse parse, Store set, Store add,
                 const FieldDescriptor* field, Message& message)
{
    T value{};
    if (!parse(view(text), &value))
        return false;
    (message.GetReflection()->*(field->is_repeated() ? add : set))(&message, field, value);
    return true;
}

} // namespace

absl::Status setFromText(const FieldDescriptor* field, std::string_view text, Message& message)
{
    const auto& reflection = *message.GetReflection();
    bool ok = isValidUtf8(text);
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
        if (ok && field->is_repeated())
            reflection.AddString(&message, field, std::string(text));
        else if (ok)
            reflection.SetString(&message, field, std::string(text));
        break;
    case FieldDescriptor::CPPTYPE_INT32:
        ok = ok && storeParsed<std::int32_t>(text, absl::SimpleAtoi<std::int32_t>,
                                             &Reflection::SetInt32, &Reflection::AddInt32, field,
                                             message);
        break;
    case FieldDescriptor::CPPTYPE_INT64:
        ok = ok && storeParsed<std::int64_t>(text, absl::SimpleAtoi<std::int64_t>,
                                             &Reflection::SetInt64, &Reflection::AddInt64, field,
                                             message);
        break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
        ok = ok && storeParsed<double>(text, absl::SimpleAtod, &Reflection::SetDouble,
                                       &Reflection::AddDouble, field, message);
        break;
    case FieldDescriptor::CPPTYPE_BOOL:
        ok = text == "true" || text == "false";
        if (ok)
            reflection.SetBool(&message, field, text == "true");
        break;
    default:
        return setTimestampFromText(text, *reflection.MutableMessage(&message, field));
    }
    if (ok)
        return absl::OkStatus();
    return serializationError(absl::StrCat("The value of ", field->json_name(),
                                           " can not be converted to ", view(typeName(field))));
}

std::string memberText(const FieldDescriptor* field, const Message& message, int index)
{
    const auto& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
        return absl::StrCat(reflection.GetRepeatedInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_INT64:
        return absl::StrCat(reflection.GetRepeatedInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return doubleText(reflection.GetRepeatedDouble(message, field, index));
    default:
        return reflection.GetRepeatedString(message, field, index);
    }
}

std::string textOf(const FieldDescriptor* field, const Message& message)
{
    const auto& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
        return reflection.GetString(message, field);
    case FieldDescriptor::CPPTYPE_INT32:
        return absl::StrCat(reflection.GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
        return absl::StrCat(reflection.GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return doubleText(reflection.GetDouble(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.GetBool(message, field) ? "true" : "false";
    default:
        return timestampText(reflection.GetMessage(message, field));
    }
}

} // namespace gantry::wire
