#include "backend/wire/schema.h"

#include "gantry/wire_query.pb.h"

#include <absl/strings/ascii.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

namespace gantry::wire {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

bool OperationSchema::declares(std::string_view error) const
{
    for (const std::string& name : options->errors()) {
        if (name == error)
            return true;
    }
    return false;
}

bool MessageSchema::writes(const FieldSchema& field, const google::protobuf::Message& message) const
{
    const auto& reflection = *message.GetReflection();
    if (!field.field->is_repeated())
        return reflection.HasField(message, field.field);
    return ((envelope || field.required) && !field.flat()) ||
           reflection.FieldSize(message, field.field) > 0;
}

Schema::Schema(absl::Span<const ServiceDescriptor* const> services)
{
    for (const ServiceDescriptor* service : services)
        addService(service);
}

Schema::~Schema() = default;

void Schema::addService(const ServiceDescriptor* service)
{
    auto& schema = *m_services.emplace_back(std::make_unique<ServiceSchema>());
    schema.options = &service->options().GetExtension(wire::service);
    for (const Error& error : schema.options->errors())
        schema.errors.emplace(error.name(), &error);
    const QueryBinding& query = service->options().GetExtension(wire::query);
    schema.xmlNamespace = schema.options->xml_namespace() + query.xml_namespace();
    for (const QueryCode& code : query.codes())
        schema.queryCodes.emplace(code.error(), code.code());
    schema.pathMember = query.path_member();
    for (int i = 0; i < service->method_count(); ++i) {
        const MethodDescriptor* method = service->method(i);
        auto& added = m_operations.emplace_back(std::make_unique<OperationSchema>());
        added->method = method;
        added->service = &schema;
        added->options = &method->options().GetExtension(wire::operation);
        added->input = messageOf(method->input_type());
        added->output = messageOf(method->output_type());
        m_byName.emplace(method->full_name(), added.get());
    }
}

const OperationSchema* Schema::find(const std::string& fullName) const
{
    const auto found = m_byName.find(fullName);
    return found == m_byName.end() ? nullptr : found->second;
}

MessageSchema* Schema::messageOf(const Descriptor* type)
{
    auto& slot = m_messages[type];
    if (slot)
        return slot.get();
    // Entered before its fields are read: messages may hold themselves.
    slot = std::make_unique<MessageSchema>();
    MessageSchema* schema = slot.get();
    schema->type = type;
    schema->list = type->options().GetExtension(wire::list);
    schema->timestamp = type == google::protobuf::Timestamp::descriptor();
    schema->fields.reserve(static_cast<std::size_t>(type->field_count()));
    for (int i = 0; i < type->field_count(); ++i) {
        const FieldSchema& field = schema->fields.emplace_back(fieldOf(type->field(i)));
        if (field.in == BODY) {
            schema->hasBody = true;
            schema->body.emplace(field.name, &field);
        } else if (field.in == PAYLOAD) {
            schema->payload = &field;
        } else if (field.in == EVENT_STREAM) {
            schema->events = &field;
        }
    }
    return schema;
}

FieldSchema Schema::fieldOf(const FieldDescriptor* field)
{
    const Field& options = field->options().GetExtension(wire::field);
    FieldSchema schema;
    schema.field = field;
    schema.in = options.in();
    schema.name = options.name().empty() ? field->json_name() : options.name();
    schema.member = field->json_name();
    schema.member[0] = absl::ascii_tolower(static_cast<unsigned char>(schema.member[0]));
    schema.required = options.required();
    schema.sensitive = options.sensitive();
    schema.idempotencyToken = options.idempotency_token();
    schema.value = limitsOf(options.value());
    schema.element = limitsOf(options.element());
    schema.key = limitsOf(options.key());
    const QueryField& flat = field->options().GetExtension(wire::query_field);
    schema.flatName = flat.name();
    schema.flatKey = flat.key();
    schema.flatValue = flat.value();
    const FieldDescriptor* holder = field;
    if (field->is_map()) {
        schema.mapKey = field->message_type()->map_key();
        schema.mapValue = holder = field->message_type()->map_value();
    }
    if (holder->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        MessageSchema* inner = messageOf(holder->message_type());
        inner->envelope = false;
        schema.message = inner;
    }
    return schema;
}

Limits Schema::limitsOf(const Constraint& constraint)
{
    Limits limits;
    if (constraint.has_min())
        limits.min = constraint.min();
    if (constraint.has_max())
        limits.max = constraint.max();
    if (!constraint.pattern().empty()) {
        auto& pattern = m_patterns[constraint.pattern()];
        if (!pattern)
            pattern = std::make_unique<Pattern>(constraint.pattern());
        limits.pattern = pattern.get();
    }
    limits.values.assign(constraint.values().begin(), constraint.values().end());
    return limits;
}

} // namespace gantry::wire
