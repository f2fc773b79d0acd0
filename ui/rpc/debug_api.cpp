#include "ui/rpc/debug_api.h"

#include "gantry/v1/develop.pb.h"
#include "ui/rpc/call.h"
#include "ui/rpc/functions_convert.h"

namespace gantry::rpc {

namespace {

DebugEvent toEvent(const v1::DebugInvocationEvent& message)
{
    DebugEvent event;
    if (message.has_awaited())
        event.awaited = {text(message.awaited().protocol()), message.awaited().port()};
    if (message.has_finished()) {
        const v1::DebuggedInvocation& answer = message.finished();
        InvokeReply& reply = event.reply.emplace();
        reply.status = 200;
        if (answer.function_error())
            reply.functionError = QStringLiteral("Unhandled");
        reply.payload = bytes(answer.payload());
        reply.log = text(answer.log());
        reply.executedVersion = text(answer.executed_version());
    }
    return event;
}

} // namespace

std::unique_ptr<Stream> DebugApi::invoke(const InvokeRequest& request,
                                         std::function<void(DebugEvent)> onEvent,
                                         std::function<void(Error)> onEnd)
{
    v1::DebugInvocationRequest message;
    message.set_function_name(request.function.toStdString());
    message.set_qualifier(request.qualifier.toStdString());
    message.set_payload(request.payload.toStdString());
    return stream<v1::DebugInvocationEvent>(m_channel, message, toEvent, std::move(onEvent),
                                            std::move(onEnd));
}

} // namespace gantry::rpc
