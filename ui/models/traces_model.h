#pragma once

#include "ui/rpc/traces_types.h"

#include <QAbstractTableModel>
#include <QList>

namespace gantry::models {

// Traces of a list, newest first.
class TracesModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Time, Outcome, Entry, Duration, Services, Request, Id, ColumnCount };
    enum Role { OutcomeRole = Qt::UserRole };
    enum class TraceOutcome { Ok, Error, Throttle, Fault };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    // The newest page: rows that are there already stay, so that a selection survives; those that the
    // page has not are gone.
    void take(const QList<rpc::TraceSummary>& newestFirst);
    void append(const QList<rpc::TraceSummary>& older);
    void clear() { take({}); }
    const rpc::TraceSummary& at(int row) const { return m_rows.at(row); }
    int rowOf(const QString& id) const;

private:
    QString text(const rpc::TraceSummary& row, int column) const;

    QList<rpc::TraceSummary> m_rows;
};

TracesModel::TraceOutcome outcomeOf(const rpc::TraceSummary& trace);

} // namespace gantry::models
