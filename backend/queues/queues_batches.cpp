#include "backend/base/error.h"
#include "backend/queues/queues.h"
#include "backend/queues/sent_message.h"

#include <absl/strings/str_cat.h>

#include <utility>

// Up to ten of the same at once: each entry succeeds or fails by itself.
namespace gantry::queues {
namespace {

namespace sqs = aws::sqs;

template <class Entries> std::vector<std::string> idsOf(const Entries& entries)
{
    std::vector<std::string> ids;
    for (const auto& entry : entries)
        ids.push_back(entry.id());
    return ids;
}

void addFailure(const std::string& id, const absl::Status& status,
                google::protobuf::RepeatedPtrField<sqs::BatchResultErrorEntry>& failed)
{
    const AwsError error = awsErrorOf(status);
    sqs::BatchResultErrorEntry& entry = *failed.Add();
    entry.set_id(id);
    entry.set_sender_fault(error.status < 500);
    entry.set_code(error.name == "InvalidParameterValueException" ? "InvalidParameterValue"
                                                                  : error.name);
    entry.set_message(error.message);
}

sqs::SendMessageRequest requestOf(const sqs::SendMessageBatchRequestEntry& entry)
{
    sqs::SendMessageRequest request;
    request.set_message_body(entry.message_body());
    if (entry.has_delay_seconds())
        request.set_delay_seconds(entry.delay_seconds());
    *request.mutable_message_attributes() = entry.message_attributes();
    *request.mutable_message_system_attributes() = entry.message_system_attributes();
    return request;
}

// Runs one call an entry and answers when all of them are done.
template <class Entry, class Result, class Call>
void forEachEntry(const google::protobuf::RepeatedPtrField<Entry>& entries,
                  std::function<void(absl::StatusOr<Result>)> reply, const Call& call)
{
    struct State {
        Result result;
        int open = 0;
        std::function<void(absl::StatusOr<Result>)> reply;
    };
    auto state = std::make_shared<State>();
    state->open = entries.size();
    state->reply = std::move(reply);
    for (const Entry& entry : entries) {
        call(entry, [state, id = entry.id()](const absl::Status& status) {
            if (status.ok())
                state->result.add_successful()->set_id(id);
            else
                addFailure(id, status, *state->result.mutable_failed());
            if (--state->open == 0)
                state->reply(std::move(state->result));
        });
    }
}

} // namespace

void Queues::sendBatch(const sqs::SendMessageBatchRequest& request, const std::string& sender,
                       Reply<sqs::SendMessageBatchResult> reply)
{
    const auto queue = find(request.queue_url());
    absl::Status valid = queue.status();
    if (valid.ok())
        valid = checkBatchIds("SendMessageBatchRequestEntry", idsOf(request.entries()));
    std::int64_t bytes = 0;
    for (const auto& entry : request.entries())
        bytes += bytesOf(entry.message_body(), entry.message_attributes());
    if (valid.ok() && bytes > kMaxMessageBytes)
        valid = makeError("BatchRequestTooLong", 400,
                          absl::StrCat("Batch requests cannot be longer than ", kMaxMessageBytes,
                                       " bytes. You have sent ", bytes, " bytes."));
    if (!valid.ok())
        return reply(valid);
    sqs::SendMessageBatchResult result;
    std::vector<MessageRow> rows;
    for (const auto& entry : request.entries()) {
        auto row = compose(**queue, requestOf(entry), sender);
        if (!row.ok()) {
            addFailure(entry.id(), row.status(), *result.mutable_failed());
            continue;
        }
        sqs::SendMessageBatchResultEntry& sent = *result.add_successful();
        sent.set_id(entry.id());
        describe(*row, sent);
        rows.push_back(*std::move(row));
    }
    if (rows.empty())
        return reply(std::move(result));
    add(nameFromUrl(request.queue_url()), std::move(rows),
        [result = std::move(result), reply = std::move(reply)](const absl::Status& status) {
            status.ok() ? reply(result) : reply(status);
        });
}

void Queues::deleteBatch(const sqs::DeleteMessageBatchRequest& request,
                         Reply<sqs::DeleteMessageBatchResult> reply)
{
    absl::Status valid = find(request.queue_url()).status();
    if (valid.ok())
        valid = checkBatchIds("DeleteMessageBatchRequestEntry", idsOf(request.entries()));
    if (!valid.ok())
        return reply(valid);
    forEachEntry<sqs::DeleteMessageBatchRequestEntry, sqs::DeleteMessageBatchResult>(
        request.entries(), std::move(reply), [this, &request](const auto& entry, Done done) {
            sqs::DeleteMessageRequest one;
            one.set_queue_url(request.queue_url());
            one.set_receipt_handle(entry.receipt_handle());
            deleteMessage(one, std::move(done));
        });
}

void Queues::changeVisibilityBatch(const sqs::ChangeMessageVisibilityBatchRequest& request,
                                   Reply<sqs::ChangeMessageVisibilityBatchResult> reply)
{
    absl::Status valid = find(request.queue_url()).status();
    if (valid.ok())
        valid = checkBatchIds("ChangeMessageVisibilityBatchRequestEntry", idsOf(request.entries()));
    if (!valid.ok())
        return reply(valid);
    forEachEntry<sqs::ChangeMessageVisibilityBatchRequestEntry,
                 sqs::ChangeMessageVisibilityBatchResult>(
        request.entries(), std::move(reply), [this, &request](const auto& entry, Done done) {
            sqs::ChangeMessageVisibilityRequest one;
            one.set_queue_url(request.queue_url());
            one.set_receipt_handle(entry.receipt_handle());
            one.set_visibility_timeout(entry.visibility_timeout());
            changeVisibility(one, std::move(done));
        });
}

} // namespace gantry::queues
