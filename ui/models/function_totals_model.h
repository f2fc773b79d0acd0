#pragma once

#include "ui/models/metrics_window.h"

#include <QAbstractTableModel>

namespace gantry::models {

// The functions of a MetricsWindow as a table: what each did in the range. Rows keep their place
// while numbers change; a QSortFilterProxyModel above sorts by SortRole.
class FunctionTotalsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Invocations, Errors, ErrorRate, P99, ColdStarts, Cost, Trend, ColumnCount };
    enum Role { SortRole = Qt::UserRole, TrendRole }; // TrendRole: QList<double>, oldest first

    explicit FunctionTotalsModel(const MetricsWindow& window, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Takes the window's totals of now.
    void refresh();
    QString nameAt(int row) const { return m_rows.at(std::size_t(row)).name; }

private:
    QVariant sortValue(const FunctionTotals& row, int column) const;
    QString text(const FunctionTotals& row, int column) const;
    QVariant trend(const QString& name) const;

    const MetricsWindow& m_window;
    std::vector<FunctionTotals> m_rows;
};

} // namespace gantry::models
