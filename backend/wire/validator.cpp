#include "backend/wire/validator.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>

namespace gantry::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kMaxViolations = 50;
constexpr std::size_t kMaxShownBytes = 2'048;
// No pattern of the model is about texts of that size; matching one would only cost time.
constexpr std::size_t kMaxPatternBytes = 1 << 20;

// Where in the request a value is; becomes text only when something is wrong with it.
struct Path {
    const Path* parent = nullptr;
    std::string_view name;
    int index = 0; // from 1: a member of a list

    std::string text() const
    {
        std::string own = index ? absl::StrCat(index, ".member") : std::string(name);
        return parent ? absl::StrCat(parent->text(), ".", own) : own;
    }
};

std::size_t characters(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string shown(std::string text)
{
    if (text.size() > kMaxShownBytes) {
        std::size_t end = kMaxShownBytes;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
            --end;
        text.resize(end);
        text += "...";
    }
    return text;
}

std::string lengthRule(const char* bound, double limit)
{
    return absl::StrCat("Member must have length ", bound, " than or equal to ",
                        static_cast<long long>(limit));
}

std::string patternRule(const Pattern& pattern)
{
    return absl::StrCat("Member must satisfy regular expression pattern: ", pattern.expression());
}

std::string valuesRule(const std::vector<std::string>& values)
{
    return absl::StrCat("Member must satisfy enum value set: [", absl::StrJoin(values, ", "), "]");
}

void checkSize(const Limits& limits, std::size_t size, std::vector<std::string>& broken)
{
    if (limits.max && static_cast<double>(size) > *limits.max)
        broken.push_back(lengthRule("less", *limits.max));
    if (limits.min && static_cast<double>(size) < *limits.min)
        broken.push_back(lengthRule("greater", *limits.min));
}

std::vector<std::string> brokenByText(const Limits& limits, const std::string& text)
{
    std::vector<std::string> broken;
    if (limits.max || limits.min)
        checkSize(limits, characters(text), broken);
    if (limits.pattern && (text.size() > kMaxPatternBytes || !limits.pattern->matches(text)))
        broken.push_back(patternRule(*limits.pattern));
    if (!limits.values.empty() &&
        std::find(limits.values.begin(), limits.values.end(), text) == limits.values.end())
        broken.push_back(valuesRule(limits.values));
    return broken;
}

std::vector<std::string> brokenByNumber(const Limits& limits, double value)
{
    std::vector<std::string> broken;
    if (limits.max && value > *limits.max)
        broken.push_back(
            absl::StrCat("Member must have value less than or equal to ", *limits.max));
    if (limits.min && value < *limits.min)
        broken.push_back(
            absl::StrCat("Member must have value greater than or equal to ", *limits.min));
    return broken;
}

// Every rule of a list's members or a map's keys, as AWS lists them when one is broken.
std::string allRules(const Limits& limits)
{
    std::vector<std::string> rules;
    if (limits.max)
        rules.push_back(lengthRule("less", *limits.max));
    if (limits.min)
        rules.push_back(lengthRule("greater", *limits.min));
    if (limits.pattern)
        rules.push_back(patternRule(*limits.pattern));
    if (!limits.values.empty())
        rules.push_back(valuesRule(limits.values));
    rules.push_back("Member must not be null");
    return absl::StrCat("[", absl::StrJoin(rules, ", "), "]");
}

class Validator final {
public:
    void message(const MessageSchema& schema, const Message& message, const Path* path)
    {
        for (const FieldSchema& field : schema.fields) {
            const Path own{path, field.member};
            if (field.mapKey)
                map(field, message, own);
            else if (field.field->is_repeated())
                list(field, message, schema.list ? *path : own);
            else
                single(field, message, own);
        }
    }

    absl::Status status() const
    {
        if (m_violations.empty())
            return absl::OkStatus();
        const std::size_t count = m_violations.size();
        return validationError(absl::StrCat(count, " validation error", count == 1 ? "" : "s",
                                            " detected: ", absl::StrJoin(m_violations, "; ")));
    }

private:
    void single(const FieldSchema& field, const Message& message, const Path& path)
    {
        const Reflection& reflection = *message.GetReflection();
        if (!reflection.HasField(message, field.field)) {
            if (field.required)
                add("Value null", path, "Member must not be null");
            return;
        }
        if (field.message) {
            if (!field.message->timestamp)
                this->message(*field.message, reflection.GetMessage(message, field.field), &path);
            return;
        }
        if (!field.value.any())
            return;
        for (const std::string& rule : brokenRules(field, message))
            add(value(field, text(field, message)), path, rule);
    }

    static std::vector<std::string> brokenRules(const FieldSchema& field, const Message& message)
    {
        const Reflection& reflection = *message.GetReflection();
        std::string scratch;
        switch (field.field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING: {
            const auto& bytes = reflection.GetStringReference(message, field.field, &scratch);
            if (field.field->type() == FieldDescriptor::TYPE_STRING)
                return brokenByText(field.value, bytes);
            std::vector<std::string> broken;
            checkSize(field.value, bytes.size(), broken);
            return broken;
        }
        case FieldDescriptor::CPPTYPE_INT32:
            return brokenByNumber(field.value, reflection.GetInt32(message, field.field));
        case FieldDescriptor::CPPTYPE_INT64:
            return brokenByNumber(field.value,
                                  static_cast<double>(reflection.GetInt64(message, field.field)));
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return brokenByNumber(field.value, reflection.GetDouble(message, field.field));
        default:
            return {};
        }
    }

    static std::string text(const FieldSchema& field, const Message& message)
    {
        const Reflection& reflection = *message.GetReflection();
        switch (field.field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING:
            if (field.field->type() == FieldDescriptor::TYPE_BYTES)
                return "java.nio.HeapByteBuffer"; // AWS never echoes a blob
            return reflection.GetString(message, field.field);
        case FieldDescriptor::CPPTYPE_INT32:
            return absl::StrCat(reflection.GetInt32(message, field.field));
        case FieldDescriptor::CPPTYPE_INT64:
            return absl::StrCat(reflection.GetInt64(message, field.field));
        default:
            return absl::StrCat(reflection.GetDouble(message, field.field));
        }
    }

    void list(const FieldSchema& field, const Message& message, const Path& path)
    {
        const Reflection& reflection = *message.GetReflection();
        const int size = reflection.FieldSize(message, field.field);
        if (size == 0) {
            if (field.required)
                add("Value null", path, "Member must not be null");
            return;
        }
        std::vector<std::string> broken;
        checkSize(field.value, static_cast<std::size_t>(size), broken);
        for (int i = 0; i < size && field.message; ++i) {
            const Path member{&path, {}, i + 1};
            this->message(*field.message, reflection.GetRepeatedMessage(message, field.field, i),
                          &member);
        }
        const bool ofTexts = field.field->type() == FieldDescriptor::TYPE_STRING;
        for (int i = 0; i < size && ofTexts && field.element.any(); ++i) {
            if (brokenByText(field.element, reflection.GetRepeatedString(message, field.field, i))
                    .empty())
                continue;
            broken.push_back("Member must satisfy constraint: " + allRules(field.element));
            break;
        }
        for (const std::string& rule : broken)
            add(value(field, ofTexts ? listText(field, message) : absl::StrCat(size, " members")),
                path, rule);
    }

    static std::string listText(const FieldSchema& field, const Message& message)
    {
        const Reflection& reflection = *message.GetReflection();
        std::vector<std::string> texts;
        for (int i = 0; i < reflection.FieldSize(message, field.field); ++i)
            texts.push_back(reflection.GetRepeatedString(message, field.field, i));
        return absl::StrCat("[", absl::StrJoin(texts, ", "), "]");
    }

    void map(const FieldSchema& field, const Message& message, const Path& path)
    {
        const Reflection& reflection = *message.GetReflection();
        const int size = reflection.FieldSize(message, field.field);
        if (size == 0) {
            if (field.required)
                add("Value null", path, "Member must not be null");
            return;
        }
        std::vector<std::string> broken;
        checkSize(field.value, static_cast<std::size_t>(size), broken);
        bool keyBroken = false;
        bool valueBroken = false;
        for (int i = 0; i < size; ++i) {
            const Message& entry = reflection.GetRepeatedMessage(message, field.field, i);
            const std::string key = entry.GetReflection()->GetString(entry, field.mapKey);
            keyBroken = keyBroken || !brokenByText(field.key, key).empty();
            if (field.message) {
                const Path member{&path, key};
                this->message(*field.message,
                              entry.GetReflection()->GetMessage(entry, field.mapValue), &member);
            } else if (field.mapValue->type() == FieldDescriptor::TYPE_STRING) {
                valueBroken = valueBroken ||
                              !brokenByText(field.element,
                                            entry.GetReflection()->GetString(entry, field.mapValue))
                                   .empty();
            }
        }
        if (keyBroken)
            broken.push_back("Map keys must satisfy constraint: " + allRules(field.key));
        if (valueBroken)
            broken.push_back("Map value must satisfy constraint: " + allRules(field.element));
        for (const std::string& rule : broken)
            add(value(field, mapText(field, message)), path, rule);
    }

    static std::string mapText(const FieldSchema& field, const Message& message)
    {
        if (field.mapValue->type() != FieldDescriptor::TYPE_STRING)
            return {};
        const Reflection& reflection = *message.GetReflection();
        std::vector<std::string> entries;
        for (int i = 0; i < reflection.FieldSize(message, field.field); ++i) {
            const Message& entry = reflection.GetRepeatedMessage(message, field.field, i);
            const Reflection& inner = *entry.GetReflection();
            entries.push_back(absl::StrCat(inner.GetString(entry, field.mapKey), "=",
                                           inner.GetString(entry, field.mapValue)));
        }
        return absl::StrCat("{", absl::StrJoin(entries, ", "), "}");
    }

    static std::string value(const FieldSchema& field, std::string text)
    {
        return field.sensitive ? "Value" : absl::StrCat("Value '", shown(std::move(text)), "'");
    }

    void add(std::string_view value, const Path& path, std::string_view rule)
    {
        if (m_violations.size() < kMaxViolations)
            m_violations.push_back(std::string(value) + " at '" + path.text() +
                                   "' failed to satisfy constraint: " + std::string(rule));
    }

    std::vector<std::string> m_violations;
};

void fillTokens(const MessageSchema& schema, Message& message)
{
    const Reflection& reflection = *message.GetReflection();
    for (const FieldSchema& field : schema.fields) {
        if (field.idempotencyToken && !reflection.HasField(message, field.field))
            reflection.SetString(&message, field.field, randomUuid());
    }
}

} // namespace

absl::Status prepare(const MessageSchema& schema, Message& message)
{
    fillTokens(schema, message);
    Validator validator;
    validator.message(schema, message, nullptr);
    return validator.status();
}

} // namespace gantry::wire
