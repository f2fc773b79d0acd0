#include "ui/models/invocations_model.h"

#include "ui/models/format.h"

#include <QDateTime>
#include <QLocale>
#include <QSet>

#include <algorithm>

namespace gantry::models {

namespace {

Qt::Alignment alignmentOf(int column)
{
    const bool number = column == InvocationsModel::Duration ||
                        column == InvocationsModel::Billed || column == InvocationsModel::Memory ||
                        column == InvocationsModel::Cost;
    return Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft);
}

} // namespace

QString statusText(const rpc::InvocationSummary& invocation)
{
    if (!invocation.errorType.isEmpty())
        return invocation.errorType;
    return InvocationsModel::tr("Succeeded");
}

int InvocationsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int InvocationsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant InvocationsModel::data(const QModelIndex& index, int role) const
{
    const rpc::InvocationSummary& row = m_rows.at(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return index.column() == Status && !row.errorMessage.isEmpty() ? row.errorMessage
                                                                       : QVariant();
    case Qt::TextAlignmentRole:
        return QVariant(alignmentOf(index.column()));
    case SortRole:
        return sortValue(row, index.column());
    case FailedRole:
        return !row.errorType.isEmpty();
    default:
        return {};
    }
}

QVariant InvocationsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(alignmentOf(section));
    if (role != Qt::DisplayRole)
        return {};
    static const char* const kTitles[ColumnCount] = {
        QT_TR_NOOP("Time"),   QT_TR_NOOP("Function"), QT_TR_NOOP("Status"), QT_TR_NOOP("Duration"),
        QT_TR_NOOP("Billed"), QT_TR_NOOP("Start"),   QT_TR_NOOP("Memory"),
        QT_TR_NOOP("Cost"),   QT_TR_NOOP("Version"), QT_TR_NOOP("Request ID"),
    };
    return tr(kTitles[section]);
}

void InvocationsModel::take(const QList<rpc::InvocationSummary>& newestFirst)
{
    QSet<QString> known;
    for (const rpc::InvocationSummary& row : m_rows)
        known.insert(row.requestId);
    QList<rpc::InvocationSummary> fresh;
    for (const rpc::InvocationSummary& row : newestFirst) {
        if (!known.contains(row.requestId))
            fresh.append(row);
    }
    if (!fresh.isEmpty()) {
        beginInsertRows({}, 0, int(fresh.size()) - 1);
        m_rows = fresh + m_rows;
        endInsertRows();
    }
    if (m_rows.size() > kMaxRows) {
        beginRemoveRows({}, kMaxRows, int(m_rows.size()) - 1);
        m_rows.resize(kMaxRows);
        endRemoveRows();
    }
}

void InvocationsModel::append(const QList<rpc::InvocationSummary>& older)
{
    QList<rpc::InvocationSummary> fresh;
    for (const rpc::InvocationSummary& row : older) {
        if (rowOf(row.requestId) < 0 && m_rows.size() + fresh.size() < kMaxRows)
            fresh.append(row);
    }
    if (fresh.isEmpty())
        return;
    beginInsertRows({}, int(m_rows.size()), int(m_rows.size() + fresh.size()) - 1);
    m_rows += fresh;
    endInsertRows();
}

void InvocationsModel::clear()
{
    beginResetModel();
    m_rows.clear();
    endResetModel();
}

int InvocationsModel::rowOf(const QString& requestId) const
{
    const auto found = std::find_if(m_rows.cbegin(), m_rows.cend(),
                                    [&](const auto& row) { return row.requestId == requestId; });
    return found != m_rows.cend() ? int(found - m_rows.cbegin()) : -1;
}

QVariant InvocationsModel::sortValue(const rpc::InvocationSummary& row, int column) const
{
    switch (column) {
    case Time:
        return row.startedAtMs;
    case Duration:
        return row.durationMs;
    case Billed:
        return row.billedMs;
    case Start:
        return row.initMs + row.restoreMs;
    case Memory:
        return row.memoryUsedBytes;
    case Cost:
        return row.costUsd.toDouble();
    default:
        return text(row, column);
    }
}

QString InvocationsModel::text(const rpc::InvocationSummary& row, int column) const
{
    switch (column) {
    case Time:
        return QLocale().toString(QDateTime::fromMSecsSinceEpoch(row.startedAtMs),
                                  QStringLiteral("d MMM HH:mm:ss.zzz"));
    case Function:
        return row.functionName;
    case RequestId:
        return row.requestId;
    case Status:
        return statusText(row);
    case Duration:
        return formatMs(row.durationMs);
    case Billed:
        return tr("%1 ms").arg(formatCount(row.billedMs));
    case Start:
        if (row.restoreMs > 0)
            return tr("restored, %1").arg(formatMs(row.restoreMs));
        return row.coldStart ? tr("cold, %1").arg(formatMs(row.initMs)) : tr("warm");
    case Memory:
        return tr("%1 of %2").arg(formatBytes(row.memoryUsedBytes), formatMemory(row.memorySizeMb));
    case Cost:
        return formatUsd(row.costUsd);
    case Version:
        return row.alias.isEmpty() ? row.version : tr("%1 (%2)").arg(row.alias, row.version);
    default:
        return {};
    }
}

} // namespace gantry::models
