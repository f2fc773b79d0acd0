#include "ui/rpc/cost_api.h"

#include "gantry/v1/cost.pb.h"
#include "ui/rpc/call.h"
#include "ui/rpc/money.h"

namespace gantry::rpc {

namespace {

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

Forecast fromProto(const v1::Forecast& from)
{
    return {moneyOf(from.expected_usd()), moneyOf(from.low_usd()), moneyOf(from.high_usd()),
            from.full_days()};
}

Bill fromProto(const v1::Bill& from)
{
    Bill to;
    to.month = text(from.month());
    for (const auto& line : from.lines()) {
        to.lines.append({text(line.item()), line.quantity(), line.free_quantity(),
                         moneyOf(line.listed_usd()), moneyOf(line.free_usd())});
    }
    to.listed = moneyOf(from.listed_usd());
    to.free = moneyOf(from.free_usd());
    to.due = moneyOf(from.due_usd());
    to.adjustment = moneyOf(from.adjustment_usd());
    to.perHour = moneyOf(from.cost_per_hour_usd());
    to.forecast = fromProto(from.forecast());
    to.freeRequests = from.free_tier().requests();
    to.freeGbSeconds = from.free_tier().gb_seconds();
    to.priceLabel = text(from.price_label());
    return to;
}

CostShares fromProto(const v1::CostShares& from)
{
    constexpr double kMbMillis = 1'024'000; // of a GB-second
    CostShares to;
    to.month = text(from.month());
    for (const auto& share : from.shares()) {
        to.shares.append({text(share.name()), share.invocations(),
                          double(share.x86_mb_millis() + share.arm_mb_millis()) / kMbMillis,
                          moneyOf(share.listed_usd()), moneyOf(share.free_usd()),
                          moneyOf(share.due_usd()), moneyOf(share.cost_per_hour_usd()),
                          fromProto(share.forecast())});
    }
    for (const std::string& key : from.tag_keys())
        to.tagKeys.append(text(key));
    return to;
}

BillAudit fromProto(const v1::BillAudit& from)
{
    return {from.records(), from.invocations(), moneyOf(from.recomputed_usd()),
            moneyOf(from.running_usd()), from.complete(), from.agrees()};
}

Budget fromProto(const v1::Budget& from)
{
    Budget to;
    to.name = text(from.name());
    to.scope = static_cast<Budget::Scope>(from.scope());
    to.value = text(from.value());
    to.limit = moneyOf(from.limit_usd());
    to.alarmPercent = from.alarm_percent();
    to.onForecast = from.on_forecast();
    to.inAlarm = from.state() == v1::Budget::ALARM;
    to.sinceMs = from.since_ms();
    to.actual = moneyOf(from.actual_usd());
    to.forecast = moneyOf(from.forecast_usd());
    return to;
}

constexpr auto kConvert = [](const auto& message) { return fromProto(message); };

} // namespace

void CostApi::getBill(const QString& month, QObject* context, Done<Bill> done)
{
    v1::GetBillRequest request;
    request.set_month(month.toStdString());
    call<v1::Bill>(m_channel, request, context, kConvert, std::move(done));
}

void CostApi::getShares(const QString& month, const QString& by, const QString& tagKey,
                        QObject* context, Done<CostShares> done)
{
    v1::GetCostSharesRequest request;
    request.set_month(month.toStdString());
    request.set_by(by.toStdString());
    request.set_tag_key(tagKey.toStdString());
    call<v1::CostShares>(m_channel, request, context, kConvert, std::move(done));
}

void CostApi::auditBill(const QString& month, QObject* context, Done<BillAudit> done)
{
    v1::AuditBillRequest request;
    request.set_month(month.toStdString());
    call<v1::BillAudit>(m_channel, request, context, kConvert, std::move(done));
}

void CostApi::putBudget(const Budget& budget, QObject* context, Done<Budget> done)
{
    v1::PutBudgetRequest request;
    v1::Budget* to = request.mutable_budget();
    to->set_name(budget.name.toStdString());
    to->set_scope(static_cast<v1::Budget::Scope>(budget.scope));
    to->set_value(budget.value.toStdString());
    to->set_limit_usd(budget.limit.toString());
    to->set_alarm_percent(budget.alarmPercent);
    to->set_on_forecast(budget.onForecast);
    call<v1::Budget>(m_channel, request, context, kConvert, std::move(done));
}

void CostApi::deleteBudget(const QString& name, QObject* context, Done<Nothing> done)
{
    v1::DeleteBudgetRequest request;
    request.set_name(name.toStdString());
    call<v1::DeleteBudgetResponse>(
        m_channel, request, context,
        [](const v1::DeleteBudgetResponse&) { return Nothing{}; }, std::move(done));
}

std::unique_ptr<Stream> CostApi::watchBudgets(std::function<void(QList<Budget>)> onList,
                                              std::function<void(Error)> onEnd)
{
    const auto convert = [](const v1::BudgetList& list) {
        QList<Budget> budgets;
        for (const auto& budget : list.budgets())
            budgets.append(fromProto(budget));
        return budgets;
    };
    return stream<v1::BudgetList>(m_channel, v1::WatchBudgetsRequest(), convert,
                                  std::move(onList), std::move(onEnd));
}

} // namespace gantry::rpc
