#pragma once

#include "backend/wire/pattern.h"
#include "gantry/wire.pb.h"

#include <absl/container/flat_hash_map.h>
#include <absl/types/span.h>
#include <google/protobuf/descriptor.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::wire {

struct MessageSchema;

// A Constraint of the annotations, with its pattern compiled.
struct Limits {
    std::optional<double> min;
    std::optional<double> max;
    const Pattern* pattern = nullptr;
    std::vector<std::string> values;

    bool any() const { return min || max || pattern || !values.empty(); }
};

struct FieldSchema {
    const google::protobuf::FieldDescriptor* field = nullptr;
    In in = BODY;
    std::string name;   // of the JSON member, the path label, the header or the query parameter
    std::string member; // as AWS names it in validation errors: functionName
    bool required = false;
    bool sensitive = false;
    bool idempotencyToken = false;
    Limits value, element, key;
    const MessageSchema* message = nullptr; // of the field, its members or its map's values
    const google::protobuf::FieldDescriptor* mapKey = nullptr; // both set for a map
    const google::protobuf::FieldDescriptor* mapValue = nullptr;
    // Of a flattened list or map in the query protocol; empty: it is not flattened.
    std::string flatName, flatKey, flatValue;

    bool flat() const { return !flatName.empty(); }
};

struct MessageSchema {
    const google::protobuf::Descriptor* type = nullptr;
    bool list = false;      // a bare list on the wire
    bool timestamp = false; // google.protobuf.Timestamp: epoch seconds on the wire
    // No other message holds it, so it is the outermost of a request or an answer. AWS writes its
    // empty lists and maps, and leaves those of inner messages out unless they are required.
    bool envelope = true;
    bool hasBody = false;                 // some field is in the body
    const FieldSchema* payload = nullptr; // the field that is the whole body
    const FieldSchema* events = nullptr;  // the field that is one frame of an event stream
    std::vector<FieldSchema> fields;
    absl::flat_hash_map<std::string, const FieldSchema*> body; // by JSON name

    // Whether an answer has the field.
    bool writes(const FieldSchema& field, const google::protobuf::Message& message) const;
};

struct ServiceSchema {
    const Service* options = nullptr;
    absl::flat_hash_map<std::string, const Error*> errors;
    // Not empty: the service speaks the query protocol, be it beside another one.
    std::string xmlNamespace;
    absl::flat_hash_map<std::string, std::string> queryCodes; // of errors that it calls otherwise
    std::string pathMember; // that a path other than "/" stands for
};

struct OperationSchema {
    const google::protobuf::MethodDescriptor* method = nullptr;
    const ServiceSchema* service = nullptr;
    const Operation* options = nullptr;
    const MessageSchema* input = nullptr;
    const MessageSchema* output = nullptr;

    bool declares(std::string_view error) const;
};

// What the annotations say about every operation of some services, prepared once so that handling a
// request looks nothing up in descriptors. Immutable.
class Schema final {
public:
    explicit Schema(absl::Span<const google::protobuf::ServiceDescriptor* const> services);
    ~Schema();
    Schema(const Schema&) = delete;
    Schema& operator=(const Schema&) = delete;

    // In the order of their declaration.
    absl::Span<const std::unique_ptr<OperationSchema>> operations() const { return m_operations; }
    // Null for a method of another service.
    const OperationSchema* find(const std::string& fullName) const;

private:
    void addService(const google::protobuf::ServiceDescriptor* service);
    MessageSchema* messageOf(const google::protobuf::Descriptor* type);
    FieldSchema fieldOf(const google::protobuf::FieldDescriptor* field);
    Limits limitsOf(const Constraint& constraint);

    std::vector<std::unique_ptr<ServiceSchema>> m_services;
    std::vector<std::unique_ptr<OperationSchema>> m_operations;
    absl::flat_hash_map<std::string, const OperationSchema*> m_byName;
    absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<MessageSchema>>
        m_messages;
    absl::flat_hash_map<std::string, std::unique_ptr<Pattern>> m_patterns;
};

} // namespace gantry::wire
