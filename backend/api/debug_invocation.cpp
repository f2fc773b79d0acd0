#include "backend/api/debug_invocation.h"

#include "backend/api/event_json.h"
#include "backend/base/ids.h"
#include "backend/functions/registry.h"
#include "backend/invoke/dispatcher.h"
#include "gantry/v1/develop.pb.h"

#include <absl/strings/str_cat.h>

#include <memory>
#include <utility>

namespace gantry::api {
namespace {

// Whoever looks at a variable has not gone away.
constexpr int kTimeoutSeconds = 24 * 60 * 60;

// The same code and configuration in an environment that no other invocation can get.
functions::Target debugged(functions::Target target, std::shared_ptr<runtime::Debugging> debugging)
{
    auto spec = std::make_shared<runtime::EnvironmentSpec>(*target.spec);
    spec->debugging = std::move(debugging);
    spec->timeoutSeconds = kTimeoutSeconds;
    spec->initTimeoutMicros = std::int64_t{kTimeoutSeconds} * 1'000'000;
    spec->snapStart = false;
    spec->tenantIsolation = false; // nobody else is in it
    target.spec = std::move(spec);
    target.provisionedQualifier.clear();
    absl::StrAppend(&target.poolKey, "\ndebugged ", randomUuid());
    return target;
}

v1::DebugInvocationEvent finished(invoke::Result result)
{
    v1::DebugInvocationEvent event;
    v1::DebuggedInvocation& answer = *event.mutable_finished();
    answer.set_executed_version(std::move(result.executedVersion));
    answer.set_payload(std::move(result.payload));
    answer.set_function_error(result.functionError);
    answer.set_log(std::move(result.logTail));
    answer.set_duration_ms(static_cast<double>(result.record.durationMicros) / 1000.0);
    return event;
}

void debugInvocation(functions::Registry& registry, invoke::Dispatcher& dispatcher,
                     const CallPtr& call, const v1::DebugInvocationRequest& request,
                     const StreamPtr& sink)
{
    auto event =
        std::make_shared<const std::string>(request.payload().empty() ? "{}" : request.payload());
    if (absl::Status status = checkEvent(*event); !status.ok())
        return sink->finish(std::move(status));
    auto target = registry.resolve(request.function_name(), request.qualifier(), 0);
    if (!target.ok())
        return sink->finish(target.status());

    auto debugging = std::make_shared<runtime::Debugging>();
    debugging->onWaiting = [sink](const runtime::DebuggerAddress& address) {
        v1::DebugInvocationEvent awaited;
        awaited.mutable_awaited()->set_protocol(address.protocol);
        awaited.mutable_awaited()->set_port(address.port);
        (void)sink->write(awaited); // the first message: there is room
    };
    const auto gone = std::make_shared<bool>(false);
    call->onCancelled = [debugging, gone] {
        *gone = true;
        debugging->onWaiting = nullptr;
        if (debugging->stop)
            debugging->stop();
    };
    invoke::Request wanted;
    wanted.target = debugged(*std::move(target), debugging);
    wanted.event = std::move(event);
    wanted.logTail = true;
    dispatcher.invoke(std::move(wanted), [sink, debugging,
                                          gone](absl::StatusOr<invoke::Result> result) {
        debugging->onWaiting = nullptr;
        if (*gone)
            return;
        if (!result.ok())
            return sink->finish(result.status());
        (void)sink->write(finished(*std::move(result)));
        sink->finish(absl::OkStatus());
    });
}

} // namespace

void registerDebugInvocation(OperationTable& table, functions::Registry& registry,
                             invoke::Dispatcher& dispatcher)
{
    table.onStream<v1::DebugInvocationRequest>(
        [&registry, &dispatcher](const CallPtr& call, const v1::DebugInvocationRequest& request,
                                 const StreamPtr& sink) {
            debugInvocation(registry, dispatcher, call, request, sink);
        });
}

} // namespace gantry::api
