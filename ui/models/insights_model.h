#pragma once

#include "ui/rpc/logs_api.h"

#include <QAbstractTableModel>

namespace gantry::models {

// The rows of an Insights query. A column whose values are all numbers sorts as such and stands at
// the right.
class InsightsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role { SortRole = Qt::UserRole };

    using QAbstractTableModel::QAbstractTableModel;

    void show(const rpc::InsightsResult& result);
    const rpc::InsightsResult& result() const { return m_result; }
    bool isNumeric(int column) const { return m_numeric.value(column); }
    // What is copied: tab-separated with a header, or JSON, one object a row.
    QString text(const QList<int>& rows) const;
    QString json(const QList<int>& rows) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    rpc::InsightsResult m_result;
    QList<bool> m_numeric;
};

// A result over time as lines: values[series][bin], NaN where there is none.
struct InsightsSeries {
    qint64 startMs = 0;
    qint64 binMs = 0; // 0: the result is not over time
    QStringList names;
    QList<QList<double>> values;
    int left = 0; // series beyond the most that are drawn
};

// The first column of times makes the axis, columns of numbers the lines; where there are columns of
// texts besides, each combination of them has lines of its own.
InsightsSeries seriesOf(const rpc::InsightsResult& result);

} // namespace gantry::models
