#include "ui/models/function_totals_model.h"

#include "ui/models/format.h"

#include <QLocale>

#include <algorithm>

namespace gantry::models {

namespace {

constexpr int kTrendBins = 40;

} // namespace

FunctionTotalsModel::FunctionTotalsModel(const MetricsWindow& window, QObject* parent)
    : QAbstractTableModel(parent), m_window(window)
{
}

int FunctionTotalsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int FunctionTotalsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant FunctionTotalsModel::data(const QModelIndex& index, int role) const
{
    const FunctionTotals& row = m_rows.at(std::size_t(index.row()));
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::TextAlignmentRole:
        return QVariant(Qt::AlignVCenter |
                        (index.column() == Name ? Qt::AlignLeft : Qt::AlignRight));
    case SortRole:
        return sortValue(row, index.column());
    case TrendRole:
        return index.column() == Trend ? trend(row.name) : QVariant();
    default:
        return {};
    }
}

QVariant FunctionTotalsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (section == Name ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole)
        return {};
    static const char* const kTitles[ColumnCount] = {
        QT_TR_NOOP("Function"),   QT_TR_NOOP("Invocations"),           QT_TR_NOOP("Errors"),
        QT_TR_NOOP("Error rate"), QT_TR_NOOP("Highest p99"),           QT_TR_NOOP("Cold starts"),
        QT_TR_NOOP("Cost"),       QT_TR_NOOP("Invocations over time"),
    };
    return tr(kTitles[section]);
}

void FunctionTotalsModel::refresh()
{
    const auto& now = m_window.functionTotals();
    const auto sameNames = [](const FunctionTotals& a, const FunctionTotals& b) {
        return a.name == b.name;
    };
    std::vector<FunctionTotals> rows = now;
    std::sort(rows.begin(), rows.end(),
              [](const FunctionTotals& a, const FunctionTotals& b) { return a.name < b.name; });
    if (std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(), sameNames)) {
        m_rows = std::move(rows);
        if (!m_rows.empty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

QVariant FunctionTotalsModel::sortValue(const FunctionTotals& row, int column) const
{
    switch (column) {
    case Name:
        return row.name;
    case Errors:
        return row.totals.errors;
    case ErrorRate:
        return row.totals.errorRate();
    case P99:
        return row.totals.p99PeakMs;
    case ColdStarts:
        return row.totals.coldStarts;
    case Cost:
        return row.totals.costUsd.toDouble();
    default:
        return row.totals.invocations;
    }
}

QString FunctionTotalsModel::text(const FunctionTotals& row, int column) const
{
    switch (column) {
    case Name:
        return row.name;
    case Invocations:
        return formatCount(row.totals.invocations);
    case Errors:
        return formatCount(row.totals.errors);
    case ErrorRate:
        return tr("%1 %").arg(QLocale().toString(row.totals.errorRate() * 100, 'f', 1));
    case P99:
        return row.totals.invocations > 0 ? formatMs(row.totals.p99PeakMs) : QStringLiteral("–");
    case ColdStarts:
        return formatCount(row.totals.coldStarts);
    case Cost:
        return formatUsd(row.totals.costUsd);
    default:
        return {};
    }
}

QVariant FunctionTotalsModel::trend(const QString& name) const
{
    const qint64 from = m_window.fromMs();
    const double width = double(m_window.toMs() - from) / kTrendBins;
    QList<double> sums(kTrendBins, 0.0);
    for (const rpc::MetricsPoint& point : m_window.series(name).points()) {
        const int bin = int(double(point.startMs - from) / width);
        if (point.startMs >= from && bin < kTrendBins)
            sums[bin] += double(point.invocations);
    }
    return QVariant::fromValue(sums);
}

} // namespace gantry::models
