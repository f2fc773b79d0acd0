#pragma once

#include "ui/rpc/findings_types.h"

#include <QAbstractTableModel>
#include <QList>

namespace gantry::models {

// Findings, worst first: the open ones, or the dismissed ones and those that are over. Rows that stay are
// changed in place, so that a selection survives.
class FindingsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Severity, Title, Function, Since, State, ColumnCount };
    enum Role { SeverityRole = Qt::UserRole, IdRole };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    void take(const QList<rpc::HealthFinding>& findings, bool open);
    const rpc::HealthFinding& at(int row) const { return m_rows.at(row); }
    int rowOf(const QString& id) const; // -1: none

private:
    QList<rpc::HealthFinding> m_rows;
};

} // namespace gantry::models
