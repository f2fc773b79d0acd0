#include "backend/api/lambda_invoke.h"

#include "aws/lambda.pb.h"
#include "backend/api/invoke_request.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/invoke/async_queue.h"
#include "backend/invoke/dispatcher.h"
#include "backend/invoke/lineage.h"

#include <absl/strings/escaping.h>
#include <absl/utility/utility.h>

#include <memory>
#include <random>
#include <string>
#include <utility>

namespace gantry::api {
namespace {

using aws::lambda::InvocationRequest;
using aws::lambda::InvocationResponse;

// Made where it stays: moving a message costs more than filling it.
absl::StatusOr<InvocationResponse> responseOf(invoke::Result result, bool logTail)
{
    absl::StatusOr<InvocationResponse> response{absl::in_place};
    response->set_status_code(200);
    response->set_executed_version(std::move(result.executedVersion));
    if (result.functionError)
        response->set_function_error("Unhandled");
    if (logTail) {
        std::string encoded;
        absl::Base64Escape(result.logTail, &encoded);
        response->set_log_result(std::move(encoded));
    }
    response->set_payload(std::move(result.payload));
    return response;
}

// Reads an Invoke, has it dispatched and words the answer. A caller that hangs up changes nothing:
// the function runs to its end, as on AWS, and the answer has no one to go to.
class InvokeOperation final {
public:
    InvokeOperation(functions::Registry& registry, invoke::Dispatcher& dispatcher,
                    invoke::AsyncQueue& queue, LoopStopped loopStopped)
        : m_registry(registry), m_dispatcher(dispatcher), m_queue(queue),
          m_loopStopped(std::move(loopStopped))
    {
    }

    void run(const CallPtr& call, const InvocationRequest& request,
             Reply<InvocationResponse> reply)
    {
        auto target =
            m_registry.resolve(request.function_name(), request.qualifier(), m_uniform(m_random));
        if (!target.ok())
            return reply(target.status());
        auto toDispatch = readInvocation(*call, request, *std::move(target));
        if (!toDispatch.ok())
            return reply(toDispatch.status());
        if (request.invocation_type() == "DryRun") {
            InvocationResponse response;
            response.set_status_code(204);
            return reply(std::move(response));
        }
        if (request.invocation_type() == "Event")
            return enqueue(*std::move(toDispatch), request.qualifier(), std::move(reply));
        absl::StatusOr<std::string> trace =
            invoke::continueTrace(call->traceId, m_registry, toDispatch->target);
        if (!trace.ok()) {
            if (m_loopStopped)
                m_loopStopped(toDispatch->target.spec->functionName);
            return reply(trace.status());
        }
        toDispatch->traceId = *std::move(trace);
        const bool logTail = toDispatch->logTail;
        m_dispatcher.invoke(*std::move(toDispatch), [call, reply = std::move(reply), logTail](
                                                        absl::StatusOr<invoke::Result> result) {
            if (!result.ok())
                return reply(result.status());
            call->traceId = result->record.traceId;
            reply(responseOf(*std::move(result), logTail));
        });
    }

    // The older operation, which says how it went in a member.
    void runAsync(const CallPtr& call, const aws::lambda::InvokeAsyncRequest& request,
                  Reply<aws::lambda::InvokeAsyncResponse> reply)
    {
        InvocationRequest event;
        event.set_function_name(request.function_name());
        event.set_invocation_type("Event");
        event.set_payload(request.invoke_args());
        run(call, event, [reply = std::move(reply)](const auto& response) {
            if (!response.ok())
                return reply(response.status());
            aws::lambda::InvokeAsyncResponse answer;
            answer.set_status(response->status_code());
            reply(std::move(answer));
        });
    }

private:
    void enqueue(invoke::Request request, const std::string& qualifier,
                 Reply<InvocationResponse> reply)
    {
        invoke::AsyncRequest event;
        // The qualifier may be part of the name; the ARN has it wherever it was.
        const auto named = functions::parseReference(m_registry.place(), request.target.invokedArn);
        event.qualifier = named.ok() ? named->qualifier : qualifier;
        event.target = std::move(request.target);
        event.requestId = std::move(request.requestId);
        event.traceId = std::move(request.traceId);
        event.clientContext = std::move(request.clientContext);
        event.tenantId = std::move(request.tenantId);
        event.payload = std::move(request.event);
        m_queue.accept(std::move(event),
                       [reply = std::move(reply)](const absl::StatusOr<std::string>& accepted) {
                           if (!accepted.ok())
                               return reply(accepted.status());
                           InvocationResponse response;
                           response.set_status_code(202);
                           reply(std::move(response));
                       });
    }

    functions::Registry& m_registry;
    invoke::Dispatcher& m_dispatcher;
    invoke::AsyncQueue& m_queue;
    LoopStopped m_loopStopped;
    std::mt19937_64 m_random{std::random_device{}()}; // spreads a routed alias
    std::uniform_real_distribution<double> m_uniform{0, 1};
};

} // namespace

void registerLambdaInvoke(OperationTable& table, functions::Registry& registry,
                          invoke::Dispatcher& dispatcher, invoke::AsyncQueue& queue,
                          LoopStopped loopStopped)
{
    auto operation =
        std::make_shared<InvokeOperation>(registry, dispatcher, queue, loopStopped);
    table.on<aws::lambda::InvokeAsyncRequest, aws::lambda::InvokeAsyncResponse>(
        [operation](CallPtr call, const auto& request,
                    Reply<aws::lambda::InvokeAsyncResponse> reply) {
            operation->runAsync(call, request, std::move(reply));
        });
    table.on<InvocationRequest, InvocationResponse>([operation](CallPtr call,
                                                                const InvocationRequest& request,
                                                                Reply<InvocationResponse> reply) {
        operation->run(call, request, std::move(reply));
    });
    registerLambdaInvokeStream(table, registry, dispatcher, std::move(loopStopped));
}

} // namespace gantry::api
