#include "ui/pages/permissions/findings_panel.h"

#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using rpc::Finding;
using widgets::Badge;
using widgets::Theme;

namespace {

QString kindName(Finding::Kind kind)
{
    switch (kind) {
    case Finding::ExternalAccess: return FindingsPanel::tr("Access from outside");
    case Finding::UnusedPermission: return FindingsPanel::tr("Unused permissions");
    case Finding::UnusedRole: return FindingsPanel::tr("Unused role");
    case Finding::BroadPermission: return FindingsPanel::tr("Allows everything");
    default: return FindingsPanel::tr("Unreadable policy");
    }
}

// Where what the finding is about can be changed; empty: nowhere in this console.
QString routeOf(const QString& arn)
{
    const QString end = arn.section(QLatin1Char(':'), 5);
    if (end.startsWith(QLatin1String("role/")))
        return QStringLiteral("permissions/roles/") + end.section(QLatin1Char('/'), -1);
    if (end.startsWith(QLatin1String("user/")))
        return QStringLiteral("permissions/users/") + end.section(QLatin1Char('/'), -1);
    if (end.startsWith(QLatin1String("function:")))
        return QStringLiteral("functions/%1/permissions").arg(end.section(QLatin1Char(':'), 1, 1));
    if (end.startsWith(QLatin1String("layer:")))
        return QStringLiteral("layers/") + end.section(QLatin1Char(':'), 1, 1);
    if (end.startsWith(QLatin1String("secret:")))
        return QStringLiteral("secrets");
    return {};
}

} // namespace

FindingsPanel::FindingsPanel(rpc::AccessApi& access, widgets::MessageBar& bar, QWidget* parent)
    : QWidget(parent), m_access(access), m_bar(bar), m_kind(new QComboBox)
{
    auto* search = new widgets::SearchField(QStringLiteral("findingSearch"), tr("Filter findings"));
    widgets::identify(m_kind, QStringLiteral("findingKind"), tr("Which findings"));
    m_kind->addItem(tr("Every finding"), -1);
    for (int kind = 0; kind <= Finding::UnreadablePolicy; ++kind)
        m_kind->addItem(kindName(static_cast<Finding::Kind>(kind)), kind);
    m_table = new TextTable(QStringLiteral("findingTable"), tr("Findings about permissions"),
                            {tr("Kind"), tr("About"), tr("Who"), tr("What")}, {170, 330, 150, 400});
    m_table->setPlaceholder(tr("Nothing to find: no access from outside, nothing unused."));
    m_detail = widgets::makeCaption({});
    m_detail->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_open = widgets::makeButton(QStringLiteral("findingOpen"), tr("Open"));
    m_open->setAccessibleName(tr("Open what the finding is about"));
    auto* top = new QHBoxLayout;
    top->addWidget(search, 1);
    top->addWidget(m_kind);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_detail, 1);
    bottom->addWidget(m_open);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(top);
    column->addWidget(m_table, 1);
    column->addLayout(bottom);
    connect(search, &QLineEdit::textChanged, m_table, &TextTable::setFilter);
    connect(m_kind, &QComboBox::activated, this, &FindingsPanel::fill);
    connect(m_table, &TextTable::currentIdChanged, this, &FindingsPanel::showCurrent);
    connect(m_open, &QPushButton::clicked, this, [this] {
        const int index = m_table->currentId().toInt();
        if (index < m_findings.size())
            Q_EMIT openRequested(routeOf(m_findings[index].resource));
    });
    showCurrent();
}

void FindingsPanel::refresh()
{
    m_access.findings(this, [this](const rpc::Result<QList<Finding>>& findings) {
        if (!findings) {
            if (!findings.error().unavailable)
                m_bar.showMessage(findings.error().message, Badge::Tone::Error);
            return;
        }
        m_findings = *findings;
        fill();
    });
}

void FindingsPanel::fill()
{
    QList<models::TextTableModel::Row> rows;
    const int kind = m_kind->currentData().toInt();
    for (int i = 0; i < m_findings.size(); ++i) {
        const Finding& finding = m_findings[i];
        if (kind >= 0 && finding.kind != kind)
            continue;
        rows.append({QString::number(i),
                     {kindName(finding.kind), finding.resource,
                      finding.isPublic ? tr("everybody") : finding.principal,
                      finding.actions.isEmpty() ? finding.detail : finding.actions.join(QStringLiteral(", "))},
                     finding.detail});
    }
    m_table->setRows(rows);
    showCurrent();
}

void FindingsPanel::showCurrent()
{
    const QString id = m_table->currentId();
    const Finding* finding = !id.isEmpty() && id.toInt() < m_findings.size() ? &m_findings[id.toInt()] : nullptr;
    m_open->setEnabled(finding && !routeOf(finding->resource).isEmpty());
    m_detail->setText(!finding ? QString()
                      : finding->condition.isEmpty()
                          ? finding->detail
                          : tr("%1 Condition: %2.").arg(finding->detail, finding->condition));
}

} // namespace gantry::ui
