// How service level objectives are said in words.
#pragma once

#include "ui/rpc/objectives_types.h"

#include <QString>

namespace gantry::models {

// "99 % of invocations take 300 ms at most, over any 7 days"
QString objectiveText(const rpc::ObjectiveSettings& settings);
QString statusText(rpc::BudgetStatus status);
// What is left of the budget: requests or time that may still be bad.
QString budgetText(const rpc::Objective& objective);
// "5 min", "1 h", "3 days"
QString windowText(int minutes);
QString rateText(const rpc::BurnRate& rate);
// How much of the budget is left, in percent; below 0: overdrawn.
double budgetPercent(const rpc::Objective& objective);

} // namespace gantry::models
