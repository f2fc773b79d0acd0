#include "backend/wire/query_form.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/wire/scalar.h"

#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <string>

namespace gantry::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMaxDepth = 24;
constexpr std::size_t kMaxParameters = 20'000;

// The parameters by the parts of their names.
struct FormNode {
    const std::string* value = nullptr;
    std::map<std::string, FormNode, std::less<>> children;

    const FormNode* child(std::string_view name) const
    {
        const auto found = children.find(name);
        return found == children.end() ? nullptr : &found->second;
    }

    // The children whose names are numbers, in the order of the numbers.
    std::vector<const FormNode*> numbered() const
    {
        std::vector<std::pair<std::int64_t, const FormNode*>> sorted;
        for (const auto& [name, node] : children) {
            std::int64_t number = 0;
            if (absl::SimpleAtoi(name, &number))
                sorted.emplace_back(number, &node);
        }
        std::sort(sorted.begin(), sorted.end());
        std::vector<const FormNode*> nodes;
        for (const auto& [number, node] : sorted)
            nodes.push_back(node);
        return nodes;
    }
};

bool grow(FormNode& root, const QueryParameters& form)
{
    if (form.size() > kMaxParameters)
        return false;
    for (const auto& [name, value] : form) {
        FormNode* node = &root;
        std::string_view rest = name;
        for (int depth = 0;; ++depth) {
            if (depth == kMaxDepth)
                return false;
            const std::size_t dot = rest.find('.');
            node = &node->children[std::string(rest.substr(0, dot))];
            if (dot == std::string_view::npos)
                break;
            rest.remove_prefix(dot + 1);
        }
        node->value = &value;
    }
    return true;
}

class FormReader final {
public:
    absl::Status read(const FormNode& node, const MessageSchema& schema, Message& message)
    {
        if (schema.timestamp)
            return node.value ? setTimestampFromText(*node.value, message) : absl::OkStatus();
        if (schema.list)
            return list(node, schema.fields.front(), message);
        for (const FieldSchema& field : schema.fields) {
            const FormNode* child = node.child(field.flat() ? field.flatName : field.name);
            if (!child)
                continue;
            if (absl::Status status = member(*child, field, message); !status.ok())
                return status;
        }
        return absl::OkStatus();
    }

private:
    absl::Status member(const FormNode& node, const FieldSchema& field, Message& message)
    {
        if (field.mapKey)
            return map(node, field, message);
        if (field.field->is_repeated())
            return list(node, field, message);
        if (field.message)
            return read(node, *field.message,
                        *message.GetReflection()->MutableMessage(&message, field.field));
        return node.value ? scalar(*node.value, field.field, message) : absl::OkStatus();
    }

    absl::Status list(const FormNode& node, const FieldSchema& field, Message& message)
    {
        // "List=" is how clients write an empty list.
        const FormNode* members = field.flat() ? &node : node.child("member");
        if (!members)
            return absl::OkStatus();
        for (const FormNode* each : members->numbered()) {
            absl::Status status;
            if (field.message)
                status = read(*each, *field.message,
                              *message.GetReflection()->AddMessage(&message, field.field));
            else if (each->value)
                status = scalar(*each->value, field.field, message);
            if (!status.ok())
                return status;
        }
        return absl::OkStatus();
    }

    absl::Status map(const FormNode& node, const FieldSchema& field, Message& message)
    {
        const FormNode* entries = field.flat() ? &node : node.child("entry");
        if (!entries)
            return absl::OkStatus();
        for (const FormNode* each : entries->numbered()) {
            const FormNode* key = each->child(field.flat() ? field.flatKey : "key");
            const FormNode* value = each->child(field.flat() ? field.flatValue : "value");
            if (!key || !key->value || !value)
                return serializationError("An entry of a map needs a key and a value.");
            Message& entry = *message.GetReflection()->AddMessage(&message, field.field);
            absl::Status status = scalar(*key->value, field.mapKey, entry);
            if (status.ok() && field.message)
                status = read(*value, *field.message,
                              *entry.GetReflection()->MutableMessage(&entry, field.mapValue));
            else if (status.ok() && value->value)
                status = scalar(*value->value, field.mapValue, entry);
            if (!status.ok())
                return status;
        }
        return absl::OkStatus();
    }

    static absl::Status scalar(const std::string& text, const FieldDescriptor* field,
                               Message& message)
    {
        if (field->type() != FieldDescriptor::TYPE_BYTES)
            return setFromText(field, text, message);
        std::string bytes;
        if (!absl::Base64Unescape(text, &bytes))
            return serializationError(
                absl::StrCat("The value of ", field->json_name(), " is not base64"));
        const auto& reflection = *message.GetReflection();
        if (field->is_repeated())
            reflection.AddString(&message, field, std::move(bytes));
        else
            reflection.SetString(&message, field, std::move(bytes));
        return absl::OkStatus();
    }
};

} // namespace

std::optional<QueryParameters> parseForm(std::string_view form)
{
    std::string text(form);
    for (std::size_t at = 0; (at = text.find('+', at)) != std::string::npos; at += 3)
        text.replace(at, 1, "%20");
    return parseQuery(text);
}

absl::Status readForm(const QueryParameters& form, const MessageSchema& schema, Message& message)
{
    FormNode root;
    if (!grow(root, form))
        return serializationError("The request has too many or too deeply nested parameters.");
    return FormReader().read(root, schema, message);
}

} // namespace gantry::wire
