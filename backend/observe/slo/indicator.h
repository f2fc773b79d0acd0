#pragma once

#include "aws/applicationsignals.pb.h"
#include "backend/observe/cloudwatch/metric_data.h"

#include <absl/status/statusor.h>

#include <functional>
#include <string>
#include <vector>

// What an objective measures. A service is a function: its availability is the share of invocations that
// ended without an error, its latency their duration.
namespace gantry::observe::slo {

inline constexpr const char* kEnvironment = "lambda:default";
inline constexpr const char* kNamespace = "AWS/ApplicationSignals"; // of burn rates

// Whether there is a function of this name.
using IsFunction = std::function<bool(const std::string&)>;

// The key attributes by which Application Signals names a function.
google::protobuf::Map<std::string, std::string> keyAttributesOf(const std::string& function);
// The function that key attributes name, empty when they name something else.
std::string functionOf(const google::protobuf::Map<std::string, std::string>& keys);
// That an objective is about; empty for one on metrics of its own choice.
std::string functionOf(const aws::applicationsignals::ServiceLevelObjective& slo);

// What a request for an objective asks to measure, with the queries that measure it. ValidationException
// says what is wrong or not to be had here.
absl::Status resolve(const aws::applicationsignals::ServiceLevelIndicatorConfig& config,
                     const IsFunction& isFunction,
                     aws::applicationsignals::ServiceLevelObjective& slo);
absl::Status resolve(const aws::applicationsignals::RequestBasedServiceLevelIndicatorConfig& config,
                     const IsFunction& isFunction,
                     aws::applicationsignals::ServiceLevelObjective& slo);

// Queries, and the id of the one whose values count.
struct Query {
    std::vector<cloudwatch::DataQuery> queries;
    std::string result;
};
absl::StatusOr<Query>
queryOf(const google::protobuf::RepeatedPtrField<aws::applicationsignals::MetricDataQuery>& from);

// How long a period is, of an objective that is based on them; 0 for one based on requests.
std::int64_t periodMsOf(const aws::applicationsignals::ServiceLevelObjective& slo);
// Whether a period with that value is good.
bool isGood(const aws::applicationsignals::ServiceLevelIndicator& indicator, double value);

} // namespace gantry::observe::slo
