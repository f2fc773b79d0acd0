#include "ui/pages/permissions/audit_panel.h"

#include "ui/pages/cost/save_file.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using rpc::AuditDecision;
using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kTypingMs = 250;

QString decisionName(AuditDecision decision)
{
    switch (decision) {
    case AuditDecision::Allowed: return AuditPanel::tr("allowed");
    case AuditDecision::Denied: return AuditPanel::tr("denied");
    case AuditDecision::Rejected: return AuditPanel::tr("rejected");
    default: return {};
    }
}

// What comes last in an ARN: user/ada, assumed-role/worker/session, root.
QString who(const QString& arn)
{
    const QString end = arn.section(QLatin1Char(':'), 5);
    return end.isEmpty() ? arn : end;
}

} // namespace

AuditPanel::AuditPanel(rpc::AccessApi& access, widgets::MessageBar& bar, QWidget* parent)
    : QWidget(parent), m_access(access), m_bar(bar)
{
    m_search = new widgets::SearchField(QStringLiteral("auditSearch"),
                                        tr("Filter by who, action, resource or reason"));
    m_decision = new QComboBox;
    widgets::identify(m_decision, QStringLiteral("auditDecision"), tr("Which decisions"));
    m_decision->addItem(tr("Every decision"), 0);
    m_decision->addItem(tr("Denied"), int(AuditDecision::Denied));
    m_decision->addItem(tr("Rejected"), int(AuditDecision::Rejected));
    m_decision->addItem(tr("Allowed"), int(AuditDecision::Allowed));
    auto* reload = widgets::makeIconButton(QStringLiteral("auditReload"), QStringLiteral("refresh"),
                                           tr("Read the audit log anew"));
    auto* check = widgets::makeButton(QStringLiteral("auditVerify"), tr("Check the chain"));
    auto* save = widgets::makeButton(QStringLiteral("auditExport"), tr("Export..."));
    m_table = new TextTable(QStringLiteral("auditTable"), tr("Entries of the audit log"),
                            {tr("Time"), tr("Who"), tr("Action"), tr("Resource"), tr("Decision"), tr("Times")},
                            {170, 190, 220, 280, 90, 60});
    m_table->setTextElideMode(Qt::ElideMiddle); // an ARN is told by its end
    m_table->setPlaceholder(tr("No entry matches."));
    m_more = widgets::makeButton(QStringLiteral("auditMore"), tr("Older entries"));
    m_kept = widgets::makeCaption({});
    auto* top = new QHBoxLayout;
    top->addWidget(m_search, 1);
    top->addWidget(m_decision);
    top->addWidget(reload);
    top->addWidget(check);
    top->addWidget(save);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_kept, 1);
    bottom->addWidget(m_more);
    auto* left = new QWidget;
    auto* list = new QVBoxLayout(left);
    list->setContentsMargins(0, 0, 0, 0);
    list->addWidget(m_table, 1);
    list->addLayout(bottom);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(left);
    splitter->addWidget(makeDetail());
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(top);
    column->addWidget(splitter, 1);
    m_typing.setSingleShot(true);
    m_typing.setInterval(kTypingMs);
    connect(&m_typing, &QTimer::timeout, this, &AuditPanel::refresh);
    connect(m_search, &QLineEdit::textChanged, this, [this] { m_typing.start(); });
    connect(m_decision, &QComboBox::activated, this, &AuditPanel::refresh);
    connect(reload, &QAbstractButton::clicked, this, &AuditPanel::refresh);
    connect(check, &QPushButton::clicked, this, &AuditPanel::verify);
    connect(save, &QPushButton::clicked, this, &AuditPanel::save);
    connect(m_more, &QPushButton::clicked, this,
            [this] { load(m_entries.isEmpty() ? 0 : m_entries.last().sequence); });
    connect(m_table, &TextTable::currentIdChanged, this, &AuditPanel::showCurrent);
    showCurrent();
}

QWidget* AuditPanel::makeDetail()
{
    m_reason = new QLabel;
    m_reason->setObjectName(QStringLiteral("auditReason"));
    m_reason->setWordWrap(true);
    m_reason->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_why = widgets::makeButton(QStringLiteral("auditWhy"), tr("Why?"), ButtonKind::Primary);
    m_why->setToolTip(tr("Asks the simulator the same question, with the policies as they are now"));
    m_facts = new widgets::FactGrid;
    connect(m_why, &QPushButton::clicked, this, [this] {
        if (const rpc::AuditEntry* entry = current())
            Q_EMIT whyRequested(*entry);
    });
    m_detail = new QWidget;
    auto* row = new QHBoxLayout;
    row->addWidget(m_reason, 1);
    row->addWidget(m_why);
    auto* column = new QVBoxLayout(m_detail);
    column->setContentsMargins(0, Theme::kSpace, 0, 0);
    column->addLayout(row);
    column->addWidget(m_facts);
    column->addStretch(1);
    return m_detail;
}

void AuditPanel::refresh() { load(0); }

void AuditPanel::setFilter(const QString& text) { m_search->setText(text); }

void AuditPanel::load(qint64 before)
{
    rpc::AuditQuestion question;
    question.text = m_search->text();
    question.before = before;
    if (m_decision->currentIndex() > 0)
        question.decisions = {static_cast<AuditDecision>(m_decision->currentData().toInt())};
    m_access.auditEntries(question, this, [this, before](const rpc::Result<rpc::AuditPage>& page) {
        if (page)
            show(*page, before > 0);
        else if (!page.error().unavailable)
            m_bar.showMessage(page.error().message, Badge::Tone::Error);
    });
}

void AuditPanel::show(const rpc::AuditPage& page, bool append)
{
    if (!append)
        m_entries.clear();
    m_entries.append(page.entries);
    QList<models::TextTableModel::Row> rows;
    for (const rpc::AuditEntry& entry : std::as_const(m_entries))
        rows.append({QString::number(entry.sequence),
                     {entry.time.toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")),
                      who(entry.principal), entry.action, entry.resource,
                      decisionName(entry.decision), QString::number(entry.count)},
                     entry.reason});
    m_table->setRows(rows);
    m_more->setVisible(page.more);
    m_kept->setText(tr("%1 of %2 entries").arg(m_entries.size()).arg(page.kept));
    showCurrent();
}

const rpc::AuditEntry* AuditPanel::current() const
{
    const qint64 sequence = m_table->currentId().toLongLong();
    for (const rpc::AuditEntry& entry : m_entries) {
        if (entry.sequence == sequence)
            return &entry;
    }
    return nullptr;
}

void AuditPanel::showCurrent()
{
    const rpc::AuditEntry* entry = current();
    m_detail->setVisible(entry);
    if (!entry)
        return;
    m_reason->setText(entry->reason);
    m_why->setText(entry->decision == AuditDecision::Denied ? tr("Why was this denied?") : tr("Why?"));
    m_why->setVisible(entry->decision == AuditDecision::Denied || entry->decision == AuditDecision::Allowed);
    m_facts->set(tr("Who"), entry->principal);
    m_facts->set(tr("Action"), entry->action);
    m_facts->set(tr("Resource"), entry->resource);
    m_facts->set(tr("Needed besides"), entry->also.isEmpty() ? tr("nothing") : entry->also.join(QLatin1String(", ")));
    m_facts->set(tr("Decided by"), entry->policy.isEmpty()
                                       ? tr("no policy")
                                       : tr("%1 of %2").arg(entry->statement, entry->policy));
    m_facts->set(tr("From"), QStringLiteral("%1 %2 %3").arg(entry->door, entry->sourceIp, entry->userAgent).simplified());
    m_facts->set(tr("Request"), entry->requestId);
    m_facts->set(tr("Hash"), entry->hash);
}

void AuditPanel::verify()
{
    m_access.verifyAudit(this, [this](const rpc::Result<rpc::AuditCheck>& check) {
        if (!check)
            return m_bar.showMessage(check.error().message, Badge::Tone::Error);
        if (!check->intact)
            return m_bar.showMessage(
                tr("The audit log was tampered with: %1.").arg(check->problem), Badge::Tone::Error);
        m_bar.showMessage(tr("All %1 entries follow from each other, up to number %2 (%3...).")
                              .arg(check->entries)
                              .arg(check->last)
                              .arg(check->headHash.left(16)),
                          Badge::Tone::Success);
    });
}

void AuditPanel::save()
{
    m_access.exportAudit(this, [this](const rpc::Result<QByteArray>& lines) {
        if (!lines)
            return m_bar.showMessage(lines.error().message, Badge::Tone::Error);
        saveFile(this, tr("Export the audit log"), QStringLiteral("audit.jsonl"), *lines,
                 [this](const QString& text, bool isError) {
                     m_bar.showMessage(text, isError ? Badge::Tone::Error : Badge::Tone::Success);
                 });
    });
}

} // namespace gantry::ui
