#include "ui/models/budgets_model.h"

#include "ui/models/format.h"

#include <QLocale>

namespace gantry::models {

QString scopeText(const rpc::Budget& budget)
{
    switch (budget.scope) {
    case rpc::Budget::Scope::Function:
        return BudgetsModel::tr("function %1").arg(budget.value);
    case rpc::Budget::Scope::Tag:
        return BudgetsModel::tr("tag %1").arg(budget.value);
    case rpc::Budget::Scope::Tenant:
        return BudgetsModel::tr("tenant %1").arg(budget.value);
    default:
        return BudgetsModel::tr("account");
    }
}

BudgetsModel::BudgetsModel(const BudgetWatch& watch, QObject* parent)
    : QAbstractTableModel(parent), m_watch(watch), m_budgets(watch.budgets())
{
    connect(&watch, &BudgetWatch::changed, this, [this] {
        const QList<rpc::Budget>& now = m_watch.budgets();
        const bool same = std::equal(now.begin(), now.end(), m_budgets.begin(), m_budgets.end(),
                                     [](const auto& a, const auto& b) { return a.name == b.name; });
        if (!same)
            beginResetModel();
        m_budgets = now;
        if (!same)
            endResetModel();
        else if (!now.isEmpty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    });
}

int BudgetsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_budgets.size());
}

int BudgetsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant BudgetsModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= m_budgets.size())
        return {};
    const rpc::Budget& budget = m_budgets[index.row()];
    if (role == AlarmRole)
        return budget.inAlarm;
    if (role == Qt::TextAlignmentRole)
        return int((index.column() >= Limit ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case State:
        return budget.inAlarm ? tr("Alarm") : tr("OK");
    case Name:
        return budget.name;
    case Scope:
        return scopeText(budget);
    case Limit:
        return tr("%1, alarm at %2 %").arg(formatUsd(budget.limit)).arg(budget.alarmPercent);
    case Actual: {
        const double percent = budget.actual.toDouble() / budget.limit.toDouble() * 100;
        return tr("%1 (%2 %)").arg(formatUsd(budget.actual), QLocale().toString(percent, 'f', 1));
    }
    case Forecast:
        return formatUsd(budget.forecast);
    default:
        return {};
    }
}

QVariant BudgetsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    static const char* const kTitles[] = {
        QT_TR_NOOP("State"),       QT_TR_NOOP("Budget"),
        QT_TR_NOOP("For"),         QT_TR_NOOP("Limit a month"),
        QT_TR_NOOP("Used so far"), QT_TR_NOOP("Month, estimated"),
    };
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section >= Limit ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return role == Qt::DisplayRole ? tr(kTitles[section]) : QVariant();
}

} // namespace gantry::models
