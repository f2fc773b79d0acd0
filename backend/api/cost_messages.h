#pragma once

#include "backend/cost/audit.h"
#include "backend/cost/report.h"
#include "gantry/v1/cost.pb.h"

#include <absl/status/statusor.h>

#include <string>

// The Cost service's messages, made from what backend/cost works out.
namespace gantry::api {

// As in 2026-11; empty is the month of now. ValidationException for what is no month.
absl::StatusOr<int> parseMonth(const std::string& text, std::int64_t nowMicros);
std::string monthText(int month);

cost::GroupOf groupOf(const v1::GetCostSharesRequest& request);

v1::Bill messageOf(const cost::MonthBill& bill, const cost::Share& account,
                   const pricing::PriceTable& table);
v1::CostShare messageOf(const cost::Share& share);
v1::BillAudit messageOf(const cost::Audit& audit);

} // namespace gantry::api
