#pragma once

#include "ui/rpc/cost_types.h"

#include <QAbstractTableModel>

namespace gantry::models {

// The parts of a month's bill, one row a part.
class CostSharesModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        Name,
        Invocations,
        GbSeconds,
        Listed,
        Free,
        Due,
        PerHour,
        Forecast,
        ColumnCount
    };
    static constexpr int SortRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    // unnamed: what the part without a name is called, e.g. "no tenant".
    void setShares(const QList<rpc::CostShare>& shares, const QString& unnamed);
    const QList<rpc::CostShare>& shares() const { return m_shares; }
    QString nameAt(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // All rows and columns, amounts in full. RFC 4180.
    QByteArray toCsv() const;

private:
    QString display(const rpc::CostShare& share, int column) const;

    QList<rpc::CostShare> m_shares;
    QString m_unnamed;
};

} // namespace gantry::models
