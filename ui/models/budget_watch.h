#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/cost_types.h"

#include <QObject>
#include <QSet>
#include <QTimer>

#include <memory>

namespace gantry::rpc {
class CostApi;
}

namespace gantry::models {

// The budgets as the platform sees them, followed while it answers.
class BudgetWatch final : public QObject {
    Q_OBJECT
public:
    BudgetWatch(rpc::Channel& channel, rpc::CostApi& api, QObject* parent = nullptr);
    ~BudgetWatch() override;

    const QList<rpc::Budget>& budgets() const { return m_budgets; } // by name

Q_SIGNALS:
    void changed();
    // Once for every time that a budget goes into alarm, also when that was before the console
    // started.
    void alarmed(const gantry::rpc::Budget& budget);

private:
    void connectNow();
    void take(const QList<rpc::Budget>& budgets);

    rpc::Channel& m_channel;
    rpc::CostApi& m_api;
    QList<rpc::Budget> m_budgets;
    QSet<QString> m_told; // name and time of the alarms that were told
    QTimer m_retry;
    std::unique_ptr<rpc::Stream> m_stream;
};

} // namespace gantry::models
