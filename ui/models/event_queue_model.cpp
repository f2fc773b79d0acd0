#include "ui/models/event_queue_model.h"

#include "ui/models/format.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace gantry::models {

namespace {

QString timeText(qint64 unixMs)
{
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(unixMs),
                              QStringLiteral("d MMM HH:mm:ss"));
}

Qt::Alignment alignmentOf(int column)
{
    const bool number = column == EventQueueModel::Attempts || column == EventQueueModel::Size;
    return Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft);
}

QString nextText(const rpc::QueuedEvent& event)
{
    if (event.state == rpc::QueuedState::Dead)
        return EventQueueModel::tr("gave up %1").arg(timeText(event.diedMs));
    if (event.state == rpc::QueuedState::Running)
        return EventQueueModel::tr("now");
    return timeText(event.dueMs);
}

QString problemText(const rpc::QueuedEvent& event)
{
    const QString why = event.errorMessage.isEmpty()
                            ? event.errorType
                            : QStringLiteral("%1: %2").arg(event.errorType, event.errorMessage);
    if (event.condition.isEmpty())
        return why;
    return why.isEmpty() ? event.condition : QStringLiteral("%1, %2").arg(event.condition, why);
}

} // namespace

QString stateText(rpc::QueuedState state)
{
    switch (state) {
    case rpc::QueuedState::Waiting:
        return EventQueueModel::tr("Waiting");
    case rpc::QueuedState::Retrying:
        return EventQueueModel::tr("Retrying");
    case rpc::QueuedState::Running:
        return EventQueueModel::tr("Running");
    case rpc::QueuedState::Dead:
        return EventQueueModel::tr("Dead");
    }
    return {};
}

int EventQueueModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int EventQueueModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant EventQueueModel::data(const QModelIndex& index, int role) const
{
    const rpc::QueuedEvent& row = m_rows.at(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return index.column() == Problem ? problemText(row) : QVariant();
    case Qt::TextAlignmentRole:
        return QVariant(alignmentOf(index.column()));
    case SortRole:
        return sortValue(row, index.column());
    case StateRole:
        return int(row.state);
    case EventIdRole:
        return row.id;
    default:
        return {};
    }
}

QVariant EventQueueModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(alignmentOf(section));
    if (role != Qt::DisplayRole)
        return {};
    static const char* const kTitles[ColumnCount] = {
        QT_TR_NOOP("State"),    QT_TR_NOOP("Function"), QT_TR_NOOP("Accepted"),
        QT_TR_NOOP("Next try"), QT_TR_NOOP("Attempts"), QT_TR_NOOP("Size"),
        QT_TR_NOOP("Last problem"), QT_TR_NOOP("Request ID"),
    };
    return tr(kTitles[section]);
}

// Both lists ascend by id: one pass tells what has gone, what is new and what has changed.
void EventQueueModel::take(const QList<rpc::QueuedEvent>& events)
{
    QList<rpc::QueuedEvent> fresh = events;
    std::sort(fresh.begin(), fresh.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
    int row = 0;
    for (const rpc::QueuedEvent& event : fresh) {
        while (row < m_rows.size() && m_rows.at(row).id < event.id) {
            beginRemoveRows({}, row, row);
            m_rows.removeAt(row);
            endRemoveRows();
        }
        if (row == m_rows.size() || m_rows.at(row).id > event.id) {
            beginInsertRows({}, row, row);
            m_rows.insert(row, event);
            endInsertRows();
        } else if (m_rows.at(row) != event) {
            m_rows[row] = event;
            Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
        }
        ++row;
    }
    if (row < m_rows.size()) {
        beginRemoveRows({}, row, int(m_rows.size()) - 1);
        m_rows.resize(row);
        endRemoveRows();
    }
}

int EventQueueModel::rowOf(qint64 id) const
{
    const auto found = std::find_if(m_rows.cbegin(), m_rows.cend(),
                                    [id](const auto& row) { return row.id == id; });
    return found != m_rows.cend() ? int(found - m_rows.cbegin()) : -1;
}

QVariant EventQueueModel::sortValue(const rpc::QueuedEvent& row, int column) const
{
    switch (column) {
    case State:
        return int(row.state);
    case Accepted:
        return row.acceptedMs;
    case Next:
        return row.state == rpc::QueuedState::Dead ? row.diedMs : row.dueMs;
    case Attempts:
        return row.attempts;
    case Size:
        return row.payloadBytes;
    default:
        return text(row, column);
    }
}

QString EventQueueModel::text(const rpc::QueuedEvent& row, int column) const
{
    switch (column) {
    case State:
        return stateText(row.state);
    case Function:
        if (!row.targetArn.isEmpty())
            return row.targetArn;
        return row.qualifier.isEmpty() ? row.functionName
                                       : QStringLiteral("%1:%2").arg(row.functionName, row.qualifier);
    case Accepted:
        return timeText(row.acceptedMs);
    case Next:
        return nextText(row);
    case Attempts:
        return formatCount(row.attempts);
    case Size:
        return formatBytes(row.payloadBytes);
    case Problem:
        return problemText(row);
    case RequestId:
        return row.requestId;
    default:
        return {};
    }
}

} // namespace gantry::models
