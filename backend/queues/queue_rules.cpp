#include "backend/queues/queue_rules.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/iam/policy.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

namespace gantry::queues {
namespace {

namespace json = boost::json;

struct NumberRule {
    std::string_view name;
    std::int64_t low, high, standard;
};

constexpr std::array<NumberRule, 5> kNumbers{{
    {"VisibilityTimeout", 0, 43'200, 30},
    {"DelaySeconds", 0, 900, 0},
    {"ReceiveMessageWaitTimeSeconds", 0, 20, 0},
    {"MessageRetentionPeriod", 60, 1'209'600, 345'600},
    {"MaximumMessageSize", 1'024, kMaxMessageBytes, kMaxMessageBytes},
}};

constexpr std::array<std::string_view, 17> kOthers{
    "All", "Policy", "RedrivePolicy", "RedriveAllowPolicy", "QueueArn", "CreatedTimestamp",
    "LastModifiedTimestamp", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed", "FifoQueue", "ContentBasedDeduplication",
    "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "DeduplicationScope", "FifoThroughputLimit",
    "SqsManagedSseEnabled"};

const NumberRule* numberRule(std::string_view name)
{
    const auto* found = std::find_if(kNumbers.begin(), kNumbers.end(),
                                     [&](const NumberRule& rule) { return rule.name == name; });
    return found == kNumbers.end() ? nullptr : found;
}

absl::Status badAttribute(std::string_view name)
{
    return makeError("InvalidAttributeValue", 400,
                     absl::StrCat("Invalid value for the parameter ", view(name), "."));
}

absl::Status notHere(std::string_view what)
{
    return makeError("UnsupportedOperation", 400,
                     absl::StrCat(view(what), " is not a feature of Gantry's queues: they are "
                                              "standard queues without encryption of their own."));
}

struct Redrive {
    std::string target;
    std::int64_t receives = 0;
};

// maxReceiveCount comes as a number or as its text.
std::optional<Redrive> readRedrive(const std::string& policy)
{
    json::error_code error;
    const json::value read = json::parse(policy, error);
    const json::object* object = error ? nullptr : read.if_object();
    const json::value* target = object ? object->if_contains("deadLetterTargetArn") : nullptr;
    const json::value* count = object ? object->if_contains("maxReceiveCount") : nullptr;
    if (!target || !target->is_string() || !count)
        return std::nullopt;
    Redrive redrive{std::string(target->as_string()), 0};
    if (count->is_int64())
        redrive.receives = count->as_int64();
    else if (!count->is_string() ||
             !absl::SimpleAtoi(view(std::string_view(count->as_string())), &redrive.receives))
        return std::nullopt;
    return redrive.receives >= 1 && redrive.receives <= 1'000 ? std::optional(redrive)
                                                              : std::nullopt;
}

absl::Status checkAttribute(const std::string& name, const std::string& value)
{
    if (const NumberRule* rule = numberRule(name)) {
        std::int64_t number = 0;
        return absl::SimpleAtoi(value, &number) && number >= rule->low && number <= rule->high
                   ? absl::OkStatus()
                   : badAttribute(name);
    }
    if (name == "RedrivePolicy")
        return value.empty() || readRedrive(value) ? absl::OkStatus() : badAttribute(name);
    if (name == "Policy") {
        return value.empty() || iam::Policy::parse(value, iam::PolicyKind::Resource).ok()
                   ? absl::OkStatus()
                   : badAttribute(name);
    }
    if ((name == "FifoQueue" || name == "SqsManagedSseEnabled") && value != "true")
        return value == "false" ? absl::OkStatus() : badAttribute(name);
    if (isQueueAttribute(name))
        return notHere(name);
    return makeError("InvalidAttributeName", 400, absl::StrCat("Unknown Attribute ", name, "."));
}

// "The allowed characters are #x9 | #xA | #xD | #x20 to #xD7FF | ..."
absl::Status checkText(std::string_view text)
{
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return makeError(
                "InvalidMessageContents", 400,
                absl::StrCat("Invalid binary character '#x", absl::Hex(byte),
                             "' was found in the message body, the set of allowed characters is "
                             "#x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | "
                             "[#x10000-#x10FFFF]"));
    }
    return absl::OkStatus();
}

bool isAttributeName(const std::string& name)
{
    const auto allowed = [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
    };
    return !name.empty() && name.size() <= 256 && name.front() != '.' && name.back() != '.' &&
           std::all_of(name.begin(), name.end(), allowed);
}

absl::Status checkAttribute(const std::string& name, const aws::sqs::MessageAttributeValue& value)
{
    if (!isAttributeName(name))
        return invalidValue(absl::StrCat("The message attribute name '", name, "' is not valid."));
    const std::string type = value.data_type().substr(0, value.data_type().find('.'));
    if (type != "String" && type != "Number" && type != "Binary")
        return invalidValue(absl::StrCat(
            "The message attribute '", name,
            "' has an invalid message attribute type, the set of supported type prefixes is "
            "Binary, Number, and String."));
    const std::string& content = type == "Binary" ? value.binary_value() : value.string_value();
    if (content.empty())
        return invalidValue(
            absl::StrCat("The message attribute '", name,
                         "' must contain a non-empty message attribute value for message "
                         "attribute type '", value.data_type(), "'."));
    double number = 0;
    if (type == "Number" && !absl::SimpleAtod(content, &number))
        return invalidValue(absl::StrCat("Can't cast the value of message attribute '", name,
                                         "' to a number."));
    return type == "Binary" ? absl::OkStatus() : checkText(content);
}

bool isBatchId(const std::string& id)
{
    return !id.empty() && id.size() <= 80 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '_' || c == '-';
    });
}

} // namespace

absl::Status noSuchQueue()
{
    return makeError("QueueDoesNotExist", 400, "The specified queue does not exist.");
}

absl::Status invalidValue(std::string message)
{
    return makeError("InvalidParameterValueException", 400, std::move(message));
}

std::string queueArn(const Place& place, std::string_view name)
{
    return absl::StrCat("arn:aws:sqs:", place.region, ":", place.accountId, ":", view(name));
}

std::string nameFromUrl(std::string_view url)
{
    // Callers are judged by the ARN that they name, which could be another resource's.
    if (url.starts_with("arn:"))
        return {};
    return std::string(url.substr(url.rfind('/') + 1)); // npos + 1 is 0
}

std::string nameFromArn(std::string_view arn)
{
    return std::string(arn.substr(arn.rfind(':') + 1));
}

absl::Status checkName(const std::string& name)
{
    if (absl::EndsWith(name, ".fifo"))
        return notHere("A FIFO queue");
    const bool valid =
        !name.empty() && name.size() <= 80 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return absl::ascii_isalnum(c) || c == '_' || c == '-';
        });
    return valid ? absl::OkStatus()
                 : invalidValue("Can only include alphanumeric characters, hyphens, or "
                                "underscores. 1 to 80 in length");
}

bool isQueueAttribute(std::string_view name)
{
    return numberRule(name) || std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

absl::Status checkAttributes(const Attributes& attributes)
{
    for (const auto& [name, value] : attributes) {
        if (absl::Status valid = checkAttribute(name, value); !valid.ok())
            return valid;
    }
    return absl::OkStatus();
}

Attributes withDefaults(const Attributes& attributes)
{
    Attributes all = attributes;
    for (const NumberRule& rule : kNumbers) {
        std::string& value = all[std::string(rule.name)];
        if (value.empty())
            value = std::to_string(rule.standard);
    }
    all["SqsManagedSseEnabled"] = "false";
    all.erase("FifoQueue");
    for (const char* text : {"Policy", "RedrivePolicy"}) {
        if (const auto found = all.find(text); found != all.end() && found->second.empty())
            all.erase(found);
    }
    return all;
}

QueueSettings settingsOf(const Attributes& attributes)
{
    const Attributes all = withDefaults(attributes);
    const auto number = [&all](const char* name) {
        std::int64_t value = 0;
        return absl::SimpleAtoi(all.at(name), &value) ? value : 0;
    };
    QueueSettings settings;
    settings.visibilityMs = number("VisibilityTimeout") * 1'000;
    settings.delayMs = number("DelaySeconds") * 1'000;
    settings.waitMs = number("ReceiveMessageWaitTimeSeconds") * 1'000;
    settings.retentionMs = number("MessageRetentionPeriod") * 1'000;
    settings.maxBytes = number("MaximumMessageSize");
    if (const auto policy = all.find("RedrivePolicy"); policy != all.end()) {
        if (const auto redrive = readRedrive(policy->second)) {
            settings.deadLetterArn = redrive->target;
            settings.maxReceives = static_cast<int>(redrive->receives);
        }
    }
    return settings;
}

std::int64_t bytesOf(const std::string& body, const MessageAttributes& attributes)
{
    std::size_t bytes = body.size();
    for (const auto& [name, value] : attributes)
        bytes += name.size() + value.data_type().size() + value.string_value().size() +
                 value.binary_value().size();
    return static_cast<std::int64_t>(bytes);
}

absl::Status checkMessage(const std::string& body, const MessageAttributes& attributes,
                          std::int64_t maxBytes)
{
    if (body.empty())
        return makeError("MissingRequiredParameterException", 400,
                         "The request must contain the parameter MessageBody.");
    if (attributes.size() > 10)
        return invalidValue(absl::StrCat("Number of message attributes [", attributes.size(),
                                         "] exceeds the allowed maximum [10]."));
    for (const auto& [name, value] : attributes) {
        if (absl::Status valid = checkAttribute(name, value); !valid.ok())
            return valid;
    }
    if (bytesOf(body, attributes) > maxBytes)
        return invalidValue(absl::StrCat("One or more parameters are invalid. Reason: Message must "
                                         "be shorter than ", maxBytes, " bytes."));
    return checkText(body);
}

absl::Status checkRange(std::string_view parameter, bool has, int value, int low, int high)
{
    if (!has || (value >= low && value <= high))
        return absl::OkStatus();
    return invalidValue(absl::StrCat("Value ", value, " for parameter ", view(parameter),
                                     " is invalid. Reason: Must be between ", low, " and ", high,
                                     ", if provided."));
}

absl::Status checkBatchIds(std::string_view entryType, const std::vector<std::string>& ids)
{
    if (ids.empty())
        return makeError("EmptyBatchRequest", 400,
                         absl::StrCat("There should be at least one ", view(entryType),
                                      " in the request."));
    if (ids.size() > kMaxBatch)
        return makeError("TooManyEntriesInBatchRequest", 400,
                         absl::StrCat("Maximum number of entries per request are 10. You have sent ",
                                      ids.size(), "."));
    std::set<std::string> seen;
    for (const std::string& id : ids) {
        if (!isBatchId(id))
            return makeError("InvalidBatchEntryId", 400,
                             "A batch entry id can only contain alphanumeric characters, hyphens "
                             "and underscores. It can be at most 80 letters long.");
        if (!seen.insert(id).second)
            return makeError("BatchEntryIdsNotDistinct", 400, absl::StrCat("Id ", id, " repeated."));
    }
    return absl::OkStatus();
}

std::string makeReceipt(const std::string& queue, const Receipt& receipt, int receives)
{
    return absl::Base64Escape(
        absl::StrCat(queue, " ", receipt.id, " ", receives, " ", receipt.messageId));
}

absl::StatusOr<Receipt> readReceipt(const std::string& queue, const std::string& handle)
{
    std::string text;
    Receipt receipt;
    if (absl::Base64Unescape(handle, &text)) {
        const std::vector<std::string> parts = absl::StrSplit(text, ' ');
        if (parts.size() == 4 && parts[0] == queue && absl::SimpleAtoi(parts[1], &receipt.id)) {
            receipt.messageId = parts[3];
            return receipt;
        }
    }
    return makeError("ReceiptHandleIsInvalid", 400,
                     absl::StrCat("The input receipt handle \"", handle.substr(0, 256),
                                  "\" is not a valid receipt handle."));
}

bool asksFor(const google::protobuf::RepeatedPtrField<std::string>& names, std::string_view name)
{
    return std::any_of(names.begin(), names.end(), [name](const std::string& wanted) {
        if (wanted == "All" || wanted == name)
            return true;
        return absl::EndsWith(wanted, ".*") &&
               name.starts_with(std::string_view(wanted).substr(0, wanted.size() - 2));
    });
}

} // namespace gantry::queues
