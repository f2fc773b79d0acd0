#include "backend/wire/rest_json.h"

#include "backend/base/text.h"
#include "backend/wire/json_reader.h"
#include "backend/wire/json_writer.h"
#include "backend/wire/scalar.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// JSON, or what clients send that say nothing particular of a body: SDKs octet-stream, curl's
// --data a form, fetch() plain text.
bool mayBeJson(std::string_view contentType)
{
    const std::string type = absl::AsciiStrToLower(
        absl::StripAsciiWhitespace(view(contentType.substr(0, contentType.find(';')))));
    return type.empty() || type == "application/json" || absl::EndsWith(type, "+json") ||
           absl::StartsWith(type, "application/x-amz-json") || type == "application/octet-stream" ||
           type == "binary/octet-stream" || type == "application/x-www-form-urlencoded" ||
           type == "text/plain";
}

absl::Status checkContentType(const HttpRequest& request, const OperationSchema& operation)
{
    constexpr std::string_view error = "UnsupportedMediaTypeException";
    const HttpHeader* const type = request.header("content-type");
    if (!type || request.body.empty() || mayBeJson(type->value) || !operation.declares(error))
        return absl::OkStatus();
    return makeError(error, 415,
                     absl::StrCat("The content type of the request body is not JSON: ",
                                  view(type->value)));
}

absl::Status setFromParameters(const FieldSchema& field, const QueryParameters& parameters,
                               Message& message)
{
    for (const auto& [name, value] : parameters) {
        if (name != field.name)
            continue;
        if (absl::Status status = setFromText(field.field, value, message); !status.ok())
            return status;
        if (!field.field->is_repeated())
            break;
    }
    return absl::OkStatus();
}

absl::Status setFromPayload(const FieldSchema& field, std::string& body, Message& message)
{
    if (body.empty())
        return absl::OkStatus();
    if (field.message) {
        return readJson(body, *field.message,
                        *message.GetReflection()->MutableMessage(&message, field.field));
    }
    message.GetReflection()->SetString(&message, field.field, std::move(body));
    return absl::OkStatus();
}

// The bytes of a field, moved out when the message holds them as a plain string (reflection has no
// mutable access to it): a response may be 6 MB, and the message is about to go.
std::string takeBytes(Message& message, const FieldDescriptor* field)
{
    std::string scratch;
    const std::string& bytes =
        message.GetReflection()->GetStringReference(message, field, &scratch);
    return &bytes == &scratch ? std::move(scratch) : std::move(const_cast<std::string&>(bytes));
}

std::string payloadOf(const FieldSchema& field, Message& message)
{
    if (!field.message)
        return takeBytes(message, field.field);
    std::string body;
    writeJson(message.GetReflection()->GetMessage(message, field.field), *field.message, body);
    return body;
}

} // namespace

absl::Status RestJsonCodec::decode(HttpRequest& request, const Route& route, Message& message) const
{
    const MessageSchema& schema = *route.operation->input;
    if (absl::Status typed = checkContentType(request, *route.operation); !typed.ok())
        return typed;
    for (const FieldSchema& field : schema.fields) {
        absl::Status status;
        switch (field.in) {
        case PATH:
            status = setFromParameters(field, route.labels, message);
            break;
        case QUERY:
            status = setFromParameters(field, route.query, message);
            break;
        case HEADER:
            if (const HttpHeader* header = request.header(field.name))
                status = setFromText(field.field, header->value, message);
            break;
        case PAYLOAD:
            status = setFromPayload(field, request.body, message);
            break;
        default:
            break;
        }
        if (!status.ok())
            return status;
    }
    if (!schema.hasBody || request.body.empty())
        return absl::OkStatus();
    return readJson(request.body, schema, message);
}

HttpReply RestJsonCodec::encode(const OperationSchema& operation, Message& message) const
{
    const MessageSchema& schema = *operation.output;
    const auto& reflection = *message.GetReflection();
    HttpReply reply;
    reply.status = operation.options->status();
    for (const FieldSchema& field : schema.fields) {
        if (field.field->is_repeated() || !reflection.HasField(message, field.field))
            continue;
        if (field.in == STATUS_CODE)
            reply.status = reflection.GetInt32(message, field.field);
        else if (field.in == HEADER)
            reply.headers.emplace_back(field.name, textOf(field.field, message));
        else if (field.in == PAYLOAD)
            reply.body = payloadOf(field, message);
    }
    if (schema.events) {
        // The body is the stream; that a function names a type for its chunks does not change it.
        std::erase_if(reply.headers, [](const auto& h) { return h.first == "Content-Type"; });
        reply.headers.emplace_back("Content-Type", "application/vnd.amazon.eventstream");
        return reply;
    }
    if (!schema.payload && reply.status != 204)
        writeJson(message, schema, reply.body);
    const bool typed =
        std::any_of(reply.headers.begin(), reply.headers.end(),
                    [](const auto& header) { return header.first == "Content-Type"; });
    if (!reply.body.empty() && !typed)
        reply.headers.emplace_back("Content-Type", "application/json");
    return reply;
}

HttpReply RestJsonCodec::encodeError(const ServiceSchema* service, const AwsError& error) const
{
    const Error* modelled = nullptr;
    if (service) {
        const auto found = service->errors.find(error.name);
        modelled = found == service->errors.end() ? nullptr : found->second;
    }
    HttpReply reply;
    reply.status = error.status;
    reply.headers.emplace_back("Content-Type", "application/json");
    reply.headers.emplace_back("x-amzn-ErrorType", error.name);
    reply.body = "{";
    if (!error.reason.empty()) {
        reply.body += "\"Reason\":";
        writeJsonString(error.reason, reply.body);
        reply.body += ',';
    }
    if (modelled)
        absl::StrAppend(&reply.body,
                        "\"Type\":", error.status < 500 ? "\"User\"," : "\"Service\",");
    writeJsonString(modelled ? modelled->message_member() : "message", reply.body);
    reply.body += ':';
    writeJsonString(error.message, reply.body);
    if (error.retryAfterSeconds > 0) {
        reply.headers.emplace_back("Retry-After", absl::StrCat(error.retryAfterSeconds));
        absl::StrAppend(&reply.body, ",\"retryAfterSeconds\":\"", error.retryAfterSeconds, "\"");
    }
    reply.body += '}';
    return reply;
}

} // namespace gantry::wire
