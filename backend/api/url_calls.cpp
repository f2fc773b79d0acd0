#include "backend/api/develop.h"
#include "backend/api/function_urls.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "gantry/v1/develop.pb.h"

#include <memory>
#include <string>
#include <utility>

namespace gantry::api {
namespace {

// One call of a function URL by the console: reads the reply's body and passes it on part by part,
// as fast as the console takes it.
class UrlCall final : public std::enable_shared_from_this<UrlCall> {
public:
    UrlCall(CallPtr call, StreamPtr to) : m_call(std::move(call)), m_to(std::move(to)) {}

    void start()
    {
        m_call->onCancelled = [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->cancel();
        };
    }

    void reply(HttpReply reply)
    {
        v1::CallFunctionUrlEvent head;
        head.set_status(reply.status);
        for (const auto& [name, value] : reply.headers) {
            v1::HttpField& field = *head.add_headers();
            field.set_name(name);
            field.set_value(value);
        }
        m_source = std::move(reply.source);
        send(std::move(head), [self = shared_from_this(), body = std::move(reply.body)]() mutable {
            if (self->m_source)
                self->pull();
            else
                self->pass({std::move(body), true, false});
        });
    }

private:
    void pull()
    {
        m_source->read([self = shared_from_this()](BodySource::Part part) {
            self->pass(std::move(part));
        });
    }

    void pass(BodySource::Part part)
    {
        v1::CallFunctionUrlEvent event;
        event.set_chunk(std::move(part.bytes));
        event.set_ended(part.last);
        event.set_broken(part.broken);
        const bool last = part.last;
        send(std::move(event), [self = shared_from_this(), last] {
            if (!last)
                return self->pull();
            self->m_source = nullptr;
            self->m_call->onCancelled = nullptr;
            self->m_to->finish(absl::OkStatus());
        });
    }

    void send(v1::CallFunctionUrlEvent event, std::function<void()> then)
    {
        if (m_cancelled)
            return;
        event.set_elapsed_micros(monotonicMicros() - m_since);
        if (m_to->write(event))
            return then();
        m_to->onWritable([self = shared_from_this(), event = std::move(event),
                          then = std::move(then)]() mutable {
            self->send(std::move(event), std::move(then));
        });
    }

    void cancel()
    {
        m_cancelled = true;
        if (const auto source = std::exchange(m_source, nullptr))
            source->cancel();
    }

    CallPtr m_call;
    StreamPtr m_to;
    const std::int64_t m_since = monotonicMicros();
    std::shared_ptr<BodySource> m_source;
    bool m_cancelled = false;
};

// The request as the HTTP front would have read it; its views lead into the message.
HttpRequest requestOf(const v1::CallFunctionUrlRequest& message, const std::string& host)
{
    HttpRequest http;
    const std::string_view path = message.path();
    const std::size_t mark = path.find('?');
    http.method = message.method().empty() ? std::string_view("GET") : message.method();
    http.path = path.substr(0, mark);
    http.query = mark == std::string_view::npos ? std::string_view() : path.substr(mark + 1);
    http.headers.push_back({"host", host});
    for (const v1::HttpField& field : message.headers())
        http.headers.push_back({field.name(), field.value()});
    http.body = message.body();
    http.remoteAddress = "127.0.0.1";
    return http;
}

void callUrl(functions::Registry& registry, FunctionUrls& urls, const CallPtr& call,
             const v1::CallFunctionUrlRequest& request, const StreamPtr& to)
{
    if (!request.path().empty() && request.path().front() != '/')
        return to->finish(validationError("The path begins with a slash."));
    const auto url = registry.url(request.function_name(), request.qualifier());
    if (!url.ok())
        return to->finish(url.status());
    const functions::UrlPlace* place = urls.find((*url)->id);
    const std::string host = (*url)->id + ".lambda-url." + registry.place().region + ".localhost";
    const HttpRequest http = requestOf(request, host);
    const UrlCaller owner{"", call->accountId, call->principalArn};
    UrlRequest wanted;
    wanted.urlId = (*url)->id;
    wanted.path = http.path.empty() ? "/" : std::string(http.path);
    wanted.requestId = call->requestId;
    wanted.caller = (*url)->config.auth_type() == "AWS_IAM" ? &owner : nullptr;
    wanted.http = &http;
    const auto passing = std::make_shared<UrlCall>(call, to);
    passing->start();
    urls.serve(*place, wanted, [passing](HttpReply reply) { passing->reply(std::move(reply)); });
}

} // namespace

void registerUrlCalls(OperationTable& table, functions::Registry& registry, FunctionUrls& urls)
{
    table.onStream<v1::CallFunctionUrlRequest>(
        [&registry, &urls](const CallPtr& call, const v1::CallFunctionUrlRequest& request,
                           const StreamPtr& to) { callUrl(registry, urls, call, request, to); });
}

} // namespace gantry::api
