#include "backend/api/function_urls.h"

#include "backend/api/http_prelude.h"
#include "backend/api/url_cors.h"
#include "backend/api/url_stream.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/invoke/dispatcher.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace gantry::api {
namespace {

// A handler that streams answers a buffered URL with its own head in front all the same.
HttpReply bufferedReply(const invoke::Result& result)
{
    if (result.functionError)
        return urlBadGateway();
    if (result.contentType != kHttpIntegration)
        return urlReply(result.payload);
    HttpPrelude prelude;
    if (prelude.add(result.payload) != HttpPrelude::State::Complete)
        return urlBadGateway();
    HttpHead head = prelude.takeHead();
    HttpReply reply;
    reply.status = head.status;
    reply.headers = std::move(head.headers);
    reply.body = prelude.takeRest();
    return reply;
}

FunctionUrls::Reply decorated(const functions::UrlPlace& place, const UrlRequest& request,
                              FunctionUrls::Reply reply)
{
    return [cors = corsHeaders(place.url->config.cors(), *request.http), id = request.requestId,
            reply = std::move(reply)](HttpReply answer) {
        applyCors(cors, answer);
        answer.headers.emplace_back("x-amzn-RequestId", id);
        reply(std::move(answer));
    };
}

} // namespace

HttpReply urlError(const absl::Status& status)
{
    const AwsError error = awsErrorOf(status);
    HttpReply reply;
    reply.status = error.status;
    reply.headers.emplace_back("Content-Type", "application/json");
    reply.headers.emplace_back("x-amzn-ErrorType", error.name);
    reply.body = boost::json::serialize(boost::json::value{{"Message", error.message}});
    return reply;
}

void FunctionUrls::serve(const functions::UrlPlace& place, const UrlRequest& request, Reply reply)
{
    reply = decorated(place, request, std::move(reply));
    auto target = m_registry.resolve(place.functionName, place.qualifier, m_uniform(m_random));
    if (!target.ok())
        return reply(urlError(target.status()));
    invoke::Request invocation;
    invocation.target = *std::move(target);
    invocation.requestId = request.requestId;
    invocation.traceId = request.traceId;
    invocation.url = true;
    invocation.event =
        std::make_shared<const std::string>(urlEvent(request, m_clock.unixMillis()));
    if (place.url->config.invoke_mode() != "RESPONSE_STREAM") {
        m_dispatcher.invoke(std::move(invocation), [reply = std::move(reply)](
                                                       absl::StatusOr<invoke::Result> result) {
            reply(result.ok() ? bufferedReply(*result) : urlError(result.status()));
        });
        return;
    }
    const auto stream = std::make_shared<UrlStream>(std::move(reply));
    invocation.sink = stream;
    m_dispatcher.invoke(std::move(invocation), [stream](absl::StatusOr<invoke::Result> result) {
        if (result.ok())
            stream->finish(*result);
        else
            stream->fail(urlError(result.status()));
    });
}

} // namespace gantry::api
