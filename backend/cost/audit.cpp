#include "backend/cost/audit.h"

#include "backend/cost/month.h"
#include "backend/observe/queries.h"

namespace gantry::cost {
namespace {

constexpr std::int64_t kDayMicros = 86'400'000'000;

absl::Status compare(store::Database& database, int month, const PriceTimes& prices,
                     Audit& audit)
{
    Meter meter(prices);
    const absl::Status status = observe::queries::eachInvocation(
        database, firstDayOf(month) * kDayMicros, firstDayOf(month + 1) * kDayMicros,
        [&](const invoke::InvocationRecord& record) {
            ++audit.records;
            audit.recomputed += meter.charge(record).price;
            audit.recorded += record.costUsd;
        });
    if (!status.ok())
        return status;
    const auto rows = Ledger::readMonth(database, month);
    if (!rows.ok())
        return rows.status();
    for (const LedgerRow& row : *rows) {
        if (row.usage.invocations == 0)
            continue;
        audit.invocations += row.usage.invocations;
        audit.running += row.cost;
    }
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<Audit> audit(store::Database& database, int month, const PriceTimes& prices)
{
    // One view of the file, while the platform goes on writing it.
    Audit audit;
    absl::Status status = database.run("BEGIN");
    if (status.ok())
        status = compare(database, month, prices, audit);
    const absl::Status ended = database.run("COMMIT");
    if (!status.ok())
        return status;
    if (!ended.ok())
        return ended;
    return audit;
}

} // namespace gantry::cost
