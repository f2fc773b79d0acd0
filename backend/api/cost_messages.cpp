#include "backend/api/cost_messages.h"

#include "backend/base/error.h"
#include "backend/cost/month.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <cstdio>

namespace gantry::api {
namespace {

void fill(v1::Forecast& to, const cost::Forecast& from)
{
    to.set_expected_usd(from.expected.toString());
    to.set_low_usd(from.low.toString());
    to.set_high_usd(from.high.toString());
    to.set_full_days(from.fullDays);
}

std::string qualified(const std::string& function, const std::string& qualifier)
{
    return absl::StrCat(function, ":", qualifier);
}

} // namespace

absl::StatusOr<int> parseMonth(const std::string& text, std::int64_t nowMicros)
{
    if (text.empty())
        return cost::monthOf(nowMicros);
    int year = 0;
    int month = 0;
    int read = 0;
    const bool shaped = text.size() == 7 &&
                        std::sscanf(text.c_str(), "%4d-%2d%n", &year, &month, &read) == 2 &&
                        read == 7;
    if (!shaped || year < 1970 || month < 1 || month > 12)
        return validationError("A month is written as in 2026-11.");
    return (year - 1970) * 12 + month - 1;
}

std::string monthText(int month)
{
    return absl::StrFormat("%04d-%02d", 1970 + month / 12, month % 12 + 1);
}

cost::GroupOf groupOf(const v1::GetCostSharesRequest& request)
{
    const std::string& by = request.by();
    if (by == "version")
        return [](const cost::Subject& s) { return qualified(s.function, s.version); };
    if (by == "alias")
        return [](const cost::Subject& s) {
            return qualified(s.function, s.alias.empty() ? s.version : s.alias);
        };
    if (by == "tag")
        return [key = request.tag_key()](const cost::Subject& s) {
            const cost::Tags tags = cost::tagsOf(s.tags);
            const auto found = tags.find(key);
            return found == tags.end() ? std::string() : found->second;
        };
    if (by == "tenant")
        return [](const cost::Subject& s) { return s.tenant; };
    return [](const cost::Subject& s) { return s.function; };
}

v1::Bill messageOf(const cost::MonthBill& bill, const cost::Share& account,
                   const pricing::PriceTable& table)
{
    v1::Bill message;
    for (const pricing::Line& line : bill.bill.lines) {
        v1::BillLine* added = message.add_lines();
        added->set_item(std::string(pricing::nameOf(line.item)));
        added->set_quantity(line.quantity);
        added->set_free_quantity(line.freeQuantity);
        added->set_listed_usd(line.listed.toString());
        added->set_free_usd(line.free.toString());
    }
    message.set_listed_usd(bill.running.toString());
    message.set_free_usd(bill.bill.free.toString());
    message.set_due_usd(bill.due().toString());
    message.set_adjustment_usd(bill.adjustment().toString());
    message.set_cost_per_hour_usd(account.perHour.toString());
    fill(*message.mutable_forecast(), account.forecast);
    message.mutable_free_tier()->set_requests(table.freeTier.requests);
    message.mutable_free_tier()->set_gb_seconds(table.freeTier.gbSeconds);
    message.mutable_free_tier()->set_streamed_bytes(table.freeTier.streamedBytes);
    message.set_price_label(table.label());
    message.set_price_edited(table.edited);
    return message;
}

v1::CostShare messageOf(const cost::Share& share)
{
    v1::CostShare message;
    message.set_name(share.name);
    message.set_invocations(share.usage.invocations);
    message.set_requests(share.usage.requests);
    message.set_x86_mb_millis(share.usage.x86.mbMillis);
    message.set_arm_mb_millis(share.usage.arm.mbMillis);
    message.set_listed_usd(share.listed.toString());
    message.set_free_usd(share.free.toString());
    message.set_due_usd(share.due().toString());
    message.set_cost_per_hour_usd(share.perHour.toString());
    fill(*message.mutable_forecast(), share.forecast);
    return message;
}

v1::BillAudit messageOf(const cost::Audit& audit)
{
    v1::BillAudit message;
    message.set_records(audit.records);
    message.set_invocations(audit.invocations);
    message.set_recomputed_usd(audit.recomputed.toString());
    message.set_recorded_usd(audit.recorded.toString());
    message.set_running_usd(audit.running.toString());
    message.set_complete(audit.complete());
    message.set_agrees(audit.agrees());
    return message;
}

} // namespace gantry::api
