#include "ui/models/versions_model.h"

#include "ui/models/format.h"

#include <QLocale>

#include <algorithm>

namespace gantry::models {

void VersionsModel::set(const std::vector<rpc::FunctionConfiguration>& versions,
                        const std::vector<rpc::Alias>& aliases)
{
    beginResetModel();
    m_aliases = aliases;
    m_versions.clear();
    std::copy_if(versions.begin(), versions.end(), std::back_inserter(m_versions),
                 [](const auto& v) { return v.version != QLatin1String("$LATEST"); });
    std::sort(m_versions.begin(), m_versions.end(), [](const auto& a, const auto& b) {
        return a.version.toLongLong() > b.version.toLongLong();
    });
    endResetModel();
}

QStringList VersionsModel::aliasesOf(const QString& version) const
{
    QStringList names;
    for (const rpc::Alias& alias : m_aliases) {
        if (alias.version == version || alias.weights.contains(version))
            names << alias.name;
    }
    return names;
}

int VersionsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_versions.size());
}

int VersionsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant VersionsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const rpc::FunctionConfiguration& v = m_versions[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole && index.column() == CodeSha)
        return v.codeSha256;
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Version:
        return v.version;
    case Description:
        return v.description;
    case Aliases:
        return aliasesOf(v.version).join(QStringLiteral(", "));
    case Memory:
        return formatMemory(v.memoryMb);
    case CodeSize:
        return formatBytes(v.codeSize);
    case CodeSha:
        return v.codeSha256.left(10);
    case Published:
        return QLocale().toString(v.lastModified.toLocalTime(), QLocale::ShortFormat);
    default:
        return {};
    }
}

QVariant VersionsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Version:
        return tr("Version");
    case Description:
        return tr("Description");
    case Aliases:
        return tr("Aliases");
    case Memory:
        return tr("Memory");
    case CodeSize:
        return tr("Code size");
    case CodeSha:
        return tr("SHA-256");
    case Published:
        return tr("Published");
    default:
        return {};
    }
}

} // namespace gantry::models
