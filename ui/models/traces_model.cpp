#include "ui/models/traces_model.h"

#include "ui/models/format.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace gantry::models {

TracesModel::TraceOutcome outcomeOf(const rpc::TraceSummary& trace)
{
    using Outcome = TracesModel::TraceOutcome;
    return trace.fault      ? Outcome::Fault
           : trace.throttle ? Outcome::Throttle
           : trace.error    ? Outcome::Error
                            : Outcome::Ok;
}

int TracesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int TracesModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant TracesModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const rpc::TraceSummary& row = m_rows.at(index.row());
    if (role == Qt::DisplayRole)
        return text(row, index.column());
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter |
                        (index.column() == Duration ? Qt::AlignRight : Qt::AlignLeft));
    if (role == OutcomeRole)
        return int(outcomeOf(row));
    if (role == Qt::ToolTipRole && index.column() >= Services)
        return text(row, index.column());
    return {};
}

QVariant TracesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (section == Duration ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return {};
    static const char* const kTitles[ColumnCount] = {
        QT_TR_NOOP("Time"),     QT_TR_NOOP("Outcome"), QT_TR_NOOP("Entry point"),
        QT_TR_NOOP("Duration"), QT_TR_NOOP("Services"), QT_TR_NOOP("Request"),
        QT_TR_NOOP("Trace ID")};
    return tr(kTitles[section]);
}

QString TracesModel::text(const rpc::TraceSummary& row, int column) const
{
    switch (column) {
    case Time: {
        const QDateTime time = QDateTime::fromMSecsSinceEpoch(row.startMs);
        const bool today = time.date() == QDate::currentDate();
        return (today ? QString() : QLocale().toString(time.date(), QLocale::ShortFormat) + u' ') +
               time.time().toString(QStringLiteral("HH:mm:ss.zzz"));
    }
    case Outcome:
        switch (outcomeOf(row)) {
        case TraceOutcome::Fault:
            return tr("Fault");
        case TraceOutcome::Throttle:
            return tr("Throttled");
        case TraceOutcome::Error:
            return tr("Error");
        case TraceOutcome::Ok:
            break;
        }
        return row.partial ? tr("In progress") : tr("OK");
    case Entry:
        return row.entryPoint;
    case Duration:
        return formatMs(row.durationMs);
    case Services:
        return row.services.join(QStringLiteral(", "));
    case Request:
        return row.url.isEmpty() ? (row.status > 0 ? QString::number(row.status) : QString())
                                 : tr("%1 %2 → %3").arg(row.method, row.url).arg(row.status);
    case Id:
        return row.id;
    default:
        return {};
    }
}

void TracesModel::take(const QList<rpc::TraceSummary>& newestFirst)
{
    // From behind, so that what is new at the front moves nothing else.
    for (qsizetype i = m_rows.size() - 1; i >= 0; --i) {
        const bool stays = std::any_of(newestFirst.begin(), newestFirst.end(),
                                       [&](const auto& row) { return row.id == m_rows[i].id; });
        if (stays)
            continue;
        beginRemoveRows({}, int(i), int(i));
        m_rows.removeAt(i);
        endRemoveRows();
    }
    for (qsizetype i = 0; i < newestFirst.size(); ++i) {
        const int known = rowOf(newestFirst[i].id);
        if (known == i) {
            m_rows[i] = newestFirst[i];
            Q_EMIT dataChanged(index(int(i), 0), index(int(i), ColumnCount - 1));
            continue;
        }
        if (known >= 0) { // a segment that began earlier has moved it
            beginRemoveRows({}, known, known);
            m_rows.removeAt(known);
            endRemoveRows();
        }
        beginInsertRows({}, int(i), int(i));
        m_rows.insert(i, newestFirst[i]);
        endInsertRows();
    }
}

void TracesModel::append(const QList<rpc::TraceSummary>& older)
{
    QList<rpc::TraceSummary> fresh;
    for (const rpc::TraceSummary& row : older) {
        if (rowOf(row.id) < 0)
            fresh.append(row);
    }
    if (fresh.isEmpty())
        return;
    beginInsertRows({}, int(m_rows.size()), int(m_rows.size() + fresh.size()) - 1);
    m_rows += fresh;
    endInsertRows();
}

int TracesModel::rowOf(const QString& id) const
{
    const auto found = std::find_if(m_rows.cbegin(), m_rows.cend(),
                                    [&id](const auto& row) { return row.id == id; });
    return found == m_rows.cend() ? -1 : int(found - m_rows.cbegin());
}

} // namespace gantry::models
