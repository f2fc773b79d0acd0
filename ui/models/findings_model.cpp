#include "ui/models/findings_model.h"

#include "ui/models/finding_text.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace gantry::models {

namespace {

QString textOf(const rpc::HealthFinding& finding, int column)
{
    switch (column) {
    case FindingsModel::Severity: return severityText(finding.severity);
    case FindingsModel::Title: return finding.title;
    case FindingsModel::Function: return finding.function;
    case FindingsModel::Since:
        return QLocale().toString(QDateTime::fromMSecsSinceEpoch(finding.firstSeenMs),
                                  QStringLiteral("d MMM HH:mm"));
    case FindingsModel::State: return stateText(finding);
    default: return {};
    }
}

} // namespace

int FindingsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int FindingsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant FindingsModel::data(const QModelIndex& index, int role) const
{
    const rpc::HealthFinding& finding = m_rows.at(index.row());
    switch (role) {
    case Qt::DisplayRole: return textOf(finding, index.column());
    case Qt::ToolTipRole: return finding.text;
    case SeverityRole: return int(finding.severity);
    case IdRole: return finding.id;
    default: return {};
    }
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    static const char* const kTitles[ColumnCount] = {QT_TR_NOOP("Severity"), QT_TR_NOOP("Finding"),
                                                     QT_TR_NOOP("Function"), QT_TR_NOOP("Since"),
                                                     QT_TR_NOOP("State")};
    return tr(kTitles[section]);
}

void FindingsModel::take(const QList<rpc::HealthFinding>& findings, bool open)
{
    QList<rpc::HealthFinding> rows;
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(rows),
                 [open](const rpc::HealthFinding& finding) { return finding.isOpen() == open; });
    const bool sameOrder = std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(),
                                      [](const auto& a, const auto& b) { return a.id == b.id; });
    if (!sameOrder) {
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    for (int row = 0; row < int(rows.size()); ++row) {
        if (m_rows.at(row) == rows.at(row))
            continue;
        m_rows[row] = rows.at(row);
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

int FindingsModel::rowOf(const QString& id) const
{
    for (int row = 0; row < int(m_rows.size()); ++row) {
        if (m_rows.at(row).id == id)
            return row;
    }
    return -1;
}

} // namespace gantry::models
