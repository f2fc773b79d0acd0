#include "backend/api/cost.h"

#include "backend/api/cost_messages.h"
#include "backend/base/clock.h"
#include "backend/cost/budgets.h"
#include "backend/cost/month.h"
#include "backend/cost/price_book.h"
#include "backend/observe/recorder.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace gantry::api {
namespace {

// What the handlers share, and who watches the budgets.
class CostService final : public std::enable_shared_from_this<CostService> {
public:
    CostService(const cost::Ledger& ledger, cost::Budgets& budgets, observe::Recorder& recorder)
        : m_ledger(ledger), m_budgets(budgets), m_recorder(recorder)
    {
    }

    // Calls done with the rows of a month, wherever they are, or refuses what is no month.
    template <class Response>
    void withMonth(const std::string& text, Reply<Response> reply,
                   std::function<void(int, const cost::LedgerRows&)> done)
    {
        const auto month = parseMonth(text, now());
        if (!month.ok())
            return reply(month.status());
        if (*month >= cost::monthOf(now()) - 1)
            return done(*month, m_ledger.month(*month));
        m_recorder.query<cost::LedgerRows>(
            [month = *month](store::Database& database) {
                return cost::Ledger::readMonth(database, month);
            },
            [month = *month, reply, done](const absl::StatusOr<cost::LedgerRows>& rows) {
                if (!rows.ok())
                    return reply(rows.status());
                done(month, *rows);
            });
    }

    void bill(const v1::GetBillRequest& request, const Reply<v1::Bill>& reply)
    {
        withMonth<v1::Bill>(request.month(), reply,
                            [this, reply](int month, const cost::LedgerRows& rows) {
                                const auto shares = sharesOf(
                                    month, rows, [](const cost::Subject&) { return std::string(); });
                                v1::Bill message = messageOf(
                                    cost::monthBill(rows, m_ledger.prices().table),
                                    shares.empty() ? cost::Share() : shares.front(),
                                    m_ledger.prices().table);
                                message.set_month(monthText(month));
                                reply(std::move(message));
                            });
    }

    void shares(const v1::GetCostSharesRequest& request, const Reply<v1::CostShares>& reply)
    {
        withMonth<v1::CostShares>(
            request.month(), reply,
            [this, reply, group = groupOf(request)](int month, const cost::LedgerRows& rows) {
                v1::CostShares message;
                message.set_month(monthText(month));
                for (const cost::Share& share : sharesOf(month, rows, group))
                    *message.add_shares() = messageOf(share);
                std::set<std::string> keys;
                for (const cost::LedgerRow& row : rows) {
                    for (const auto& [key, value] : cost::tagsOf(row.subject.tags))
                        keys.insert(key);
                }
                message.mutable_tag_keys()->Add(keys.begin(), keys.end());
                reply(std::move(message));
            });
    }

    void audit(const v1::AuditBillRequest& request, const Reply<v1::BillAudit>& reply)
    {
        const auto month = parseMonth(request.month(), now());
        if (!month.ok())
            return reply(month.status());
        m_recorder.query<cost::Audit>(
            [month = *month, prices = m_ledger.times()](store::Database& database) {
                return cost::audit(database, month, prices);
            },
            [month = *month, reply](const absl::StatusOr<cost::Audit>& audit) {
                if (!audit.ok())
                    return reply(audit.status());
                v1::BillAudit message = messageOf(*audit);
                message.set_month(monthText(month));
                reply(std::move(message));
            });
    }

    void watchBudgets(const CallPtr& call, StreamPtr sink)
    {
        auto watcher = std::make_shared<Watcher>();
        watcher->sink = std::move(sink);
        call->onCancelled = [weak = std::weak_ptr<Watcher>(watcher)] {
            if (const auto watcher = weak.lock())
                watcher->gone = true;
        };
        m_watchers.push_back(watcher);
        tell(watcher);
    }

    void budgetsChanged()
    {
        std::erase_if(m_watchers, [](const auto& watcher) { return watcher->gone; });
        for (const auto& watcher : m_watchers)
            tell(watcher);
    }

private:
    struct Watcher {
        StreamPtr sink;
        bool waits = false; // for room; then it gets what holds by then
        bool gone = false;
    };

    std::int64_t now() const { return m_ledger.clock().unixMicros(); }

    std::vector<cost::Share> sharesOf(int month, const cost::LedgerRows& rows,
                                      const cost::GroupOf& group) const
    {
        const int current = cost::monthOf(now());
        cost::LedgerRows recent;
        if (month == current) {
            recent = m_ledger.month(month - 1);
            recent.insert(recent.end(), rows.begin(), rows.end());
        }
        return cost::sharesOf(rows, recent, m_ledger, group, {now(), month});
    }

    void tell(const std::shared_ptr<Watcher>& watcher)
    {
        if (watcher->waits)
            return;
        v1::BudgetList list;
        for (const auto& [name, budget] : m_budgets.all())
            *list.add_budgets() = budget;
        if (watcher->sink->write(list))
            return;
        watcher->waits = true;
        watcher->sink->onWritable([weak = weak_from_this(), watcher] {
            watcher->waits = false;
            if (const auto self = weak.lock(); self && !watcher->gone)
                self->tell(watcher);
        });
    }

    const cost::Ledger& m_ledger;
    cost::Budgets& m_budgets;
    observe::Recorder& m_recorder;
    std::vector<std::shared_ptr<Watcher>> m_watchers;
};

void registerPriceTables(OperationTable& table, cost::PriceBook& book)
{
    table.on<v1::ListPriceTablesRequest, v1::PriceTableList>(
        [&book](CallPtr, const v1::ListPriceTablesRequest&, Reply<v1::PriceTableList> reply) {
            book.list(std::move(reply));
        });
    table.on<v1::PutPriceTableRequest, v1::PriceTableList>(
        [&book](CallPtr, const v1::PutPriceTableRequest& request,
                Reply<v1::PriceTableList> reply) { book.put(request.table(), std::move(reply)); });
    table.on<v1::DeletePriceTableRequest, v1::PriceTableList>(
        [&book](CallPtr, const v1::DeletePriceTableRequest& request,
                Reply<v1::PriceTableList> reply) {
            book.remove(request.region(), std::move(reply));
        });
    table.on<v1::UsePriceTableRequest, v1::PriceTableList>(
        [&book](CallPtr, const v1::UsePriceTableRequest& request,
                Reply<v1::PriceTableList> reply) { book.use(request.region(), std::move(reply)); });
}

} // namespace

void registerCost(OperationTable& table, const cost::Ledger& ledger, cost::Budgets& budgets,
                  cost::PriceBook& book, observe::Recorder& recorder)
{
    registerPriceTables(table, book);
    const auto service = std::make_shared<CostService>(ledger, budgets, recorder);
    budgets.onChange([weak = std::weak_ptr<CostService>(service)] {
        if (const auto service = weak.lock())
            service->budgetsChanged();
    });
    table.on<v1::GetBillRequest, v1::Bill>(
        [service](CallPtr, const v1::GetBillRequest& request, Reply<v1::Bill> reply) {
            service->bill(request, reply);
        });
    table.on<v1::GetCostSharesRequest, v1::CostShares>(
        [service](CallPtr, const v1::GetCostSharesRequest& request, Reply<v1::CostShares> reply) {
            service->shares(request, reply);
        });
    table.on<v1::AuditBillRequest, v1::BillAudit>(
        [service](CallPtr, const v1::AuditBillRequest& request, Reply<v1::BillAudit> reply) {
            service->audit(request, reply);
        });
    table.on<v1::PutBudgetRequest, v1::Budget>(
        [&budgets](CallPtr, const v1::PutBudgetRequest& request, Reply<v1::Budget> reply) {
            budgets.put(request.budget(), std::move(reply));
        });
    table.on<v1::DeleteBudgetRequest, v1::DeleteBudgetResponse>(
        [&budgets](CallPtr, const v1::DeleteBudgetRequest& request,
                   Reply<v1::DeleteBudgetResponse> reply) {
            budgets.remove(request.name(), [reply](const absl::Status& status) {
                if (status.ok())
                    reply(v1::DeleteBudgetResponse());
                else
                    reply(status);
            });
        });
    table.onStream<v1::WatchBudgetsRequest>(
        [service](CallPtr call, const v1::WatchBudgetsRequest&, StreamPtr sink) {
            service->watchBudgets(call, std::move(sink));
        });
}

} // namespace gantry::api
