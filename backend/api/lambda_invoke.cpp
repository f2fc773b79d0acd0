#include "backend/api/lambda_invoke.h"

#include "aws/lambda.pb.h"
#include "backend/api/invoke_request.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/invoke/dispatcher.h"

#include <absl/strings/escaping.h>

#include <memory>
#include <random>
#include <string>
#include <utility>

namespace gantry::api {
namespace {

using aws::lambda::InvocationRequest;
using aws::lambda::InvocationResponse;

InvocationResponse responseOf(invoke::Result result, bool logTail)
{
    InvocationResponse response;
    response.set_status_code(200);
    response.set_executed_version(std::move(result.executedVersion));
    if (result.functionError)
        response.set_function_error("Unhandled");
    if (logTail) {
        std::string encoded;
        absl::Base64Escape(result.logTail, &encoded);
        response.set_log_result(std::move(encoded));
    }
    response.set_payload(std::move(result.payload));
    return response;
}

// Reads an Invoke, has it dispatched and words the answer. A caller that hangs up changes nothing:
// the function runs to its end, as on AWS, and the answer has no one to go to.
class InvokeOperation final {
public:
    InvokeOperation(functions::Registry& registry, invoke::Dispatcher& dispatcher)
        : m_registry(registry), m_dispatcher(dispatcher)
    {
    }

    void run(const Call& call, const InvocationRequest& request, Reply<InvocationResponse> reply)
    {
        auto target =
            m_registry.resolve(request.function_name(), request.qualifier(), m_uniform(m_random));
        if (!target.ok())
            return reply(target.status());
        if (request.invocation_type() == "Event")
            return reply(makeError("NotImplemented", 501,
                                   "Asynchronous invocation (InvocationType Event) is not "
                                   "implemented yet."));
        auto toDispatch = readInvocation(call, request, *std::move(target));
        if (!toDispatch.ok())
            return reply(toDispatch.status());
        if (request.invocation_type() == "DryRun") {
            InvocationResponse response;
            response.set_status_code(204);
            return reply(std::move(response));
        }
        const bool logTail = toDispatch->logTail;
        m_dispatcher.invoke(*std::move(toDispatch), [reply = std::move(reply), logTail](
                                                        absl::StatusOr<invoke::Result> result) {
            if (!result.ok())
                return reply(result.status());
            reply(responseOf(*std::move(result), logTail));
        });
    }

private:
    functions::Registry& m_registry;
    invoke::Dispatcher& m_dispatcher;
    std::mt19937_64 m_random{std::random_device{}()}; // spreads a routed alias
    std::uniform_real_distribution<double> m_uniform{0, 1};
};

} // namespace

void registerLambdaInvoke(OperationTable& table, functions::Registry& registry,
                          invoke::Dispatcher& dispatcher)
{
    auto operation = std::make_shared<InvokeOperation>(registry, dispatcher);
    table.on<InvocationRequest, InvocationResponse>([operation](CallPtr call,
                                                                const InvocationRequest& request,
                                                                Reply<InvocationResponse> reply) {
        operation->run(*call, request, std::move(reply));
    });
    registerLambdaInvokeStream(table, registry, dispatcher);
}

} // namespace gantry::api
