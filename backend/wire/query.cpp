#include "backend/wire/query.h"

#include "backend/base/text.h"
#include "backend/wire/query_form.h"
#include "backend/wire/xml_writer.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <array>

namespace gantry::wire {
namespace {

using google::protobuf::Message;

constexpr std::string_view kErrorRoot = "<ErrorResponse";

// The errors that every service has, as this protocol names them: AWS's "Common errors" of IAM.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kCommonErrors{{
    {"AccessDeniedException", "AccessDenied"},
    {"ExpiredTokenException", "ExpiredToken"},
    {"IncompleteSignatureException", "IncompleteSignature"},
    {"InvalidSignatureException", "SignatureDoesNotMatch"},
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken"},
    {"SerializationException", "MalformedInput"},
    {"UnknownOperationException", "InvalidAction"},
    {"UnrecognizedClientException", "InvalidClientTokenId"},
    {"ValidationException", "ValidationError"},
}};

std::string_view codeOf(const ServiceSchema* service, std::string_view name)
{
    if (service) {
        const auto own = service->queryCodes.find(view(name));
        if (own != service->queryCodes.end())
            return own->second;
    }
    const auto* found = std::find_if(kCommonErrors.begin(), kCommonErrors.end(),
                                     [&](const auto& common) { return common.first == name; });
    return found == kCommonErrors.end() ? name : found->second;
}

} // namespace

absl::Status QueryCodec::decode(HttpRequest&, const Route& route, Message& message) const
{
    return readForm(route.query, *route.operation->input, message);
}

HttpReply QueryCodec::encode(const OperationSchema& operation, Message& message) const
{
    const std::string& name = operation.method->name();
    HttpReply reply;
    reply.headers.emplace_back("Content-Type", "text/xml");
    reply.body = absl::StrCat("<", name, "Response xmlns=\"",
                              operation.service->xmlNamespace, "\">");
    if (operation.output->type != google::protobuf::Empty::descriptor()) {
        absl::StrAppend(&reply.body, "<", name, "Result>");
        writeXml(message, *operation.output, reply.body);
        absl::StrAppend(&reply.body, "</", name, "Result>");
    }
    absl::StrAppend(&reply.body, "</", name, "Response>");
    return reply;
}

HttpReply QueryCodec::encodeError(const ServiceSchema* service, const AwsError& error) const
{
    HttpReply reply;
    reply.status = error.status;
    reply.headers.emplace_back("Content-Type", "text/xml");
    reply.body = absl::StrCat(view(kErrorRoot), service ? " xmlns=\"" : "",
                              service ? service->xmlNamespace : std::string(),
                              service ? "\">" : ">", "<Error><Type>",
                              error.status < 500 ? "Sender" : "Receiver", "</Type>");
    writeXmlElement("Code", codeOf(service, error.name), reply.body);
    writeXmlElement("Message", error.message, reply.body);
    absl::StrAppend(&reply.body, "</Error></ErrorResponse>");
    return reply;
}

void QueryCodec::identify(HttpReply& reply, const std::string& requestId) const
{
    Codec::identify(reply, requestId);
    const bool failed = reply.body.starts_with(kErrorRoot);
    reply.body.insert(reply.body.rfind("</"),
                      absl::StrCat(failed ? "" : "<ResponseMetadata>", "<RequestId>", requestId,
                                   "</RequestId>", failed ? "" : "</ResponseMetadata>"));
}

} // namespace gantry::wire
