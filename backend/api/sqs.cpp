#include "backend/api/sqs.h"

#include "backend/api/store_operations.h"
#include "backend/queues/queues.h"

#include <utility>

namespace gantry::api {

using queues::Queues;
namespace pb = aws::sqs;

namespace {

// A caller that leaves while it waits must take no message with it.
void receive(Queues& queues, const CallPtr& call, const pb::ReceiveMessageRequest& request,
             Reply<pb::ReceiveMessageResult> reply)
{
    const auto gone = std::make_shared<bool>(false);
    call->onCancelled = [gone] { *gone = true; };
    queues.receive(request, gone, std::move(reply));
}

// The caller as the message shows it; the console's user is the account.
std::string senderOf(const Queues& queues, const Call& call)
{
    return call.principalArn.empty() ? queues.place().accountId : call.principalArn;
}

} // namespace

void registerSqs(OperationTable& table, Queues& queues)
{
    onRead(table, queues, &Queues::url);
    onRead(table, queues, &Queues::attributes);
    onRead(table, queues, &Queues::list);
    onRead(table, queues, &Queues::sources);
    onRead(table, queues, &Queues::tags);
    onChange(table, queues, &Queues::create);
    onChange(table, queues, &Queues::remove);
    onChange(table, queues, &Queues::purge);
    onChange(table, queues, &Queues::setAttributes);
    onChange(table, queues, &Queues::tag);
    onChange(table, queues, &Queues::untag);
    onChange(table, queues, &Queues::deleteMessage);
    onChange(table, queues, &Queues::deleteBatch);
    onChange(table, queues, &Queues::changeVisibility);
    onChange(table, queues, &Queues::changeVisibilityBatch);
    table.on<pb::SendMessageRequest, pb::SendMessageResult>(
        [&queues](const CallPtr& call, const auto& request, Reply<pb::SendMessageResult> reply) {
            queues.send(request, senderOf(queues, *call), std::move(reply));
        });
    table.on<pb::SendMessageBatchRequest, pb::SendMessageBatchResult>(
        [&queues](const CallPtr& call, const auto& request,
                  Reply<pb::SendMessageBatchResult> reply) {
            queues.sendBatch(request, senderOf(queues, *call), std::move(reply));
        });
    table.on<pb::ReceiveMessageRequest, pb::ReceiveMessageResult>(
        [&queues](const CallPtr& call, const auto& request, Reply<pb::ReceiveMessageResult> reply) {
            receive(queues, call, request, std::move(reply));
        });
}

} // namespace gantry::api
