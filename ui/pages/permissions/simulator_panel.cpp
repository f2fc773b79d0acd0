#include "ui/pages/permissions/simulator_panel.h"

#include "ui/models/action_catalogue.h"
#include "ui/models/denial.h"
#include "ui/models/known_resources.h"
#include "ui/models/policy_document.h"
#include "ui/pages/permissions/action_picker.h"
#include "ui/pages/permissions/list_field.h"
#include "ui/pages/permissions/policy_dialog.h"
#include "ui/pages/permissions/resource_builder.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QCompleter>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

// Log lines have long resources cut.
bool isAbout(const rpc::AuditEntry& entry, const models::Denial& denial)
{
    QString resource = denial.resource;
    const bool cut = resource.endsWith(QLatin1String("..."));
    if (cut)
        resource.chop(3);
    return entry.principal == denial.principal && entry.action == denial.action &&
           (cut ? entry.resource.startsWith(resource) : entry.resource == resource);
}

QString verb(const QString& action) { return action.section(QLatin1Char(':'), 1); }

} // namespace

SimulatorPanel::SimulatorPanel(rpc::IamApi& iam, rpc::AccessApi& access,
                               models::KnownResources& known, widgets::MessageBar& bar,
                               QWidget* parent)
    : QWidget(parent), m_iam(iam), m_access(access), m_known(known), m_bar(bar)
{
    auto* splitter = new QSplitter;
    splitter->addWidget(makeQuestion());
    splitter->addWidget(makeAnswer());
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
}

QWidget* SimulatorPanel::makeQuestion()
{
    m_who = new QComboBox;
    widgets::identify(m_who, QStringLiteral("simulateWho"), tr("Who would call"));
    m_who->setEditable(true);
    m_who->lineEdit()->setPlaceholderText(tr("ARN of a role, of a user, or of a role's session"));
    m_who->setMinimumContentsLength(20);
    m_action = new QLineEdit;
    widgets::identify(m_action, QStringLiteral("simulateAction"), tr("Action that is asked for"));
    m_action->setPlaceholderText(QStringLiteral("lambda:InvokeFunction"));
    auto* completer = new QCompleter(models::ActionCatalogue::instance().actionNames(), m_action);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setFilterMode(Qt::MatchContains);
    m_action->setCompleter(completer);
    m_resource = new QLineEdit(QStringLiteral("*"));
    widgets::identify(m_resource, QStringLiteral("simulateResource"), tr("Resource that is asked for"));
    auto* browse = widgets::makeButton(QStringLiteral("simulateBrowse"), tr("Browse actions"));
    auto* choose = widgets::makeButton(QStringLiteral("simulateChoose"), tr("Choose resource"));
    m_context = new ListField(QStringLiteral("simulateContext"), tr("Context of the request"),
                              tr("aws:SourceIp=10.0.0.1"), {});
    m_run = widgets::makeButton(QStringLiteral("simulateRun"), tr("Ask"), ButtonKind::Primary,
                                QStringLiteral("play"));
    connect(browse, &QPushButton::clicked, this, &SimulatorPanel::pickAction);
    connect(choose, &QPushButton::clicked, this, &SimulatorPanel::pickResource);
    connect(m_run, &QPushButton::clicked, this, &SimulatorPanel::run);
    connect(m_action, &QLineEdit::returnPressed, this, &SimulatorPanel::run);
    auto* widget = new QWidget;
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(0, 0, Theme::kMargin, 0);
    column->setSpacing(Theme::kSpace);
    const auto add = [column](const QString& text, QWidget* field, QWidget* button) {
        column->addWidget(new QLabel(text));
        auto* row = new QHBoxLayout;
        row->addWidget(field, 1);
        if (button)
            row->addWidget(button);
        column->addLayout(row);
    };
    add(tr("Who"), m_who, nullptr);
    add(tr("Action"), m_action, browse);
    add(tr("Resource"), m_resource, choose);
    column->addWidget(m_context);
    column->addWidget(m_run, 0, Qt::AlignLeft);
    column->addStretch(1);
    return widget;
}

QWidget* SimulatorPanel::makeAnswer()
{
    m_verdict = new Badge(tr("not asked yet"));
    m_verdict->setObjectName(QStringLiteral("simulateVerdict"));
    m_reason = new QLabel;
    m_reason->setObjectName(QStringLiteral("simulateReason"));
    m_reason->setWordWrap(true);
    m_reason->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_missing = widgets::makeCaption({});
    m_allow = widgets::makeButton(QStringLiteral("simulateAllow"), tr("Allow this..."), ButtonKind::Primary,
                                  QStringLiteral("plus"));
    m_allow->setToolTip(tr("A new policy that allows this action on this resource, to look at and save"));
    m_open = widgets::makeButton(QStringLiteral("simulateOpen"), tr("Open its policies"));
    m_allow->hide();
    m_open->hide();
    connect(m_allow, &QPushButton::clicked, this, &SimulatorPanel::allow);
    connect(m_open, &QPushButton::clicked, this, [this] {
        if (const auto who = asker())
            Q_EMIT openRequested(QStringLiteral("permissions/%1/%2")
                                     .arg(who->kind == rpc::IdentityKind::Role ? QStringLiteral("roles")
                                                                               : QStringLiteral("users"),
                                          who->name));
    });
    m_policy = new QComboBox;
    widgets::identify(m_policy, QStringLiteral("simulatePolicy"), tr("Policy to look at"));
    m_policy->setEnabled(false);
    m_document = new widgets::CodeEditor;
    m_document->setIdentity(QStringLiteral("simulateDocument"), tr("The policy that was asked"));
    m_document->setLanguageFor(QStringLiteral("policy.json"));
    m_document->setReadOnly(true);
    m_outcomes = new TextTable(QStringLiteral("simulateOutcomes"), tr("Every statement and what it came to"),
                               {tr("Statement"), tr("Policy"), tr("Applies"), tr("Why")},
                               {110, 160, 90, 260});
    m_outcomes->setPlaceholder(tr("Every statement will be here, and why it did or did not apply."));
    m_outcomes->setFixedHeight(180);
    connect(m_policy, &QComboBox::currentIndexChanged, this, &SimulatorPanel::showPolicy);
    auto* widget = new QWidget;
    auto* head = new QHBoxLayout;
    head->addWidget(m_verdict);
    head->addStretch(1);
    head->addWidget(m_open);
    head->addWidget(m_allow);
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(Theme::kSpace, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(head);
    column->addWidget(m_reason);
    column->addWidget(m_missing);
    column->addWidget(m_policy);
    column->addWidget(m_document, 1);
    column->addWidget(m_outcomes);
    return widget;
}

void SimulatorPanel::refresh()
{
    m_known.refresh();
    const auto add = [this](const rpc::Result<QList<rpc::IdentityInfo>>& found) {
        if (!found)
            return;
        const QString text = m_who->currentText();
        for (const rpc::IdentityInfo& each : *found) {
            if (m_who->findText(each.arn) < 0)
                m_who->addItem(each.arn);
        }
        if (!text.isEmpty())
            m_who->setCurrentText(text);
    };
    m_iam.listIdentities(rpc::IdentityKind::Role, this, add);
    m_iam.listIdentities(rpc::IdentityKind::User, this, add);
}

void SimulatorPanel::setPrincipal(const QString& arn) { m_who->setCurrentText(arn); }

void SimulatorPanel::ask(const rpc::AuditEntry& entry)
{
    m_who->setCurrentText(entry.principal);
    m_action->setText(entry.action);
    m_resource->setText(entry.resource);
    QStringList context;
    m_given.clear();
    for (const rpc::ContextValue& value : entry.context) {
        // What follows from who asks and when is filled in anew.
        static const QStringList kOwn = {QStringLiteral("aws:currenttime"), QStringLiteral("aws:epochtime")};
        if (kOwn.contains(value.key))
            continue;
        context.append(value.key + QLatin1Char('=') + value.values.join(QLatin1Char(',')));
        m_given.insert(context.last(), value);
    }
    m_context->setItems(context);
    run();
}

void SimulatorPanel::ask(const models::Denial& denial)
{
    rpc::AuditQuestion question;
    question.text = denial.action;
    question.decisions = {rpc::AuditDecision::Denied};
    m_access.auditEntries(question, this, [this, denial](const rpc::Result<rpc::AuditPage>& page) {
        rpc::AuditEntry asked;
        asked.principal = denial.principal;
        asked.action = denial.action;
        asked.resource = denial.resource;
        for (const rpc::AuditEntry& entry : page ? page->entries : QList<rpc::AuditEntry>()) {
            if (!isAbout(entry, denial))
                continue;
            asked = entry;
            break;
        }
        ask(asked);
    });
}

void SimulatorPanel::run()
{
    rpc::SimulationQuestion question;
    question.principals = {m_who->currentText().trimmed()};
    question.actions = {m_action->text().trimmed()};
    question.resources = {m_resource->text().trimmed().isEmpty() ? QStringLiteral("*")
                                                                  : m_resource->text().trimmed()};
    for (const QString& text : m_context->items()) {
        const rpc::ContextValue typed = {text.section(QLatin1Char('='), 0, 0).trimmed(),
                                         {text.section(QLatin1Char('='), 1)}, false};
        question.context.append(m_given.value(text, typed));
    }
    if (question.principals.first().isEmpty() || question.actions.first().isEmpty())
        return m_bar.showMessage(tr("Say who would call, and which action."), Badge::Tone::Warning);
    m_run->setEnabled(false);
    m_access.simulate(question, this, [this](const rpc::Result<rpc::Simulation>& simulation) {
        m_run->setEnabled(true);
        showAnswer(simulation);
    });
}

void SimulatorPanel::showAnswer(const rpc::Result<rpc::Simulation>& simulation)
{
    if (!simulation || simulation->decisions.isEmpty()) {
        m_verdict->set(tr("no answer"), Badge::Tone::Warning);
        m_reason->setText(simulation ? QString() : simulation.error().message);
        m_allow->hide();
        m_open->hide();
        return;
    }
    m_simulation = *simulation;
    const rpc::SimulatedDecision& decision = m_simulation.decisions.first();
    m_verdict->set(decision.allowed        ? tr("Allowed")
                   : decision.explicitDeny ? tr("Denied explicitly")
                                           : tr("Denied"),
                   decision.allowed ? Badge::Tone::Success : Badge::Tone::Error);
    m_reason->setText(decision.reason);
    // Against an explicit denial no further policy helps.
    m_allow->setVisible(asker() && !decision.allowed && !decision.explicitDeny);
    m_open->setVisible(asker().has_value());
    m_missing->setText(decision.missingKeys.isEmpty()
                           ? QString()
                           : tr("Policies ask for %1, which this request does not have.")
                                 .arg(decision.missingKeys.join(QStringLiteral(", "))));
    QList<models::TextTableModel::Row> rows;
    int number = 0;
    for (const rpc::StatementOutcome& outcome : decision.outcomes)
        rows.append({QString::number(++number),
                     {outcome.label, m_simulation.policies.value(outcome.policy).name,
                      outcome.applies ? tr("yes") : tr("no"), outcome.explanation},
                     outcome.explanation});
    m_outcomes->setRows(rows);
    m_policy->clear();
    for (const rpc::SimulatedPolicy& policy : std::as_const(m_simulation.policies))
        m_policy->addItem(QStringLiteral("%1 (%2)").arg(policy.name, policy.source));
    m_policy->setEnabled(m_policy->count() > 1);
    m_policy->setCurrentIndex(std::max(decision.policy, m_policy->count() > 0 ? 0 : -1));
    showPolicy();
}

void SimulatorPanel::showPolicy()
{
    const int index = m_policy->currentIndex();
    if (index < 0 || index >= m_simulation.policies.size() || m_simulation.decisions.isEmpty())
        return m_document->setText({});
    QList<int> lines;
    m_document->setText(models::formatPolicyText(m_simulation.policies[index].document, &lines));
    m_document->clearHighlight();
    const rpc::SimulatedDecision& decision = m_simulation.decisions.first();
    if (decision.policy == index && decision.statement + 1 < lines.size())
        m_document->highlight(lines[decision.statement], lines[decision.statement + 1] - 1,
                              decision.allowed);
}

// user/NAME, role/NAME or assumed-role/NAME/SESSION, with paths.
std::optional<SimulatorPanel::Asker> SimulatorPanel::asker() const
{
    const QStringList parts = m_who->currentText().trimmed().section(QLatin1Char(':'), 5).split(QLatin1Char('/'));
    if (parts.size() < 2 || parts[1].isEmpty())
        return std::nullopt;
    if (parts[0] == QLatin1String("assumed-role"))
        return Asker{rpc::IdentityKind::Role, parts[1]};
    if (parts[0] == QLatin1String("role"))
        return Asker{rpc::IdentityKind::Role, parts.last()};
    if (parts[0] == QLatin1String("user"))
        return Asker{rpc::IdentityKind::User, parts.last()};
    return std::nullopt;
}

void SimulatorPanel::allow()
{
    const auto who = asker();
    if (!who || m_simulation.decisions.isEmpty())
        return;
    // A policy of its own that has the name would be replaced.
    m_iam.heldPolicies(who->kind, who->name, this,
                       [this, who = *who](const rpc::Result<QList<rpc::HeldPolicy>>& held) {
                           if (!held)
                               return m_bar.showMessage(held.error().message, Badge::Tone::Error);
                           QStringList taken;
                           for (const rpc::HeldPolicy& each : *held)
                               taken.append(each.name);
                           const QString wanted = tr("Allow") + verb(m_simulation.decisions.first().action);
                           QString name = wanted;
                           for (int i = 2; taken.contains(name); ++i)
                               name = wanted + QString::number(i);
                           edit(who, name);
                       });
}

void SimulatorPanel::edit(const Asker& who, const QString& policyName)
{
    const rpc::SimulatedDecision& asked = m_simulation.decisions.first();
    models::PolicyStatement statement;
    statement.actions = {asked.action};
    statement.resources = {asked.resource};
    models::PolicyDocument document;
    document.statements = {statement};
    PolicyDialog::Subject subject;
    subject.title = tr("A new policy of %1").arg(who.name);
    subject.name = policyName;
    subject.nameFixed = false;
    subject.text = document.toText();
    auto* dialog = new PolicyDialog(m_access, m_known, subject, window());
    connect(dialog, &PolicyDialog::saveRequested, this, [this, dialog, who] {
        m_iam.putOwn(who.kind, who.name, dialog->name(), dialog->text(), dialog,
                     [this, dialog](const rpc::Result<rpc::Nothing>& saved) {
                         if (!saved)
                             return dialog->failed(saved.error().message);
                         dialog->accept();
                         m_bar.showMessage(tr("The policy is in force."), Badge::Tone::Success);
                         run();
                     });
    });
    dialog->open();
}

void SimulatorPanel::pickAction()
{
    auto* picker = new ActionPicker(window());
    connect(picker, &ActionPicker::picked, this,
            [this](const QStringList& actions) { m_action->setText(actions.value(0)); });
    picker->open();
}

void SimulatorPanel::pickResource()
{
    auto* builder = new ResourceBuilder(m_known, {m_action->text()}, window());
    connect(builder, &ResourceBuilder::picked, m_resource, &QLineEdit::setText);
    builder->open();
}

} // namespace gantry::ui
