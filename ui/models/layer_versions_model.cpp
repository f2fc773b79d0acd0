#include "ui/models/layer_versions_model.h"

#include <QDateTime>
#include <QLocale>

namespace gantry::models {

namespace {

QString dateText(const QString& iso)
{
    const QDateTime date = QDateTime::fromString(iso.left(19), Qt::ISODate);
    if (!date.isValid())
        return iso;
    QDateTime utc = date;
    utc.setTimeSpec(Qt::UTC);
    return QLocale().toString(utc.toLocalTime(), QStringLiteral("d MMM yyyy HH:mm"));
}

} // namespace

int LayerVersionsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_versions.size());
}

int LayerVersionsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LayerVersionsModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const rpc::LayerVersion& version = at(index.row());
    if (role == Qt::DisplayRole)
        return text(version, index.column());
    if (role == Qt::ToolTipRole)
        return index.column() == Layer ? version.arn : text(version, index.column());
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (index.column() == Version ? Qt::AlignRight : Qt::AlignLeft));
    return {};
}

QVariant LayerVersionsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (section == Version ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return {};
    static const char* const kTitles[ColumnCount] = {
        QT_TR_NOOP("Layer"),    QT_TR_NOOP("Version"),       QT_TR_NOOP("Description"),
        QT_TR_NOOP("Runtimes"), QT_TR_NOOP("Architectures"), QT_TR_NOOP("Created"),
    };
    return tr(kTitles[section]);
}

void LayerVersionsModel::set(std::vector<rpc::LayerVersion> versions)
{
    beginResetModel();
    m_versions = std::move(versions);
    endResetModel();
}

int LayerVersionsModel::rowOf(const QString& layer) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (at(row).layer == layer)
            return row;
    }
    return -1;
}

QString LayerVersionsModel::text(const rpc::LayerVersion& version, int column) const
{
    switch (column) {
    case Layer:
        return version.layer;
    case Version:
        return QString::number(version.version);
    case Description:
        return version.description;
    case Runtimes:
        return version.runtimes.isEmpty() ? tr("any") : version.runtimes.join(QStringLiteral(", "));
    case Architectures:
        return version.architectures.isEmpty() ? tr("any")
                                               : version.architectures.join(QStringLiteral(", "));
    case Created:
        return dateText(version.createdDate);
    default:
        return {};
    }
}

} // namespace gantry::models
