#include "aws/lambda.pb.h"
#include "backend/api/invoke_request.h"
#include "backend/api/lambda_invoke.h"
#include "backend/functions/registry.h"
#include "backend/invoke/lineage.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace gantry::api {
namespace {

using aws::lambda::InvokeWithResponseStreamRequest;
using aws::lambda::InvokeWithResponseStreamResponse;

constexpr std::size_t kMaxChunk = 64 * 1024; // what a buffered response is cut into

// One InvokeWithResponseStream: the chunks of the function become messages of the call, one at a
// time, and wait while the caller reads slowly. A caller that hangs up changes nothing for the
// function: what it still sends is dropped.
class InvokeStream final : public runtime::ResponseSink,
                           public std::enable_shared_from_this<InvokeStream> {
public:
    InvokeStream(CallPtr call, StreamPtr to, std::string version, bool logTail)
        : m_call(std::move(call)), m_to(std::move(to)), m_version(std::move(version)),
          m_logTail(logTail)
    {
    }

    void start()
    {
        m_call->onCancelled = [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->detach();
        };
    }

    void begin(const std::string& contentType) override { m_contentType = contentType; }

    void write(std::string bytes, std::function<void()> more) override
    {
        InvokeWithResponseStreamResponse message = next();
        message.mutable_event_stream()->mutable_payload_chunk()->set_payload(std::move(bytes));
        m_more = std::move(more);
        send(std::move(message));
    }

    void finish(absl::StatusOr<invoke::Result> result)
    {
        if (m_call)
            m_call->onCancelled = nullptr;
        if (m_detached)
            return;
        if (!result.ok()) {
            m_to->finish(result.status());
            return;
        }
        m_result = *std::move(result);
        m_contentType = m_result->streamed ? m_contentType : m_result->contentType;
        if (!m_result->streamed && !m_result->functionError)
            m_rest = std::move(m_result->payload);
        if (m_waiting) // the stream broke off while its last chunk waits for the reader
            m_more = [self = shared_from_this()] { self->sendRest(); };
        else
            sendRest();
    }

private:
    // The head's members go with the first message.
    InvokeWithResponseStreamResponse next()
    {
        InvokeWithResponseStreamResponse message;
        if (std::exchange(m_begun, true))
            return message;
        message.set_status_code(200);
        message.set_executed_version(m_version);
        message.set_response_stream_content_type(m_contentType);
        return message;
    }

    void send(InvokeWithResponseStreamResponse message)
    {
        m_waiting = !m_detached && !m_to->write(message);
        if (!m_waiting) {
            if (m_more)
                std::exchange(m_more, nullptr)();
            return;
        }
        m_to->onWritable([self = shared_from_this(), message = std::move(message)]() mutable {
            self->send(std::move(message));
        });
    }

    // A buffered response, in pieces, then the end.
    void sendRest()
    {
        if (m_sent >= m_rest.size())
            return complete();
        InvokeWithResponseStreamResponse message = next();
        const std::size_t size = std::min(kMaxChunk, m_rest.size() - m_sent);
        message.mutable_event_stream()->mutable_payload_chunk()->set_payload(
            m_rest.substr(m_sent, size));
        m_sent += size;
        m_more = [self = shared_from_this()] { self->sendRest(); };
        send(std::move(message));
    }

    void complete()
    {
        InvokeWithResponseStreamResponse message = next();
        auto& end = *message.mutable_event_stream()->mutable_invoke_complete();
        if (m_result->functionError) {
            end.set_error_code(m_result->record.errorType);
            end.set_error_details(m_result->payload);
        }
        if (m_logTail)
            end.set_log_result(absl::Base64Escape(m_result->logTail));
        m_more = [to = m_to] { to->finish(absl::OkStatus()); };
        send(std::move(message));
    }

    void detach()
    {
        m_detached = true;
        if (m_more)
            std::exchange(m_more, nullptr)();
    }

    CallPtr m_call;
    StreamPtr m_to;
    const std::string m_version;
    const bool m_logTail;
    std::string m_contentType = "application/octet-stream";
    bool m_begun = false;
    bool m_detached = false;
    bool m_waiting = false; // a message waits for the reader
    std::function<void()> m_more; // what follows when the message that waits is sent
    std::optional<invoke::Result> m_result;
    std::string m_rest;
    std::size_t m_sent = 0;
};

class InvokeStreamOperation final {
public:
    InvokeStreamOperation(functions::Registry& registry, invoke::Dispatcher& dispatcher,
                          LoopStopped loopStopped)
        : m_registry(registry), m_dispatcher(dispatcher), m_loopStopped(std::move(loopStopped))
    {
    }

    void run(const CallPtr& call, const InvokeWithResponseStreamRequest& request,
             const StreamPtr& to)
    {
        auto target =
            m_registry.resolve(request.function_name(), request.qualifier(), m_uniform(m_random));
        if (!target.ok())
            return to->finish(target.status());
        auto toDispatch = readInvocation(*call, request, *std::move(target));
        if (!toDispatch.ok())
            return to->finish(toDispatch.status());
        if (request.invocation_type() == "DryRun") {
            InvokeWithResponseStreamResponse response;
            response.set_status_code(204);
            to->write(response);
            return to->finish(absl::OkStatus());
        }
        absl::StatusOr<std::string> trace = invoke::continueTrace(call->traceId, m_registry, toDispatch->target);
        if (!trace.ok()) {
            if (m_loopStopped)
                m_loopStopped(toDispatch->target.spec->functionName);
            return to->finish(trace.status());
        }
        toDispatch->traceId = *std::move(trace);
        const auto stream = std::make_shared<InvokeStream>(
            call, to, toDispatch->target.spec->version, toDispatch->logTail);
        stream->start();
        toDispatch->sink = stream;
        m_dispatcher.invoke(*std::move(toDispatch),
                            [stream](absl::StatusOr<invoke::Result> result) {
                                stream->finish(std::move(result));
                            });
    }

private:
    functions::Registry& m_registry;
    invoke::Dispatcher& m_dispatcher;
    LoopStopped m_loopStopped;
    std::mt19937_64 m_random{std::random_device{}()}; // spreads a routed alias
    std::uniform_real_distribution<double> m_uniform{0, 1};
};

} // namespace

void registerLambdaInvokeStream(OperationTable& table, functions::Registry& registry,
                                invoke::Dispatcher& dispatcher, LoopStopped loopStopped)
{
    auto operation = std::make_shared<InvokeStreamOperation>(registry, dispatcher,
                                                             std::move(loopStopped));
    table.onStream<InvokeWithResponseStreamRequest>(
        [operation](const CallPtr& call, const InvokeWithResponseStreamRequest& request,
                    const StreamPtr& to) { operation->run(call, request, to); });
}

} // namespace gantry::api
