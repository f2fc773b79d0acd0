#pragma once

#include "ui/rpc/functions_types.h"

#include <QAbstractTableModel>

#include <vector>

namespace gantry::models {

// The published versions of a function, newest first, with the aliases that lead to each.
class VersionsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        Version,
        Description,
        Aliases,
        Memory,
        CodeSize,
        CodeSha,
        Published,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void set(const std::vector<rpc::FunctionConfiguration>& versions,
             const std::vector<rpc::Alias>& aliases);
    QString versionAt(int row) const { return m_versions[static_cast<std::size_t>(row)].version; }
    // Names of the aliases that send traffic to a version.
    QStringList aliasesOf(const QString& version) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    std::vector<rpc::FunctionConfiguration> m_versions;
    std::vector<rpc::Alias> m_aliases;
};

} // namespace gantry::models
