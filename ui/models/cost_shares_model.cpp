#include "ui/models/cost_shares_model.h"

#include "ui/models/format.h"

#include <QLocale>

namespace gantry::models {

namespace {

const char* const kTitles[] = {
    QT_TRANSLATE_NOOP("gantry::models::CostSharesModel", "Part"),
    QT_TRANSLATE_NOOP("gantry::models::CostSharesModel", "Invocations"),
    QT_TRANSLATE_NOOP("gantry::models::CostSharesModel", "GB-seconds"),
    QT_TRANSLATE_NOOP("gantry::models::CostSharesModel", "List price"),
    QT_TRANSLATE_NOOP("gantry::models::CostSharesModel", "Free tier"),
    QT_TRANSLATE_NOOP("gantry::models::CostSharesModel", "Due"),
    QT_TRANSLATE_NOOP("gantry::models::CostSharesModel", "Per hour"),
    QT_TRANSLATE_NOOP("gantry::models::CostSharesModel", "Month, estimated"),
};

QByteArray quoted(const QString& text)
{
    QString escaped = text;
    escaped.replace(QLatin1Char('"'), QStringLiteral("\"\""));
    return '"' + escaped.toUtf8() + '"';
}

QByteArray decimal(pricing::Money money)
{
    return QByteArray::fromStdString(money.toString());
}

} // namespace

void CostSharesModel::setShares(const QList<rpc::CostShare>& shares, const QString& unnamed)
{
    m_unnamed = unnamed;
    if (shares.size() == m_shares.size()) {
        m_shares = shares;
        if (!shares.isEmpty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_shares = shares;
    endResetModel();
}

QString CostSharesModel::nameAt(int row) const
{
    if (row < 0 || row >= m_shares.size())
        return {};
    return m_shares[row].name.isEmpty() ? m_unnamed : m_shares[row].name;
}

int CostSharesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_shares.size());
}

int CostSharesModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString CostSharesModel::display(const rpc::CostShare& share, int column) const
{
    switch (column) {
    case Name:
        return share.name.isEmpty() ? m_unnamed : share.name;
    case Invocations:
        return formatCount(share.invocations);
    case GbSeconds:
        return QLocale().toString(share.gbSeconds, 'f', share.gbSeconds < 100 ? 3 : 0);
    case Listed:
        return formatUsd(share.listed);
    case Free:
        return share.free == pricing::Money() ? QStringLiteral("–")
                                              : QStringLiteral("−") + formatUsd(share.free);
    case Due:
        return formatUsd(share.due);
    case PerHour:
        return formatUsd(share.perHour);
    case Forecast:
        return tr("%1 (%2 – %3)")
            .arg(formatUsd(share.forecast.expected), formatUsd(share.forecast.low),
                 formatUsd(share.forecast.high));
    default:
        return {};
    }
}

QVariant CostSharesModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= m_shares.size())
        return {};
    const rpc::CostShare& share = m_shares[index.row()];
    if (role == Qt::TextAlignmentRole)
        return int((index.column() == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::DisplayRole)
        return display(share, index.column());
    if (role == Qt::ToolTipRole && index.column() == Listed)
        return QStringLiteral("$") + QString::fromStdString(share.listed.toString());
    if (role != SortRole)
        return {};
    switch (index.column()) {
    case Invocations:
        return share.invocations;
    case GbSeconds:
        return share.gbSeconds;
    case Listed:
        return share.listed.toDouble();
    case Free:
        return share.free.toDouble();
    case Due:
        return share.due.toDouble();
    case PerHour:
        return share.perHour.toDouble();
    case Forecast:
        return share.forecast.expected.toDouble();
    default:
        return nameAt(index.row());
    }
}

QVariant CostSharesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::DisplayRole)
        return tr(kTitles[section]);
    if (role == Qt::TextAlignmentRole)
        return int((section == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::ToolTipRole)
        return {};
    switch (section) {
    case Listed:
        return tr("What AWS lists for this use, without the free tier");
    case Free:
        return tr("Its part of the month's free tier, in proportion to what it used");
    case PerHour:
        return tr("What the last minute cost, for an hour");
    case Forecast:
        return tr("Estimated for the whole month from the last 28 days, with a 95 % band; with fewer "
                  "than three days of history the band is wide");
    default:
        return {};
    }
}

QByteArray CostSharesModel::toCsv() const
{
    QByteArray csv("name,invocations,gb_seconds,listed_usd,free_usd,due_usd,per_hour_usd,"
                   "forecast_usd,forecast_low_usd,forecast_high_usd\r\n");
    for (int row = 0; row < m_shares.size(); ++row) {
        const rpc::CostShare& share = m_shares[row];
        const QList<QByteArray> fields{
            quoted(nameAt(row)),
            QByteArray::number(share.invocations),
            QByteArray::number(share.gbSeconds, 'g', 15),
            decimal(share.listed),
            decimal(share.free),
            decimal(share.due),
            decimal(share.perHour),
            decimal(share.forecast.expected),
            decimal(share.forecast.low),
            decimal(share.forecast.high),
        };
        csv += fields.join(',') + "\r\n";
    }
    return csv;
}

} // namespace gantry::models
