#include "ui/models/invocations_model.h"

#include "ui/models/format.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace gantry::models {

void InvocationsModel::setInvocations(const QList<rpc::InvocationSummary>& invocations)
{
    const QString newest = m_invocations.isEmpty() ? QString() : m_invocations.first().requestId;
    const auto known =
        std::find_if(invocations.begin(), invocations.end(),
                     [&](const auto& invocation) { return invocation.requestId == newest; });
    if (newest.isEmpty() || known == invocations.end()) {
        beginResetModel();
        m_invocations = invocations;
        endResetModel();
        return;
    }
    const qsizetype fresh = known - invocations.begin();
    if (fresh > 0) {
        beginInsertRows({}, 0, static_cast<int>(fresh) - 1);
        m_invocations = invocations.mid(0, fresh) + m_invocations;
        endInsertRows();
    }
    if (m_invocations.size() > invocations.size()) {
        beginRemoveRows({}, static_cast<int>(invocations.size()),
                        static_cast<int>(m_invocations.size()) - 1);
        m_invocations.resize(invocations.size());
        endRemoveRows();
    }
}

int InvocationsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_invocations.size());
}

int InvocationsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant InvocationsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const rpc::InvocationSummary& invocation = m_invocations[index.row()];
    if (role == Qt::DisplayRole)
        return display(invocation, index.column());
    if (role == Qt::ToolTipRole && index.column() == Status)
        return invocation.errorMessage;
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(index.column() >= Duration && index.column() <= Cost &&
                                           index.column() != Start
                                       ? Qt::AlignRight | Qt::AlignVCenter
                                       : Qt::AlignLeft | Qt::AlignVCenter);
    return {};
}

QString InvocationsModel::display(const rpc::InvocationSummary& invocation, int column) const
{
    switch (column) {
    case Time:
        return QLocale().toString(QDateTime::fromMSecsSinceEpoch(invocation.startedAtMs),
                                  QStringLiteral("HH:mm:ss.zzz"));
    case Status:
        return invocation.errorType.isEmpty() ? tr("Succeeded") : invocation.errorType;
    case Duration:
        return formatMs(invocation.durationMs);
    case Billed:
        return formatMs(static_cast<double>(invocation.billedMs));
    case Start:
        return invocation.coldStart ? tr("cold, %1").arg(formatMs(invocation.initMs)) : tr("warm");
    case Memory:
        return formatBytes(invocation.memoryUsedBytes);
    case Cost:
        return formatUsd(invocation.costUsd);
    case Version:
        return invocation.version;
    case RequestId:
        return invocation.requestId;
    default:
        return {};
    }
}

QVariant InvocationsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time:
        return tr("Time");
    case Status:
        return tr("Status");
    case Duration:
        return tr("Duration");
    case Billed:
        return tr("Billed");
    case Start:
        return tr("Start");
    case Memory:
        return tr("Memory");
    case Cost:
        return tr("Cost");
    case Version:
        return tr("Version");
    case RequestId:
        return tr("Request ID");
    default:
        return {};
    }
}

} // namespace gantry::models
