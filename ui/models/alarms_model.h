#pragma once

#include "ui/rpc/alarms_types.h"

#include <QAbstractTableModel>
#include <QList>

namespace gantry::models {

// The alarms, those that need attention first. Rows that stay are changed in place, so that a selection
// survives.
class AlarmsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { State, Name, Watches, Condition, Since, Actions, ColumnCount };
    enum Role { StateRole = Qt::UserRole, NameRole };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    void take(QList<rpc::Alarm> alarms);
    const rpc::Alarm& at(int row) const { return m_rows.at(row); }
    int rowOf(const QString& name) const;
    int count(rpc::AlarmState state) const;

private:
    QString text(const rpc::Alarm& alarm, int column) const;

    QList<rpc::Alarm> m_rows;
};

} // namespace gantry::models
