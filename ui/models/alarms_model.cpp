#include "ui/models/alarms_model.h"

#include "ui/models/alarm_text.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace gantry::models {

namespace {

// In alarm first, then what has no data.
int rank(rpc::AlarmState state)
{
    return state == rpc::AlarmState::Alarm ? 0 : state == rpc::AlarmState::InsufficientData ? 1 : 2;
}

QString actionsText(const rpc::AlarmSettings& settings)
{
    QStringList texts;
    for (const QString& action : settings.alarmActions)
        texts.append(actionText(action));
    const QString all = texts.join(QStringLiteral(", "));
    return settings.actionsEnabled || all.isEmpty() ? all : AlarmsModel::tr("off: %1").arg(all);
}

} // namespace

int AlarmsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int AlarmsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant AlarmsModel::data(const QModelIndex& index, int role) const
{
    const rpc::Alarm& alarm = m_rows.at(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(alarm, index.column());
    case Qt::ToolTipRole:
        return index.column() == State ? alarm.reason : text(alarm, index.column());
    case StateRole:
        return int(alarm.state);
    case NameRole:
        return alarm.settings.name;
    default:
        return {};
    }
}

QVariant AlarmsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    static const char* const kTitles[ColumnCount] = {
        QT_TR_NOOP("State"),     QT_TR_NOOP("Name"),  QT_TR_NOOP("Watches"),
        QT_TR_NOOP("Condition"), QT_TR_NOOP("Since"), QT_TR_NOOP("In alarm, tells"),
    };
    return tr(kTitles[section]);
}

QString AlarmsModel::text(const rpc::Alarm& alarm, int column) const
{
    switch (column) {
    case State:
        return alarmStateText(alarm.state);
    case Name:
        return alarm.settings.name;
    case Watches:
        return alarm.isComposite()          ? tr("other alarms")
               : alarm.expression.isEmpty() ? metricText(alarm.settings.metric)
                                            : tr("an expression");
    case Condition:
        return conditionText(alarm);
    case Since:
        return QLocale().toString(QDateTime::fromMSecsSinceEpoch(alarm.sinceMs),
                                  QStringLiteral("d MMM HH:mm:ss"));
    case Actions:
        return actionsText(alarm.settings);
    default:
        return {};
    }
}

void AlarmsModel::take(QList<rpc::Alarm> alarms)
{
    std::stable_sort(alarms.begin(), alarms.end(), [](const auto& a, const auto& b) {
        return rank(a.state) < rank(b.state);
    });
    const bool sameOrder =
        alarms.size() == m_rows.size() &&
        std::equal(alarms.begin(), alarms.end(), m_rows.begin(), [](const auto& a, const auto& b) {
            return a.settings.name == b.settings.name;
        });
    if (!sameOrder) {
        beginResetModel();
        m_rows = std::move(alarms);
        endResetModel();
        return;
    }
    for (int row = 0; row < int(alarms.size()); ++row) {
        if (m_rows.at(row) == alarms.at(row))
            continue;
        m_rows[row] = alarms.at(row);
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

int AlarmsModel::rowOf(const QString& name) const
{
    for (int row = 0; row < int(m_rows.size()); ++row) {
        if (m_rows.at(row).settings.name == name)
            return row;
    }
    return -1;
}

int AlarmsModel::count(rpc::AlarmState state) const
{
    return int(std::count_if(m_rows.begin(), m_rows.end(),
                             [state](const rpc::Alarm& alarm) { return alarm.state == state; }));
}

} // namespace gantry::models
