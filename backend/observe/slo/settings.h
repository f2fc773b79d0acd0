#pragma once

#include "backend/observe/slo/indicator.h"

// What an objective is set to: defaults and what is allowed.
namespace gantry::observe::slo {

// 99 % of a rolling week with a warning at half of the budget is what is not said.
absl::Status setGoal(const aws::applicationsignals::Goal& wanted,
                     aws::applicationsignals::ServiceLevelObjective& slo);
absl::Status setBurnRates(
    const google::protobuf::RepeatedPtrField<aws::applicationsignals::BurnRateConfiguration>& wanted,
    aws::applicationsignals::ServiceLevelObjective& slo);

} // namespace gantry::observe::slo
