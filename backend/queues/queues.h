#pragma once

#include "aws/sqs.pb.h"
#include "backend/base/clock.h"
#include "backend/base/place.h"
#include "backend/queues/queue_rules.h"
#include "backend/queues/queue_store.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gantry::queues {

// The standard queues of SQS: a message that was accepted is on the disk, is handed out at least
// once, comes back when its visibility time-out runs out before it was deleted, and moves to the
// dead-letter queue of a RedrivePolicy after as many receives. All state lives on the I/O thread,
// bodies on the disk only.
class Queues final {
public:
    template <class Response> using Reply = std::function<void(absl::StatusOr<Response>)>;
    using Done = std::function<void(absl::Status)>;

    struct Counts {
        std::int64_t visible = 0, inFlight = 0, delayed = 0;
    };
    // One message as it lies there, for who looks without receiving it.
    using Seen = std::vector<MessageRow>;

    // origin: of the addresses of queues, http://host:port; asked for when it is needed.
    static absl::StatusOr<std::unique_ptr<Queues>>
    open(boost::asio::io_context& io, const std::filesystem::path& file, const Clock& clock,
         Place place, std::function<std::string()> origin);
    ~Queues();

    // Queues: queues.cpp.
    void create(const aws::sqs::CreateQueueRequest& request, Reply<aws::sqs::CreateQueueResult> reply);
    void remove(const aws::sqs::DeleteQueueRequest& request, Done done);
    void purge(const aws::sqs::PurgeQueueRequest& request, Done done);
    void setAttributes(const aws::sqs::SetQueueAttributesRequest& request, Done done);
    void tag(const aws::sqs::TagQueueRequest& request, Done done);
    void untag(const aws::sqs::UntagQueueRequest& request, Done done);
    absl::StatusOr<aws::sqs::GetQueueUrlResult> url(const aws::sqs::GetQueueUrlRequest& request) const;
    absl::StatusOr<aws::sqs::GetQueueAttributesResult>
    attributes(const aws::sqs::GetQueueAttributesRequest& request) const;
    absl::StatusOr<aws::sqs::ListQueuesResult> list(const aws::sqs::ListQueuesRequest& request) const;
    absl::StatusOr<aws::sqs::ListDeadLetterSourceQueuesResult>
    sources(const aws::sqs::ListDeadLetterSourceQueuesRequest& request) const;
    absl::StatusOr<aws::sqs::ListQueueTagsResult> tags(const aws::sqs::ListQueueTagsRequest& request) const;

    // Messages: queues_messages.cpp. sender: the principal's ARN.
    void send(const aws::sqs::SendMessageRequest& request, const std::string& sender,
              Reply<aws::sqs::SendMessageResult> reply);
    void sendBatch(const aws::sqs::SendMessageBatchRequest& request, const std::string& sender,
                   Reply<aws::sqs::SendMessageBatchResult> reply);
    // gone: true once the caller does not wait any more; may be null.
    void receive(const aws::sqs::ReceiveMessageRequest& request, std::shared_ptr<const bool> gone,
                 Reply<aws::sqs::ReceiveMessageResult> reply);
    void deleteMessage(const aws::sqs::DeleteMessageRequest& request, Done done);
    void deleteBatch(const aws::sqs::DeleteMessageBatchRequest& request,
                     Reply<aws::sqs::DeleteMessageBatchResult> reply);
    void changeVisibility(const aws::sqs::ChangeMessageVisibilityRequest& request, Done done);
    void changeVisibilityBatch(const aws::sqs::ChangeMessageVisibilityBatchRequest& request,
                               Reply<aws::sqs::ChangeMessageVisibilityBatchResult> reply);
    // Ends what waits for messages, with none.
    void stop();

    // For other parts of the platform.
    const Place& place() const { return m_place; }
    bool exists(const std::string& arn) const;
    std::string arnOf(const std::string& name) const { return queueArn(m_place, name); }
    std::string policyOf(const std::string& arn) const; // empty: it has none
    std::vector<std::string> names() const;
    Counts counts(const std::string& name) const;
    std::int64_t oldestSentMs(const std::string& name) const; // 0: it is empty
    // The oldest messages, at most count, whether they are visible or not.
    void peek(const std::string& name, int count, std::function<void(absl::StatusOr<Seen>)> done);

private:
    struct Message {
        std::string messageId;
        std::int64_t sentMs = 0;
        MessageState state;
        bool held = false; // its next state is on the way to the disk
    };
    struct Waiter {
        aws::sqs::ReceiveMessageRequest request;
        std::int64_t untilMs = 0;
        std::shared_ptr<const bool> gone;
        Reply<aws::sqs::ReceiveMessageResult> reply;
    };
    struct Queue {
        record::StoredQueue record;
        QueueSettings settings;
        std::map<std::int64_t, Message> messages; // by id, so by age
        std::set<std::pair<std::int64_t, std::int64_t>> waiting; // when visible, id; not the held
        std::list<Waiter> waiters;
        std::int64_t purgedMs = 0;
    };

    Queues(boost::asio::io_context& io, const Clock& clock, Place place,
           std::function<std::string()> origin);

    absl::StatusOr<Queue*> find(const std::string& url);
    absl::StatusOr<const Queue*> find(const std::string& url) const;
    std::string urlOf(const std::string& name) const;
    absl::Status checkRedrive(const std::string& name, const Attributes& attributes) const;
    void save(const std::string& name, record::StoredQueue record, Done done);
    void change(const std::string& url, const std::function<void(record::StoredQueue&)>& edit,
                Done done);
    Counts count(const Queue& queue) const;

    absl::StatusOr<MessageRow> compose(const Queue& queue,
                                       const aws::sqs::SendMessageRequest& request,
                                       const std::string& sender) const;
    void add(const std::string& name, std::vector<MessageRow> rows, Done done);
    std::vector<MessageState> choose(const std::string& name, Queue& queue,
                                     const aws::sqs::ReceiveMessageRequest& request);
    void take(const std::string& name, std::vector<MessageState> states, Waiter waiter);
    void settle(const std::string& name, const std::vector<MessageState>& states, bool kept);
    void giveUp(const std::string& name, Queue& queue, const std::vector<std::int64_t>& ids);
    void serve(const std::string& name, Queue& queue);
    void forget(const std::string& name, const std::vector<std::int64_t>& ids);
    absl::StatusOr<Message*> inFlight(const std::string& name, Queue& queue,
                                      const std::string& handle);
    void sweep();
    void arm();

    const Clock& m_clock;
    const Place m_place;
    const std::function<std::string()> m_origin;
    std::map<std::string, Queue> m_queues;
    std::int64_t m_nextId = 1;
    std::int64_t m_nextSweepMs = 0;
    boost::asio::steady_timer m_timer;
    std::unique_ptr<QueueStore> m_store; // last: its end commits, and nothing is called back after
};

} // namespace gantry::queues
