#pragma once

#include "aws/lambda.pb.h"

#include <absl/status/status.h>

#include <map>
#include <string>

namespace gantry::functions {

class Registry;

// What AWS demands beyond the constraints of the API's model (which the codec has checked), and
// what this platform cannot run and therefore refuses. Errors are InvalidParameterValueException.

absl::Status checkEnvironment(const aws::lambda::Environment& environment);

// Runtimes that AWS no longer lets functions be made or moved to.
absl::Status checkRuntime(const std::string& runtime);

// What a LoggingConfig asks for, of a function that has this format so far.
absl::Status checkLogging(const aws::lambda::LoggingConfig& asked, std::string_view format);
absl::Status checkTags(const std::map<std::string, std::string>& tags);

// Whether functions of this configuration can have SnapStart, if it asks for it.
absl::Status checkSnapStart(const aws::lambda::FunctionConfiguration& configuration);

// Whether a version of it may be published now: so many snapshots are taken at a time.
absl::Status checkSnapshots(const Registry& registry,
                            const aws::lambda::FunctionConfiguration& latest);

absl::Status checkCreate(const aws::lambda::CreateFunctionRequest& request);
absl::Status checkUpdate(const aws::lambda::UpdateFunctionConfigurationRequest& request);
absl::Status checkUpdate(const aws::lambda::UpdateFunctionCodeRequest& request);
// Whether a function of that package type can be made from what a request gives.
absl::Status checkPackageType(std::string_view type, bool givesImage);
// Whether the update is one of a function of that package type.
absl::Status checkUpdateOf(std::string_view type,
                           const aws::lambda::UpdateFunctionConfigurationRequest& request);
absl::Status checkPublish(const aws::lambda::PublishVersionRequest& request);

// A request that names no revision matches all; else PreconditionFailedException.
absl::Status checkRevision(bool given, const std::string& wanted, const std::string& current);

} // namespace gantry::functions
