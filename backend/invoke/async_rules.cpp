#include "backend/invoke/async_rules.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/functions/model.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace gantry::invoke {
namespace {

namespace json = boost::json;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMaxBackOff = 300 * kSecond;
constexpr std::int64_t kMaxMessageAge = 21'600 * kSecond;
constexpr std::size_t kMaxDepth = 1000; // a chain of destinations nests its documents
constexpr int kMaxDoublings = 9; // 512 s: beyond the longest back-off

// Whether the same call may succeed later: throttles, errors of the platform, a function that is
// still being created, a restore that failed.
bool mayPass(const AwsError& error)
{
    return error.status == 429 || error.status == 409 || error.status >= 500 ||
           error.name.starts_with("SnapStart");
}

void note(EventRecord& record, std::string_view type, std::string_view message)
{
    record.set_error_type(std::string(type));
    record.set_error_message(std::string(message));
}

Verdict dead(const char* condition)
{
    return {Verdict::Kind::Dead, condition};
}

Verdict againAt(EventRecord& record, std::int64_t due, std::int64_t maximumAge)
{
    if (due - record.accepted_us() > maximumAge)
        return dead(conditions::kAgeExceeded);
    record.set_due_us(due);
    return {Verdict::Kind::Again};
}

Verdict setBack(EventRecord& record, std::int64_t now, std::int64_t maximumAge)
{
    record.set_setbacks(record.setbacks() + 1);
    return againAt(record, now + backOffMicros(record.setbacks()), maximumAge);
}

// A payload as it belongs into a JSON document: itself, or as a string when it is not JSON.
std::string asJson(std::string_view payload)
{
    if (payload.empty())
        return "null";
    json::parse_options options;
    options.max_depth = kMaxDepth;
    json::error_code error;
    json::parse(payload, error, {}, options);
    return error ? json::serialize(json::string(payload)) : std::string(payload);
}

std::string utcTime(std::int64_t micros)
{
    return absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%S", absl::FromUnixMicros(micros),
                                         absl::UTCTimeZone()),
                        absl::StrFormat(".%03dZ", micros / 1000 % 1000));
}

} // namespace

std::int64_t backOffMicros(int setbacks)
{
    return std::min(kSecond << std::clamp(setbacks - 1, 0, kMaxDoublings), kMaxBackOff);
}

bool isTooOld(const EventRecord& record, const functions::EventPolicy& policy,
              std::int64_t nowMicros)
{
    return nowMicros - record.accepted_us() > policy.maximumAgeMicros;
}

Verdict judge(EventRecord& record, const absl::StatusOr<Result>& outcome,
              const functions::EventPolicy& policy, std::int64_t nowMicros,
              std::int64_t firstRetryMicros)
{
    if (!outcome.ok()) {
        const AwsError error = awsErrorOf(outcome.status());
        note(record, error.name, error.message.empty() ? error.reason : error.message);
        if (error.name == "RecursiveInvocationException")
            return dead(conditions::kRecursion);
        return mayPass(error) ? setBack(record, nowMicros, policy.maximumAgeMicros)
                              : dead(conditions::kRefused);
    }
    if (outcome->platformFailure) {
        note(record, outcome->record.errorType, outcome->record.errorMessage);
        return setBack(record, nowMicros, policy.maximumAgeMicros);
    }
    record.set_attempts(record.attempts() + 1);
    record.set_setbacks(0);
    if (!outcome->functionError)
        return {};
    note(record, outcome->record.errorType, outcome->record.errorMessage);
    if (record.attempts() > policy.maximumRetries)
        return dead(conditions::kRetriesExhausted);
    return againAt(record, nowMicros + record.attempts() * firstRetryMicros,
                   policy.maximumAgeMicros);
}

Verdict judgeMessage(EventRecord& record, const absl::Status& outcome, std::int64_t nowMicros)
{
    if (outcome.ok())
        return {};
    const AwsError error = awsErrorOf(outcome);
    note(record, error.name, error.message);
    return mayPass(error) ? setBack(record, nowMicros, kMaxMessageAge)
                          : dead(conditions::kUndelivered);
}

std::string destinationDocument(const EventRecord& record, std::string_view condition,
                                const std::string& functionArn, std::string_view requestPayload,
                                const Result* result, std::int64_t nowMicros)
{
    const json::object context = {{"requestId", record.request_id()},
                                  {"functionArn", functionArn},
                                  {"condition", json::string(condition)},
                                  {"approximateInvokeCount", record.attempts()}};
    std::string document = absl::StrCat(
        R"({"version":"1.0","timestamp":")", utcTime(nowMicros), R"(","requestContext":)",
        json::serialize(context), R"(,"requestPayload":)", asJson(requestPayload));
    if (result) {
        json::object response = {{"statusCode", 200}, {"executedVersion", result->executedVersion}};
        if (result->functionError)
            response["functionError"] = "Unhandled";
        absl::StrAppend(&document, R"(,"responseContext":)", json::serialize(response),
                        R"(,"responsePayload":)", asJson(result->payload));
    }
    return absl::StrCat(document, "}");
}

std::map<std::string, std::string> deadLetterAttributes(const EventRecord& record)
{
    constexpr std::size_t kMaxMessage = 1024; // bytes that Lambda keeps of the message
    return {{"RequestID", record.request_id()},
            {"ErrorCode", record.attempts() > 0 ? "200" : "429"},
            {"ErrorMessage", record.error_message().substr(0, kMaxMessage)}};
}

} // namespace gantry::invoke
