#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/cost_types.h"
#include "ui/rpc/result.h"

#include <functional>
#include <memory>

namespace gantry::rpc {

// The platform's Cost service. Answers come on the GUI thread unless context is gone by then; month
// empty: this one.
class CostApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit CostApi(Channel& channel) : m_channel(channel) {}

    void getBill(const QString& month, QObject* context, Done<Bill> done);
    // by: function, version, alias, tag or tenant.
    void getShares(const QString& month, const QString& by, const QString& tagKey,
                   QObject* context, Done<CostShares> done);
    void auditBill(const QString& month, QObject* context, Done<BillAudit> done);
    void putBudget(const Budget& budget, QObject* context, Done<Budget> done);
    void deleteBudget(const QString& name, QObject* context, Done<Nothing> done);
    std::unique_ptr<Stream> watchBudgets(std::function<void(QList<Budget>)> onList,
                                         std::function<void(Error)> onEnd);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
