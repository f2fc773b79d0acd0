#include "backend/wire/json_rpc.h"

#include "backend/wire/json_reader.h"
#include "backend/wire/json_writer.h"

#include <google/protobuf/empty.pb.h>

#include <utility>

namespace gantry::wire {

using google::protobuf::Message;

JsonRpcCodec::JsonRpcCodec(std::string contentType) : m_contentType(std::move(contentType)) {}

absl::Status JsonRpcCodec::decode(HttpRequest& request, const Route& route, Message& message) const
{
    if (request.body.empty())
        return absl::OkStatus();
    return readJson(request.body, *route.operation->input, message, "SerializationException");
}

HttpReply JsonRpcCodec::encode(const OperationSchema& operation, Message& message) const
{
    HttpReply reply;
    if (const FieldSchema* events = operation.output->events) {
        // What is beside the events goes before them; see StreamReply.
        message.GetReflection()->ClearField(&message, events->field);
        reply.headers.emplace_back("Content-Type", "application/vnd.amazon.eventstream");
    } else {
        reply.headers.emplace_back("Content-Type", m_contentType);
    }
    if (operation.output->type != google::protobuf::Empty::descriptor())
        writeJson(message, *operation.output, reply.body);
    return reply;
}

HttpReply JsonRpcCodec::encodeError(const ServiceSchema* service, const AwsError& error) const
{
    std::string member = "message";
    HttpReply reply;
    if (service) {
        // Clients that spoke the query protocol before go on with the codes they know.
        if (const auto code = service->queryCodes.find(error.name);
            code != service->queryCodes.end())
            reply.headers.emplace_back("x-amzn-query-error",
                                       code->second +
                                           (error.status < 500 ? ";Sender" : ";Receiver"));
        if (const auto found = service->errors.find(error.name); found != service->errors.end())
            member = found->second->message_member();
    }
    reply.status = error.status;
    reply.headers.emplace_back("Content-Type", m_contentType);
    reply.body = "{\"__type\":";
    writeJsonString(error.name, reply.body);
    reply.body += ',';
    writeJsonString(member, reply.body);
    reply.body += ':';
    writeJsonString(error.message, reply.body);
    reply.body += '}';
    return reply;
}

} // namespace gantry::wire
