#include "backend/wire/url_front.h"

#include "backend/api/url_cors.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/wire/audit_entries.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::wire {
namespace {

constexpr std::string_view kPathPrefix = "/lambda-url/";

HttpReply answered(HttpReply reply, const std::string& requestId)
{
    reply.headers.emplace_back("x-amzn-RequestId", requestId);
    return reply;
}

} // namespace

UrlFront::UrlFront(api::FunctionUrls* urls, std::string region, iam::SigV4Verifier& verifier,
                   const Clock& clock, const iam::AccessControl* access, iam::AuditLog* audit)
    : m_urls(urls), m_middle(absl::StrCat(".lambda-url.", region, ".")), m_verifier(verifier),
      m_clock(clock), m_access(access), m_audit(audit)
{
}

std::optional<UrlFront::Match> UrlFront::match(const HttpRequest& head, const IsOurs& isOurs) const
{
    const HttpHeader* header = head.header("host");
    if (!m_urls || !header)
        return std::nullopt;
    const std::string host = absl::AsciiStrToLower(view(header->value));
    const std::size_t dot = host.find('.');
    if (dot != std::string::npos && host.compare(dot, m_middle.size(), m_middle) == 0) {
        if (!isOurs(std::string_view(host).substr(dot + m_middle.size())))
            return std::nullopt;
        return Match{host.substr(0, dot), std::string(head.path)};
    }
    if (!head.path.starts_with(kPathPrefix) || !isOurs(host))
        return std::nullopt;
    const std::string_view rest = head.path.substr(kPathPrefix.size());
    const std::size_t slash = rest.find('/');
    const std::string_view path = slash == std::string_view::npos ? "/" : rest.substr(slash);
    return Match{std::string(rest.substr(0, slash)), std::string(path)};
}

absl::Status UrlFront::authenticate(const HttpRequest& request, const std::string& functionArn,
                                    const std::string& requestId, api::UrlCaller& caller)
{
    if (!iam::SigV4Verifier::isSigned(request))
        return makeError("AccessDeniedException", 403, "Forbidden");
    const auto credential = m_verifier.verify(request, "lambda", m_clock.unixMicros() / 1'000'000);
    if (!credential.ok()) {
        if (m_audit)
            m_audit->record(rejectedEntry("url", request, requestId, credential.status()));
        return credential.status();
    }
    caller = {(*credential)->accessKeyId, (*credential)->accountId, (*credential)->principalArn};
    return m_access ? authorize(request, functionArn, requestId, **credential) : absl::OkStatus();
}

absl::Status UrlFront::authorize(const HttpRequest& request, const std::string& functionArn,
                                 const std::string& requestId, const iam::Credential& credential)
{
    iam::AccessRequest asked =
        m_access->describe(credential, "lambda:InvokeFunctionUrl", functionArn);
    asked.context.set("lambda:FunctionUrlAuthType", "AWS_IAM");
    asked.context.set("aws:SourceIp", request.remoteAddress);
    iam::Judgement judged;
    absl::Status status = m_access->authorize(credential, asked, &judged);
    if (!m_audit)
        return status;
    v1::AuditEntry entry;
    addSource("url", request, entry);
    entry.set_request_id(requestId);
    entry.set_principal_arn(credential.principalArn);
    entry.set_access_key_id(credential.accessKeyId);
    entry.set_action(asked.action);
    entry.set_resource(asked.resource);
    addDecision(asked, std::move(judged), entry);
    m_audit->record(std::move(entry));
    return status;
}

void UrlFront::serve(const Match& match, const HttpRequest& request, const std::string& requestId,
                     Reply reply)
{
    const functions::UrlPlace* place = m_urls->find(match.id);
    if (!place)
        return reply(
            answered(api::urlError(notFound("There is no function URL of this name.")), requestId));
    const aws::lambda::FunctionUrlConfig& config = place->url->config;
    if (auto preflight = api::corsPreflight(config.cors(), request); preflight && config.has_cors())
        return reply(answered(*std::move(preflight), requestId));
    api::UrlCaller caller;
    const bool identified = config.auth_type() == "AWS_IAM";
    if (identified) {
        if (const absl::Status status = authenticate(request, config.function_arn(), requestId, caller); !status.ok())
            return reply(answered(api::urlError(status), requestId));
    }
    api::UrlRequest call;
    call.urlId = match.id;
    call.path = match.path;
    call.requestId = requestId;
    const HttpHeader* trace = request.header("x-amzn-trace-id");
    call.traceId = trace ? std::string(trace->value) : newTraceId();
    call.caller = identified ? &caller : nullptr;
    call.http = &request;
    m_urls->serve(*place, call, std::move(reply));
}

HttpReply UrlFront::tooLarge(const std::string& requestId) const
{
    return answered(
        api::urlError(makeError("RequestEntityTooLargeException", 413,
                                absl::StrCat("Request must be smaller than ", kMaxBody, " bytes"))),
        requestId);
}

} // namespace gantry::wire
