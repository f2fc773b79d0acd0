#pragma once

#include "ui/rpc/layers_api.h"

#include <QAbstractTableModel>

#include <vector>

namespace gantry::models {

// Versions of layers as rows: the newest of each layer, or all of one.
class LayerVersionsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Layer, Version, Description, Runtimes, Architectures, Created, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    void set(std::vector<rpc::LayerVersion> versions);
    const rpc::LayerVersion& at(int row) const { return m_versions.at(std::size_t(row)); }
    int rowOf(const QString& layer) const;

private:
    QString text(const rpc::LayerVersion& version, int column) const;

    std::vector<rpc::LayerVersion> m_versions;
};

} // namespace gantry::models
