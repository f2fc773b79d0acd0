#pragma once

#include "ui/charts/chart_types.h"

#include <QAbstractTableModel>
#include <QDialog>

namespace gantry::charts {

// A chart's numbers as rows: time, then one column a series. Newest first.
class ChartDataModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    ChartDataModel(Unit unit, ChartData data, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    Unit m_unit;
    ChartData m_data;
};

// The table beside a chart for those who cannot or would not read the drawing. It shows the data of
// the moment at which it was opened.
class ChartDataDialog final : public QDialog {
    Q_OBJECT
public:
    ChartDataDialog(const QString& title, Unit unit, const ChartData& data, QWidget* parent);

Q_SIGNALS:
    void saveRequested();
};

} // namespace gantry::charts
