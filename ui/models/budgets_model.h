#pragma once

#include "ui/models/budget_watch.h"

#include <QAbstractTableModel>

namespace gantry::models {

// The budgets, one row a budget.
class BudgetsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { State, Name, Scope, Limit, Actual, Forecast, ColumnCount };
    static constexpr int AlarmRole = Qt::UserRole;

    explicit BudgetsModel(const BudgetWatch& watch, QObject* parent = nullptr);

    const rpc::Budget& at(int row) const { return m_budgets[row]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    const BudgetWatch& m_watch;
    QList<rpc::Budget> m_budgets;
};

// Of what a budget is: "account", "function hello", "tag team=blue", "tenant acme".
QString scopeText(const rpc::Budget& budget);

} // namespace gantry::models
