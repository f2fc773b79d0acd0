#pragma once

#include "ui/rpc/queue_types.h"

#include <QAbstractTableModel>
#include <QList>

namespace gantry::models {

// The asynchronous events that wait, run or are dead, as the platform's frames bring them. A frame
// changes only the rows that differ, so that a selection survives.
class EventQueueModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { State, Function, Accepted, Next, Attempts, Size, Problem, RequestId, ColumnCount };
    enum Role { SortRole = Qt::UserRole, StateRole, EventIdRole };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    void take(const QList<rpc::QueuedEvent>& events);
    const rpc::QueuedEvent& at(int row) const { return m_rows.at(row); }
    int rowOf(qint64 id) const;

private:
    QString text(const rpc::QueuedEvent& row, int column) const;
    QVariant sortValue(const rpc::QueuedEvent& row, int column) const;

    QList<rpc::QueuedEvent> m_rows; // by id, ascending
};

QString stateText(rpc::QueuedState state);

} // namespace gantry::models
