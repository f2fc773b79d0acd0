#include "ui/models/budget_watch.h"

#include "ui/rpc/cost_api.h"

namespace gantry::models {

namespace {
constexpr int kRetryMs = 2'000;
}

BudgetWatch::BudgetWatch(rpc::Channel& channel, rpc::CostApi& api, QObject* parent)
    : QObject(parent), m_channel(channel), m_api(api)
{
    m_retry.setSingleShot(true);
    m_retry.setInterval(kRetryMs);
    connect(&m_retry, &QTimer::timeout, this, &BudgetWatch::connectNow);
    connect(&m_channel, &rpc::Channel::stateChanged, this, &BudgetWatch::connectNow);
    connectNow();
}

BudgetWatch::~BudgetWatch() = default;

void BudgetWatch::connectNow()
{
    m_stream.reset();
    if (!m_channel.isConnected())
        return;
    m_stream = m_api.watchBudgets(
        [this](const QList<rpc::Budget>& budgets) { take(budgets); },
        [this](const rpc::Error&) { m_retry.start(); });
}

void BudgetWatch::take(const QList<rpc::Budget>& budgets)
{
    m_budgets = budgets;
    Q_EMIT changed();
    for (const rpc::Budget& budget : budgets) {
        const QString key = QStringLiteral("%1 %2").arg(budget.sinceMs).arg(budget.name);
        if (!budget.inAlarm || m_told.contains(key))
            continue;
        m_told.insert(key);
        Q_EMIT alarmed(budget);
    }
}

} // namespace gantry::models
