#pragma once

#include "backend/functions/model.h"
#include "backend/functions/options.h"

#include <absl/status/status.h>

#include <cstdint>
#include <functional>
#include <string>

namespace gantry::functions {

// What an asynchronous event may go through, with Lambda's defaults for what is not configured.
struct EventPolicy {
    int maximumRetries = 2;
    std::int64_t maximumAgeMicros = 21'600'000'000;
    std::string onSuccess, onFailure; // ARNs; empty: none
    std::string deadLetter;           // ARN; of the version's DeadLetterConfig
};

// The qualifier as it was called; empty for $LATEST.
EventPolicy eventPolicy(const Function& function, const std::string& qualifier);

// Whether the destinations name something that this platform, and the function's role, can send
// to. functionExists answers for a function's name; the texts are AWS's where it has one.
absl::Status checkDestinations(const Options& options, const Configuration& function,
                               const aws::lambda::DestinationConfig& destinations,
                               const std::function<bool(const std::string&)>& functionExists);
// The same for the dead-letter target of a configuration.
absl::Status checkDeadLetter(const Options& options, const Configuration& function);

// The third part of an ARN: lambda, sqs ...; empty when the text is no ARN.
std::string serviceOf(const std::string& arn);

// Drops what was configured for an alias or a version that is no more.
void forgetQualifier(Function& function, const std::string& qualifier);

} // namespace gantry::functions
