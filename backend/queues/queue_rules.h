#pragma once

#include "aws/sqs.pb.h"
#include "backend/base/place.h"
#include "gantry/store/queues.pb.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::queues {

// What SQS says about queues and messages, as pure functions. Errors are in its words.

using Attributes = google::protobuf::Map<std::string, std::string>;
using MessageAttributes = google::protobuf::Map<std::string, aws::sqs::MessageAttributeValue>;

constexpr std::int64_t kMaxMessageBytes = 1'048'576; // of one, and of a batch together
constexpr int kMaxBatch = 10;

absl::Status noSuchQueue();                     // QueueDoesNotExist
absl::Status invalidValue(std::string message); // InvalidParameterValue

std::string queueArn(const Place& place, std::string_view name);
// The name at the end of an address or a path; of an ARN, after its last colon. An ARN is no
// address: nothing.
std::string nameFromUrl(std::string_view url);
std::string nameFromArn(std::string_view arn);

absl::Status checkName(const std::string& name);
// Of CreateQueue and SetQueueAttributes. RedrivePolicy's target is the caller's to look for.
absl::Status checkAttributes(const Attributes& attributes);
bool isQueueAttribute(std::string_view name);

// What a queue's attributes come to.
struct QueueSettings {
    std::int64_t visibilityMs = 30'000;
    std::int64_t delayMs = 0;
    std::int64_t waitMs = 0;
    std::int64_t retentionMs = 345'600'000;
    std::int64_t maxBytes = kMaxMessageBytes;
    std::string deadLetterArn; // empty: messages are received for ever
    int maxReceives = 0;
};
QueueSettings settingsOf(const Attributes& attributes);
// The attributes with the defaults of those that were not set.
Attributes withDefaults(const Attributes& attributes);

absl::Status checkMessage(const std::string& body, const MessageAttributes& attributes,
                          std::int64_t maxBytes);
std::int64_t bytesOf(const std::string& body, const MessageAttributes& attributes);
absl::Status checkRange(std::string_view parameter, bool has, int value, int low, int high);

// Entries of a batch: one to ten, with ids that are names and differ.
absl::Status checkBatchIds(std::string_view entryType, const std::vector<std::string>& ids);

// What a consumer shows to delete a message or to change its visibility.
struct Receipt {
    std::int64_t id = 0;
    std::string messageId;
};
std::string makeReceipt(const std::string& queue, const Receipt& receipt, int receives);
// Error: ReceiptHandleIsInvalid, for one of another queue too.
absl::StatusOr<Receipt> readReceipt(const std::string& queue, const std::string& handle);

// Lower-case hexadecimal MD5 as clients verify it. Attributes: as in "Calculating the MD5 message
// digest for message attributes" of the SQS developer guide.
std::string md5OfText(std::string_view text);
std::string md5OfAttributes(const MessageAttributes& attributes);

// Whether a ReceiveMessage that asks for these names ("All", "prefix.*", names) gets the attribute.
bool asksFor(const google::protobuf::RepeatedPtrField<std::string>& names, std::string_view name);

} // namespace gantry::queues
