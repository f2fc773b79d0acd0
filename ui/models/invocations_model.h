#pragma once

#include "ui/rpc/monitor_types.h"

#include <QAbstractTableModel>
#include <QList>

namespace gantry::models {

// Invocations of one function or of all, newest first. Each take() is a page of the newest as the
// platform lists them; rows that are there already stay, so that a selection survives.
class InvocationsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        Time,
        Function,
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
    enum Role { SortRole = Qt::UserRole, FailedRole };
    static constexpr int kMaxRows = 1000;

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    void take(const QList<rpc::InvocationSummary>& newestFirst);
    // Older ones, to go below what is there.
    void append(const QList<rpc::InvocationSummary>& older);
    void clear();
    const rpc::InvocationSummary& at(int row) const { return m_rows.at(row); }
    int rowOf(const QString& requestId) const;

private:
    QVariant sortValue(const rpc::InvocationSummary& row, int column) const;
    QString text(const rpc::InvocationSummary& row, int column) const;

    QList<rpc::InvocationSummary> m_rows;
};

// What became of an invocation in a word or two: "Succeeded", or the error's type.
QString statusText(const rpc::InvocationSummary& invocation);

} // namespace gantry::models
