#include "backend/wire/gateway.h"

#include "backend/base/error.h"
#include "backend/base/gzip.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/observe/prometheus.h"
#include "backend/wire/codecs.h"
#include "backend/wire/audit_entries.h"
#include "backend/wire/services.h"
#include "backend/wire/stream_reply.h"
#include "backend/wire/validator.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>

namespace gantry::wire {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageFactory;

constexpr std::int64_t kDefaultMaxRequestBytes = 6 * 1024 * 1024;

// operation: null when only the body names it.
std::int64_t maxRequestBytes(const OperationSchema* operation)
{
    const std::int64_t own = operation ? operation->options->max_request_bytes() : 0;
    return own > 0 ? own : kDefaultMaxRequestBytes;
}

absl::Status tooLargeError(const OperationSchema* operation)
{
    // AWS names the IAM action here: InvokeFunction for Invoke.
    std::string action = operation ? operation->options->action() : std::string();
    action.erase(0, action.find(':') + 1);
    const std::string_view name = operation && operation->declares("RequestTooLargeException")
                                      ? "RequestTooLargeException"
                                      : "RequestEntityTooLargeException";
    return makeError(name, 413,
                     absl::StrCat("Request must be smaller than ", maxRequestBytes(operation),
                                  " bytes",
                                  operation ? absl::StrCat(" for the ", action, " operation") : ""));
}

absl::Status unknownOperation(const HttpRequest& head)
{
    constexpr std::size_t kShown = 256;
    if (const HttpHeader* target = head.header("x-amz-target"))
        return makeError(
            "UnknownOperationException", 400,
            absl::StrCat("No operation has the target ", view(target->value.substr(0, kShown))));
    return makeError("UnknownOperationException", 404,
                     absl::StrCat("No operation has the method ", view(head.method.substr(0, 16)),
                                  " and the path ", view(head.path.substr(0, kShown))));
}

absl::Status foreignHost()
{
    return makeError("AccessDeniedException", 403,
                     "The Host header names another machine. Use localhost or 127.0.0.1, or start "
                     "gantryd with the name that clients use.");
}

absl::Status fromBrowser()
{
    return makeError("AccessDeniedException", 403,
                     "Web pages of other origins may not call this endpoint.");
}

constexpr std::string_view kTokenHeader = "X-Aws-Parameters-Secrets-Token";

// A service without a signing name is the extension's: it takes the session token alone.
bool takesToken(const OperationSchema* operation)
{
    return operation && operation->service->options->signing_name().empty();
}

absl::Status missingToken()
{
    return makeError("MissingAuthenticationTokenException", 403, "Missing Authentication Token");
}

std::string_view withoutPort(std::string_view host)
{
    if (!host.empty() && host.front() == '[')
        return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

// Newer SDKs compress the bodies of PutMetricData. In REST_JSON the coding is the function's affair.
absl::Status inflateBody(HttpRequest& request, const Route& route)
{
    const HttpHeader* coding = request.header("content-encoding");
    if (!coding || route.protocol == REST_JSON ||
        !absl::EqualsIgnoreCase(view(coding->value), "gzip"))
        return absl::OkStatus();
    auto body =
        gunzip(request.body, static_cast<std::size_t>(maxRequestBytes(route.operation)));
    if (!body)
        return makeError("SerializationException", 400,
                         "The body is not gzip, or is too long when it is inflated.");
    request.body = *std::move(body);
    return absl::OkStatus();
}

const ServiceSchema* serviceOf(const Route& route)
{
    return route.operation ? route.operation->service : route.service;
}

// What an answer needs to know when the request has gone.
Gateway::Admission answerable(const std::string& requestId, const Route& route)
{
    Gateway::Admission kept;
    kept.requestId = requestId;
    kept.route.operation = route.operation;
    kept.route.protocol = route.protocol;
    return kept;
}

} // namespace

Gateway::Gateway(const api::OperationTable& table, iam::CredentialLookup credentials,
                 std::string region, const Clock& clock, std::vector<std::string> hosts,
                 api::FunctionUrls* functionUrls, const iam::AccessControl* access,
                 iam::AuditLog* audit)
    : m_table(table), m_credentials(credentials), m_verifier(std::move(credentials), region),
      m_clock(clock), m_region(region), m_access(access),
      m_hosts(std::move(hosts)), m_schema(awsServices()), m_router(m_schema),
      m_urls(functionUrls, m_region, m_verifier, clock, access, audit), m_audit(audit)
{
    if (access)
        m_authorizer.emplace(m_schema, *access);
}

void Gateway::serveImages(images::ImageStore& images, const std::string& accountId)
{
    m_registry = std::make_unique<RegistryFront>(images, accountId, m_region, m_credentials, m_clock,
                                                 m_access, m_audit);
}

bool Gateway::isAllowedHost(std::string_view host) const
{
    std::string name = absl::AsciiStrToLower(view(withoutPort(host)));
    // SDKs put it before the endpoint's host for operations that stream. Only where nobody else can have
    // the name that it makes.
    constexpr std::string_view kStreaming = "streaming-";
    if (name == "streaming-localhost" || name == "streaming-127.0.0.1")
        name.erase(0, kStreaming.size());
    return name == "localhost" || name == "127.0.0.1" || name == "[::1]" ||
           absl::EndsWith(name, ".localhost") ||
           std::find(m_hosts.begin(), m_hosts.end(), name) != m_hosts.end();
}

bool Gateway::isScrape(const HttpRequest& head) const
{
    return m_metricsText && head.method == "GET" && head.path == "/metrics" &&
           !iam::SigV4Verifier::isSigned(head);
}

HttpReply Gateway::error(const Admission& admission, const absl::Status& status) const
{
    const Codec& codec = codecFor(admission.route.protocol);
    HttpReply reply = codec.encodeError(serviceOf(admission.route), awsErrorOf(status));
    codec.identify(reply, admission.requestId);
    return reply;
}

// That it comes for this platform, and not from a web page.
absl::Status Gateway::checkOrigin(const HttpRequest& head) const
{
    const HttpHeader* host = head.header("host");
    if (!host || !isAllowedHost(host->value))
        return foreignHost();
    if (head.method == "OPTIONS" || head.header("origin"))
        return fromBrowser();
    return absl::OkStatus();
}

// Whether the request may come in at all; finds its route.
absl::Status Gateway::checkEntry(const HttpRequest& head, Admission& admission) const
{
    if (absl::Status status = checkOrigin(head); !status.ok())
        return status;
    const bool inside = !admission.environment.empty();
    if (!inside && !iam::SigV4Verifier::isSigned(head))
        return missingToken();
    admission.route = m_router.route(head);
    if (!serviceOf(admission.route) || takesToken(admission.route.operation) != inside) {
        admission.route.operation = nullptr; // the protocol stays: the answer speaks it
        admission.route.service = nullptr;
        return unknownOperation(head);
    }
    return absl::OkStatus();
}

Gateway::Admission Gateway::admit(const HttpRequest& head, const std::string& environment) const
{
    Admission admission;
    admission.requestId = randomUuid();
    admission.environment = environment;
    if (environment.empty())
        admission.url =
            m_urls.match(head, [this](std::string_view name) { return isAllowedHost(name); });
    if (admission.url) {
        admission.bodyLimit = UrlFront::kMaxBody;
        return admission;
    }
    if (m_registry && environment.empty() && RegistryFront::isFor(head) && checkOrigin(head).ok()) {
        admission.registry.emplace();
        admission.refusal = m_registry->admit(head, admission.requestId, *admission.registry);
        admission.bodyLimit = admission.registry->bodyLimit;
        return admission;
    }
    if (environment.empty() && isScrape(head) && checkOrigin(head).ok()) {
        admission.refusal.emplace();
        admission.refusal->headers.emplace_back("Content-Type", observe::kPrometheusType);
        admission.refusal->body = m_metricsText();
        return admission;
    }
    absl::Status refusal = checkEntry(head, admission);
    if (refusal.ok()) {
        const auto limit = static_cast<std::size_t>(maxRequestBytes(admission.route.operation));
        admission.bodyLimit = limit;
        std::size_t announced = 0;
        const HttpHeader* length = head.header("content-length");
        if (length && absl::SimpleAtoi(view(length->value), &announced) && announced > limit)
            refusal = tooLargeError(admission.route.operation);
    }
    if (!refusal.ok())
        admission.refusal = error(admission, refusal);
    return admission;
}

HttpReply Gateway::tooLarge(const Admission& admission) const
{
    if (admission.url)
        return m_urls.tooLarge(admission.requestId);
    if (admission.registry)
        return RegistryFront::tooLarge();
    return error(admission, tooLargeError(admission.route.operation));
}

HttpReply Gateway::malformed(std::string_view why) const
{
    Admission none;
    none.requestId = randomUuid();
    HttpReply reply = error(none, makeError("BadRequestException", 400, std::string(why)));
    reply.close = true;
    return reply;
}

absl::StatusOr<const iam::Credential*> Gateway::credentialOf(const HttpRequest& request,
                                                             const Admission& admission)
{
    const std::int64_t now = m_clock.unixMicros() / 1'000'000;
    if (admission.environment.empty())
        return m_verifier.verify(request, serviceOf(admission.route)->options->signing_name(), now);
    const HttpHeader* token = request.header(kTokenHeader);
    if (!token)
        return makeError("MissingAuthenticationTokenException", 401,
                         absl::StrCat("The header ", view(kTokenHeader), " is missing: give it the "
                                      "value of AWS_SESSION_TOKEN."));
    return iam::checkToken(m_credentials(admission.environment), token->value, now);
}

absl::Status Gateway::authenticate(const HttpRequest& request, const Admission& admission,
                                   api::Call& call)
{
    const auto credential = credentialOf(request, admission);
    if (!credential.ok())
        return credential.status();
    call.accessKeyId = (*credential)->accessKeyId;
    call.accountId = (*credential)->accountId;
    call.principalArn = (*credential)->principalArn;
    call.credential = *credential;
    return absl::OkStatus();
}

absl::Status Gateway::authorize(const HttpRequest& request, const OperationSchema& operation,
                                const Message& message, const api::Call& call,
                                std::shared_ptr<v1::AuditEntry>& later)
{
    KeptDecision kept;
    absl::Status status = m_authorizer->authorize(operation, message, request, call, kept);
    if (!m_audit)
        return status;
    addSource("aws", request, kept.entry);
    if (kept.later)
        later = std::make_shared<v1::AuditEntry>(std::move(kept.entry));
    else
        m_audit->record(std::move(kept.entry));
    for (v1::AuditEntry& part : kept.parts) {
        addSource("aws", request, part);
        m_audit->record(std::move(part));
    }
    return status;
}

void Gateway::keepLater(v1::AuditEntry entry, const absl::Status& status)
{
    entry.set_reason("The trust policy of the role allows it.");
    if (!status.ok()) {
        const AwsError error = awsErrorOf(status);
        entry.set_decision(error.name == "AccessDeniedException" ? v1::AUDIT_DENIED
                                                                 : v1::AUDIT_ALLOWED);
        entry.set_reason(error.message);
    }
    m_audit->record(std::move(entry));
}

api::CallPtr Gateway::handle(HttpRequest& request, const Admission& admission, Reply reply)
{
    if (admission.registry) {
        m_registry->serve(*admission.registry, request, std::move(reply));
        return nullptr;
    }
    if (!admission.url)
        return call(request, admission, std::move(reply));
    m_urls.serve(*admission.url, request, admission.requestId, std::move(reply));
    return nullptr;
}

// The first message's members make the head, the events of all of them the body.
void Gateway::startStream(const Admission& request, const api::OperationTable::Operation& to,
                          const api::CallPtr& call, const Message& message, Reply reply)
{
    const auto admission = std::make_shared<Admission>(answerable(request.requestId, request.route));
    const auto stream = std::make_shared<StreamReply>(
        *request.route.operation, call,
        [this, weak = weak_from_this(), admission, call](const Message& first) {
            if (weak.expired())
                return HttpReply();
            const api::MessagePtr head(first.New());
            head->CopyFrom(first);
            return answer(*admission, *call, head.get());
        },
        [this, weak = weak_from_this(), admission, call](const absl::Status& status) {
            return weak.expired() ? HttpReply() : answer(*admission, *call, status);
        },
        std::move(reply));
    to.stream(call, message, stream);
}

api::CallPtr Gateway::call(HttpRequest& request, const Admission& admission, Reply reply)
{
    auto call = std::make_shared<api::Call>();
    call->requestId = admission.requestId;
    if (const HttpHeader* trace = request.header("x-amzn-trace-id"))
        call->traceId = std::string(trace->value);

    absl::Status status = authenticate(request, admission, *call);
    if (status.ok())
        status = inflateBody(request, admission.route);
    Route completed; // of a form, which names its operation itself
    if (status.ok() && !admission.route.operation) {
        completed = admission.route;
        status = m_router.routeForm(request, completed);
    }
    if (!status.ok()) {
        if (m_audit && call->principalArn.empty())
            m_audit->record(rejectedEntry("aws", request, call->requestId, status));
        reply(error(admission, status));
        return nullptr;
    }
    const Route& route = completed.operation ? completed : admission.route;
    const OperationSchema& operation = *route.operation;
    const api::OperationTable::Operation* implementation = m_table.find(operation.method);
    if (!implementation) {
        status = makeError(
            "NotImplemented", 501,
            absl::StrCat("Gantry does not implement ", operation.method->name(), " yet."));
    }
    const std::shared_ptr<Message> message(
        MessageFactory::generated_factory()->GetPrototype(operation.method->input_type())->New());
    call->request = message;
    if (status.ok())
        status = codecFor(route.protocol).decode(request, route, *message);
    if (status.ok())
        status = prepare(*operation.input, *message);
    std::shared_ptr<v1::AuditEntry> later;
    if (status.ok() && m_authorizer)
        status = authorize(request, operation, *message, *call, later);
    if (!status.ok()) {
        reply(error(admission, status));
        return nullptr;
    }
    if (implementation->stream) {
        startStream(admission, *implementation, call, *message, std::move(reply));
        return call;
    }
    // The handler may answer when the front is gone already.
    implementation->unary(call, *message,
                          [weak = weak_from_this(), admission = answerable(admission.requestId, route), call,
                           later, reply = std::move(reply)](absl::StatusOr<api::MessagePtr> result) {
                              call->onCancelled = nullptr;
                              const auto self = weak.lock();
                              if (self && later)
                                  self->keepLater(*later, result.status());
                              if (self)
                                  reply(result.ok()
                                            ? self->answer(admission, *call, result->get())
                                            : self->answer(admission, *call, result.status()));
                          });
    return call;
}

HttpReply Gateway::answer(const Admission& admission, const api::Call& call,
                          absl::StatusOr<Message*> result) const
{
    HttpReply reply;
    if (result.ok()) {
        const Codec& codec = codecFor(admission.route.protocol);
        reply = codec.encode(*admission.route.operation, **result);
        codec.identify(reply, admission.requestId);
    } else {
        reply = error(admission, result.status());
    }
    if (!call.traceId.empty())
        reply.headers.emplace_back("X-Amzn-Trace-Id", call.traceId);
    return reply;
}

} // namespace gantry::wire
