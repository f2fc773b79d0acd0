#pragma once

#include "backend/functions/settings.h"
#include "backend/invoke/dispatcher.h"
#include "gantry/store/events.pb.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gantry::invoke {

using EventRecord = record::EventRecord;

// What Lambda does with an asynchronous event after an attempt, as pure functions.

namespace conditions {
inline constexpr const char* kSuccess = "Success";
inline constexpr const char* kRetriesExhausted = "RetriesExhausted";
inline constexpr const char* kAgeExceeded = "EventAgeExceeded";
inline constexpr const char* kRecursion = "RecursiveInvocation";
inline constexpr const char* kUndelivered = "DeliveryFailed"; // the target does not take it
inline constexpr const char* kRefused = "InvocationRefused"; // will never be possible
} // namespace conditions

struct Verdict {
    enum class Kind { Succeeded, Again, Dead };
    Kind kind = Kind::Succeeded;
    const char* condition = conditions::kSuccess; // unless Again
};

// Judges one attempt and notes it in the record: counts, the error and when the next one is due.
// A function error is tried again after firstRetryMicros, a second one after twice that, at most
// policy.maximumRetries times; a throttle or an error of the platform after 1 s, 2 s ... 5 minutes.
// Neither once the event would be older than policy.maximumAgeMicros.
Verdict judge(EventRecord& record, const absl::StatusOr<Result>& outcome,
              const functions::EventPolicy& policy, std::int64_t nowMicros,
              std::int64_t firstRetryMicros);

// The same for a message to a target that is not a function: it is tried again while that may help.
Verdict judgeMessage(EventRecord& record, const absl::Status& outcome, std::int64_t nowMicros);

bool isTooOld(const EventRecord& record, const functions::EventPolicy& policy,
              std::int64_t nowMicros);

// 1 s, doubled with every setback, at most 5 minutes.
std::int64_t backOffMicros(int setbacks);

// The document that OnSuccess and OnFailure destinations get. functionArn is qualified; result is
// null when the function never answered.
std::string destinationDocument(const EventRecord& record, std::string_view condition,
                                const std::string& functionArn, std::string_view requestPayload,
                                const Result* result, std::int64_t nowMicros);

// The attributes of the message that a dead-letter queue or topic gets beside the event.
std::map<std::string, std::string> deadLetterAttributes(const EventRecord& record);

} // namespace gantry::invoke
