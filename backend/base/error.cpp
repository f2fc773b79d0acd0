#include "backend/base/error.h"

#include "backend/base/text.h"

#include <absl/strings/cord.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <utility>
#include <vector>

namespace gantry {
namespace {

constexpr absl::string_view kPayloadUrl = "gantry/aws-error";

absl::StatusCode codeFor(int httpStatus)
{
    switch (httpStatus) {
    case 400: return absl::StatusCode::kInvalidArgument;
    case 403: return absl::StatusCode::kPermissionDenied;
    case 404: return absl::StatusCode::kNotFound;
    case 409: return absl::StatusCode::kAlreadyExists;
    case 412: return absl::StatusCode::kFailedPrecondition;
    case 413: return absl::StatusCode::kOutOfRange;
    case 429: return absl::StatusCode::kResourceExhausted;
    case 501: return absl::StatusCode::kUnimplemented;
    default: return absl::StatusCode::kInternal;
    }
}

} // namespace

absl::Status makeError(AwsError error)
{
    absl::Status status(codeFor(error.status), error.message);
    status.SetPayload(kPayloadUrl,
                      absl::Cord(absl::StrCat(error.name, "\n", error.status, "\n", error.reason,
                                              "\n", error.retryAfterSeconds)));
    return status;
}

absl::Status makeError(std::string_view name, int status, std::string message)
{
    return makeError(AwsError{std::string(name), status, std::move(message), {}, 0});
}

absl::Status invalidParameter(std::string message)
{
    return makeError("InvalidParameterValueException", 400, std::move(message));
}

absl::Status validationError(std::string message)
{
    return makeError("ValidationException", 400, std::move(message));
}

absl::Status notFound(std::string message)
{
    return makeError("ResourceNotFoundException", 404, std::move(message));
}

absl::Status conflict(std::string message)
{
    return makeError("ResourceConflictException", 409, std::move(message));
}

absl::Status preconditionFailed(std::string message)
{
    return makeError("PreconditionFailedException", 412, std::move(message));
}

absl::Status serviceError(std::string message)
{
    return makeError("ServiceException", 500, std::move(message));
}

absl::Status throttled(std::string reason)
{
    return makeError(
        AwsError{"TooManyRequestsException", 429, "Rate Exceeded.", std::move(reason), 1});
}

AwsError awsErrorOf(const absl::Status& status)
{
    const auto payload = status.GetPayload(kPayloadUrl);
    if (!payload)
        return AwsError{"ServiceException", 500, std::string(view(status.message())), {}, 0};
    const std::string text(*payload);
    const std::vector<std::string> parts = absl::StrSplit(text, '\n');
    AwsError error{parts[0], 500, std::string(view(status.message())), parts[2], 0};
    (void)absl::SimpleAtoi(parts[1], &error.status);
    (void)absl::SimpleAtoi(parts[3], &error.retryAfterSeconds);
    return error;
}

} // namespace gantry
