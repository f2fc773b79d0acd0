#include "ui/rpc/urls_api.h"

#include "gantry/v1/develop.pb.h"
#include "ui/rpc/call.h"
#include "ui/rpc/functions_convert.h"

#include <google/protobuf/empty.pb.h>

namespace gantry::rpc {

namespace pb = aws::lambda;

namespace {

constexpr std::size_t kArnParts = 7; // without a qualifier

template <class List> QStringList toList(const List& values)
{
    QStringList list;
    for (const auto& value : values)
        list << text(value);
    return list;
}

template <class Message> FunctionUrl toUrl(const Message& message)
{
    FunctionUrl url;
    url.url = text(message.function_url());
    url.qualifier = text(message.function_arn()).section(QLatin1Char(':'), kArnParts);
    url.signedOnly = message.auth_type() == "AWS_IAM";
    url.streams = message.invoke_mode() == "RESPONSE_STREAM";
    const pb::Cors& cors = message.cors();
    url.cors = {toList(cors.allow_origins()),  toList(cors.allow_methods()),
                toList(cors.allow_headers()),  toList(cors.expose_headers()),
                cors.allow_credentials(),      cors.max_age()};
    return url;
}

void fill(const QStringList& from, google::protobuf::RepeatedPtrField<std::string>* to)
{
    for (const QString& value : from)
        to->Add(value.toStdString());
}

template <class Request> Request toRequest(const QString& function, const FunctionUrl& url)
{
    Request request;
    request.set_function_name(function.toStdString());
    if (!url.qualifier.isEmpty())
        request.set_qualifier(url.qualifier.toStdString());
    request.set_auth_type(url.signedOnly ? "AWS_IAM" : "NONE");
    request.set_invoke_mode(url.streams ? "RESPONSE_STREAM" : "BUFFERED");
    pb::Cors& cors = *request.mutable_cors(); // empty: none
    fill(url.cors.allowOrigins, cors.mutable_allow_origins());
    fill(url.cors.allowMethods, cors.mutable_allow_methods());
    fill(url.cors.allowHeaders, cors.mutable_allow_headers());
    fill(url.cors.exposeHeaders, cors.mutable_expose_headers());
    if (url.cors.allowCredentials)
        cors.set_allow_credentials(true);
    if (url.cors.maxAgeS > 0)
        cors.set_max_age(url.cors.maxAgeS);
    return request;
}

UrlEvent toEvent(const v1::CallFunctionUrlEvent& message)
{
    UrlEvent event;
    event.elapsedMs = static_cast<double>(message.elapsed_micros()) / 1000;
    event.status = message.status();
    for (const v1::HttpField& field : message.headers())
        event.headers.append({text(field.name()), text(field.value())});
    event.chunk = bytes(message.chunk());
    event.ended = message.ended();
    event.broken = message.broken();
    return event;
}

StreamedEvent toStreamed(const pb::InvokeWithResponseStreamResponse& message)
{
    StreamedEvent event;
    event.executedVersion = text(message.executed_version());
    event.contentType = text(message.response_stream_content_type());
    event.chunk = bytes(message.event_stream().payload_chunk().payload());
    event.completed = message.event_stream().has_invoke_complete();
    const auto& complete = message.event_stream().invoke_complete();
    event.errorCode = text(complete.error_code());
    event.errorDetails = text(complete.error_details());
    event.log = QString::fromUtf8(QByteArray::fromBase64(bytes(complete.log_result())));
    return event;
}

} // namespace

void UrlsApi::list(const QString& function, QObject* context, Done<std::vector<FunctionUrl>> done)
{
    pb::ListFunctionUrlConfigsRequest request;
    request.set_function_name(function.toStdString());
    rpc::call<pb::ListFunctionUrlConfigsResponse>(
        m_channel, request, context,
        [](const pb::ListFunctionUrlConfigsResponse& response) {
            std::vector<FunctionUrl> urls;
            for (const auto& config : response.function_url_configs())
                urls.push_back(toUrl(config));
            return urls;
        },
        std::move(done));
}

void UrlsApi::create(const QString& function, const FunctionUrl& url, QObject* context,
                     Done<FunctionUrl> done)
{
    rpc::call<pb::CreateFunctionUrlConfigResponse>(
        m_channel, toRequest<pb::CreateFunctionUrlConfigRequest>(function, url), context,
        toUrl<pb::CreateFunctionUrlConfigResponse>, std::move(done));
}

void UrlsApi::update(const QString& function, const FunctionUrl& url, QObject* context,
                     Done<FunctionUrl> done)
{
    rpc::call<pb::UpdateFunctionUrlConfigResponse>(
        m_channel, toRequest<pb::UpdateFunctionUrlConfigRequest>(function, url), context,
        toUrl<pb::UpdateFunctionUrlConfigResponse>, std::move(done));
}

void UrlsApi::remove(const QString& function, const QString& qualifier, QObject* context,
                     Done<Nothing> done)
{
    pb::DeleteFunctionUrlConfigRequest request;
    request.set_function_name(function.toStdString());
    if (!qualifier.isEmpty())
        request.set_qualifier(qualifier.toStdString());
    rpc::call<google::protobuf::Empty>(
        m_channel, request, context, [](const google::protobuf::Empty&) { return Nothing{}; },
        std::move(done));
}

std::unique_ptr<Stream> UrlsApi::call(const UrlRequest& request,
                                      std::function<void(UrlEvent)> onEvent,
                                      std::function<void(Error)> onEnd)
{
    v1::CallFunctionUrlRequest message;
    message.set_function_name(request.function.toStdString());
    message.set_qualifier(request.qualifier.toStdString());
    message.set_method(request.method.toStdString());
    message.set_path(request.path.toStdString());
    for (const auto& [name, value] : request.headers) {
        v1::HttpField& field = *message.add_headers();
        field.set_name(name.toStdString());
        field.set_value(value.toStdString());
    }
    message.set_body(request.body.toStdString());
    return stream<v1::CallFunctionUrlEvent>(m_channel, message, toEvent, std::move(onEvent),
                                            std::move(onEnd));
}

std::unique_ptr<Stream> UrlsApi::invokeStream(const InvokeRequest& request,
                                              std::function<void(StreamedEvent)> onEvent,
                                              std::function<void(Error)> onEnd)
{
    pb::InvokeWithResponseStreamRequest message;
    message.set_function_name(request.function.toStdString());
    if (!request.qualifier.isEmpty())
        message.set_qualifier(request.qualifier.toStdString());
    if (!request.tenantId.isEmpty())
        message.set_tenant_id(request.tenantId.toStdString());
    message.set_log_type("Tail");
    message.set_payload(request.payload.toStdString());
    return stream<pb::InvokeWithResponseStreamResponse>(m_channel, message, toStreamed,
                                                        std::move(onEvent), std::move(onEnd));
}

} // namespace gantry::rpc
