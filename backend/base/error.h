#pragma once

#include <absl/status/status.h>

#include <optional>
#include <string>
#include <string_view>

namespace gantry {

// The AWS face of a failed operation. It travels as a payload of absl::Status, so that one function
// can map it to each wire form (restJson, gRPC) without knowing which operation failed.
struct AwsError {
    std::string name;        // the error shape, e.g. ResourceNotFoundException
    int status = 500;        // HTTP status
    std::string message;
    std::string reason;      // member Reason of TooManyRequestsException; empty elsewhere
    int retryAfterSeconds = 0;
};

absl::Status makeError(AwsError error);
absl::Status makeError(std::string_view name, int status, std::string message);

// The commonest shapes.
absl::Status invalidParameter(std::string message);  // 400 InvalidParameterValueException
absl::Status validationError(std::string message);   // 400 ValidationException
absl::Status notFound(std::string message);          // 404 ResourceNotFoundException
absl::Status conflict(std::string message);          // 409 ResourceConflictException
absl::Status preconditionFailed(std::string message); // 412 PreconditionFailedException
absl::Status serviceError(std::string message);      // 500 ServiceException
// 429 TooManyRequestsException; reasons as in the model's ThrottleReason.
absl::Status throttled(std::string reason);

// The AWS error of a status that is not ok. A status without one becomes ServiceException (500).
AwsError awsErrorOf(const absl::Status& status);

} // namespace gantry
