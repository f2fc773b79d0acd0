#pragma once

#include "ui/rpc/monitor_types.h"

#include <QAbstractTableModel>

namespace gantry::models {

// The invocations that the platform has kept of one function, newest first.
class InvocationsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        Time,
        Status,
        Duration,
        Billed,
        Start,
        Memory,
        Cost,
        Version,
        RequestId,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    // New ones are inserted above those that are there, which keeps the selection.
    void setInvocations(const QList<rpc::InvocationSummary>& invocations);
    const rpc::InvocationSummary& at(int row) const { return m_invocations[row]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    QString display(const rpc::InvocationSummary& invocation, int column) const;

    QList<rpc::InvocationSummary> m_invocations;
};

} // namespace gantry::models
