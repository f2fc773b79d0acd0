#include "ui/pages/permissions/identities_panel.h"

#include "ui/models/known_resources.h"
#include "ui/pages/permissions/policy_chooser.h"
#include "ui/pages/permissions/policy_dialog.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace gantry::ui {

using rpc::IdentityKind;
using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

QString kindName(IdentityKind kind)
{
    switch (kind) {
    case IdentityKind::User: return IdentitiesPanel::tr("user");
    case IdentityKind::Group: return IdentitiesPanel::tr("group");
    default: return IdentitiesPanel::tr("role");
    }
}

QString whatFor(IdentityKind kind)
{
    switch (kind) {
    case IdentityKind::User:
        return IdentitiesPanel::tr("A user has access keys of its own and may do what its policies allow.");
    case IdentityKind::Group:
        return IdentitiesPanel::tr("Users in a group may do what the policies of the group allow.");
    default:
        return IdentitiesPanel::tr("A function runs with a role: the policies of the role say what it may do.");
    }
}

QString day(const QDateTime& time)
{
    return time.isValid() ? QLocale().toString(time.toLocalTime(), QLocale::ShortFormat)
                          : IdentitiesPanel::tr("never");
}

} // namespace

IdentitiesPanel::IdentitiesPanel(IdentityKind kind, rpc::IamApi& iam, rpc::AccessApi& access,
                                 models::KnownResources& known, widgets::MessageBar& bar,
                                 QWidget* parent)
    : QWidget(parent), m_kind(kind), m_iam(iam), m_access(access), m_known(known), m_bar(bar)
{
    const QString name = kindName(kind);
    auto* search = new widgets::SearchField(id("Search"), tr("Filter by name of %1").arg(name));
    m_table = new TextTable(id("Table"), tr("List of %1s").arg(name), {tr("Name"), tr("Created")},
                            {230, 130});
    m_table->setPlaceholder(tr("There is no %1 yet.").arg(name));
    m_newName = new QLineEdit;
    widgets::identify(m_newName, id("NewName"), tr("Name of the new %1").arg(name));
    m_newName->setPlaceholderText(tr("Name of a new %1").arg(name));
    m_newName->setMaxLength(64);
    m_create = widgets::makeButton(id("Create"), tr("Create %1").arg(name));
    m_create->setEnabled(false);
    auto* newRow = new QHBoxLayout;
    newRow->addWidget(m_newName, 1);
    newRow->addWidget(m_create);
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(search);
    column->addWidget(m_table, 1);
    column->addLayout(newRow);
    m_empty = new widgets::EmptyState;
    m_empty->setIcon(QStringLiteral("lock"));
    m_empty->setText(whatFor(kind));
    m_side = new QStackedWidget;
    m_side->addWidget(m_empty);
    m_side->addWidget(makeDetail());
    auto* splitter = new QSplitter;
    splitter->addWidget(left);
    splitter->addWidget(m_side);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    splitter->setSizes({400, 760});
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    connect(search, &QLineEdit::textChanged, m_table, &TextTable::setFilter);
    connect(m_table, &TextTable::currentIdChanged, this, &IdentitiesPanel::showCurrent);
    connect(m_newName, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_create->setEnabled(!text.trimmed().isEmpty());
    });
    connect(m_newName, &QLineEdit::returnPressed, this, &IdentitiesPanel::create);
    connect(m_create, &QPushButton::clicked, this, &IdentitiesPanel::create);
    showCurrent();
}

QString IdentitiesPanel::id(const char* part) const
{
    const char* kinds[] = {"role", "user", "group"};
    return QString::fromLatin1(kinds[static_cast<int>(m_kind)]) + QString::fromLatin1(part);
}

QWidget* IdentitiesPanel::makeDetail()
{
    m_name = widgets::makeHeading({});
    m_name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_facts = new widgets::FactGrid;
    auto* simulate = widgets::makeButton(id("Simulate"), tr("Simulate"), ButtonKind::Normal,
                                         QStringLiteral("test"));
    if (m_kind == IdentityKind::Group)
        simulate->hide();
    m_trust = widgets::makeButton(id("Trust"), tr("Who may use it"), ButtonKind::Normal,
                                  QStringLiteral("edit"));
    m_trust->setToolTip(tr("The trust policy of the role"));
    if (m_kind != IdentityKind::Role)
        m_trust->hide();
    auto* remove = widgets::makeButton(id("Remove"), tr("Delete %1").arg(kindName(m_kind)),
                                       ButtonKind::Flat, QStringLiteral("trash"));
    connect(simulate, &QPushButton::clicked, this, [this] {
        if (current())
            Q_EMIT openRequested(QStringLiteral("permissions/simulator/") + current()->arn);
    });
    connect(m_trust, &QPushButton::clicked, this, &IdentitiesPanel::editTrust);
    connect(remove, &QPushButton::clicked, this, &IdentitiesPanel::remove);
    auto* row = new QHBoxLayout;
    row->addWidget(m_name, 1);
    row->addWidget(remove);
    row->addWidget(m_trust);
    row->addWidget(simulate);
    auto* detail = new QWidget;
    auto* column = new QVBoxLayout(detail);
    column->setContentsMargins(Theme::kMargin, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(row);
    column->addWidget(m_facts);
    column->addWidget(makePolicies(), 1);
    return detail;
}

QWidget* IdentitiesPanel::makePolicies()
{
    m_policies = new TextTable(id("Policies"), tr("Policies of the %1").arg(kindName(m_kind)),
                               {tr("Policy"), tr("Kind")}, {320, 140});
    m_policies->setPlaceholder(tr("It has no policy, so it may do nothing."));
    m_edit = widgets::makeButton(id("PolicyEdit"), tr("Open policy"));
    m_drop = widgets::makeButton(id("PolicyDrop"), tr("Take away"), ButtonKind::Flat);
    auto* attach = widgets::makeButton(id("PolicyAttach"), tr("Attach policy"));
    auto* add = widgets::makeButton(id("PolicyNew"), tr("New policy"), ButtonKind::Primary,
                                    QStringLiteral("plus"));
    connect(m_policies, &TextTable::currentIdChanged, this, [this] {
        m_edit->setEnabled(!m_policies->currentId().isEmpty());
        m_drop->setEnabled(!m_policies->currentId().isEmpty());
    });
    connect(m_policies, &QTableView::doubleClicked, this, &IdentitiesPanel::editPolicy);
    connect(m_edit, &QPushButton::clicked, this, &IdentitiesPanel::editPolicy);
    connect(m_drop, &QPushButton::clicked, this, &IdentitiesPanel::dropPolicy);
    connect(attach, &QPushButton::clicked, this, &IdentitiesPanel::attach);
    connect(add, &QPushButton::clicked, this, &IdentitiesPanel::newPolicy);
    auto* row = new QHBoxLayout;
    row->addWidget(m_edit);
    row->addWidget(m_drop);
    row->addStretch(1);
    row->addWidget(attach);
    row->addWidget(add);
    auto* widget = new QWidget;
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_policies, 1);
    column->addLayout(row);
    return widget;
}

void IdentitiesPanel::refresh()
{
    m_iam.listIdentities(m_kind, this, [this](const rpc::Result<QList<rpc::IdentityInfo>>& found) {
        if (!found) {
            if (!found.error().unavailable)
                m_bar.showMessage(found.error().message, Badge::Tone::Error);
            return;
        }
        m_identities = *found;
        QList<models::TextTableModel::Row> rows;
        for (const rpc::IdentityInfo& each : std::as_const(m_identities))
            rows.append({each.name, {each.name, day(each.created)}, each.arn});
        m_table->setRows(rows);
        if (!m_wanted.isEmpty())
            open(QString(m_wanted)); // stays wanted when this answer is older than it
        showCurrent();
    });
}

void IdentitiesPanel::open(const QString& name)
{
    m_wanted = name;
    m_table->select(name);
    if (m_table->currentId() == name)
        m_wanted.clear();
}

void IdentitiesPanel::startNew() { m_newName->setFocus(); }

const rpc::IdentityInfo* IdentitiesPanel::current() const
{
    const QString name = m_table->currentId();
    for (const rpc::IdentityInfo& each : m_identities) {
        if (each.name == name)
            return &each;
    }
    return nullptr;
}

void IdentitiesPanel::showCurrent()
{
    const rpc::IdentityInfo* identity = current();
    m_empty->setTitle(m_identities.isEmpty() ? tr("No %1 yet").arg(kindName(m_kind))
                                             : tr("Choose a %1").arg(kindName(m_kind)));
    m_side->setCurrentIndex(identity ? 1 : 0);
    if (!identity)
        return;
    if (m_name->text() != identity->name)
        m_policies->setRows({});
    m_name->setText(identity->name);
    m_facts->set(tr("ARN"), identity->arn);
    if (!identity->description.isEmpty() || !m_facts->value(tr("Description")).isEmpty())
        m_facts->set(tr("Description"), identity->description);
    m_facts->set(tr("Created"), day(identity->created));
    if (m_kind == IdentityKind::Role)
        m_facts->set(tr("Last used"), day(identity->lastUsed));
    if (!identity->boundary.isEmpty())
        m_facts->set(tr("Boundary"), identity->boundary);
    loadPolicies();
}

void IdentitiesPanel::loadPolicies()
{
    const QString name = m_name->text();
    m_edit->setEnabled(!m_policies->currentId().isEmpty());
    m_drop->setEnabled(!m_policies->currentId().isEmpty());
    m_iam.heldPolicies(m_kind, name, this,
                       [this, name](const rpc::Result<QList<rpc::HeldPolicy>>& policies) {
                           if (!policies || m_name->text() != name)
                               return;
                           QList<models::TextTableModel::Row> rows;
                           for (const rpc::HeldPolicy& each : *policies) {
                               const QString kind =
                                   each.arn.isEmpty() ? tr("its own")
                                   : each.arn.startsWith(QLatin1String("arn:aws:iam::aws:"))
                                       ? tr("AWS's, attached")
                                       : tr("attached");
                               // An ARN, or the name of its own: names have no colon.
                               rows.append({each.arn.isEmpty() ? each.name : each.arn,
                                            {each.name, kind},
                                            each.arn});
                           }
                           m_policies->setRows(rows);
                       });
}

std::function<void(rpc::Result<rpc::Nothing>)> IdentitiesPanel::told(const QString& done)
{
    return [this, done](const rpc::Result<rpc::Nothing>& result) {
        m_bar.showMessage(result ? done : result.error().message,
                          result ? Badge::Tone::Success : Badge::Tone::Error);
        refresh();
    };
}

std::function<void(rpc::Result<rpc::Nothing>)> IdentitiesPanel::saved(PolicyDialog* dialog)
{
    return [this, dialog](const rpc::Result<rpc::Nothing>& result) {
        if (!result)
            return dialog->failed(result.error().message);
        dialog->accept();
        m_bar.showMessage(tr("The policy is in force."), Badge::Tone::Success);
        refresh();
    };
}

void IdentitiesPanel::create()
{
    const QString name = m_newName->text().trimmed();
    if (name.isEmpty())
        return;
    m_iam.create(m_kind, name, lambdaTrust(), this,
                 [this, name](const rpc::Result<rpc::Nothing>& result) {
                     if (result) {
                         m_newName->clear();
                         m_wanted = name;
                     }
                     told(tr("%1 is there. It may do nothing yet.").arg(name))(result);
                 });
}

void IdentitiesPanel::remove()
{
    if (const rpc::IdentityInfo* identity = current())
        m_iam.remove(m_kind, identity->name, this, told(tr("%1 is deleted.").arg(identity->name)));
}

void IdentitiesPanel::editTrust()
{
    const rpc::IdentityInfo* role = current();
    if (!role)
        return;
    PolicyDialog::Subject subject;
    subject.title = tr("Who may use the role %1").arg(role->name);
    subject.name = tr("Trust policy");
    subject.text = role->trust;
    subject.use = rpc::PolicyUse::Trust;
    auto* dialog = new PolicyDialog(m_access, m_known, subject, window());
    connect(dialog, &PolicyDialog::saveRequested, this, [this, dialog, name = role->name] {
        m_iam.setTrust(name, dialog->text(), dialog, saved(dialog));
    });
    dialog->open();
}

void IdentitiesPanel::newPolicy()
{
    if (current())
        edit({}, emptyPolicy(), true);
}

void IdentitiesPanel::edit(const QString& policy, const QString& text, bool isNew)
{
    const QString owner = m_name->text();
    PolicyDialog::Subject subject;
    subject.title = isNew ? tr("A new policy of %1").arg(owner)
                          : tr("The policy %1 of %2").arg(policy, owner);
    subject.name = policy;
    subject.nameFixed = !isNew;
    subject.text = text;
    auto* dialog = new PolicyDialog(m_access, m_known, subject, window());
    connect(dialog, &PolicyDialog::saveRequested, this, [this, dialog, owner, isNew] {
        if (isNew)
            return putNew(dialog, owner);
        m_iam.putOwn(m_kind, owner, dialog->name(), dialog->text(), dialog, saved(dialog));
    });
    dialog->open();
}

// IAM's own operation would replace a policy of that name.
void IdentitiesPanel::putNew(PolicyDialog* dialog, const QString& owner)
{
    m_iam.heldPolicies(
        m_kind, owner, dialog,
        [this, dialog, owner](const rpc::Result<QList<rpc::HeldPolicy>>& held) {
            if (!held)
                return dialog->failed(held.error().message);
            const QString name = dialog->name();
            for (const rpc::HeldPolicy& each : *held) {
                if (each.arn.isEmpty() && each.name == name)
                    return dialog->failed(tr("%1 has a policy %2 already. Give this one another name, or "
                                             "close this and edit that one.")
                                              .arg(owner, name));
            }
            m_iam.putOwn(m_kind, owner, name, dialog->text(), dialog, saved(dialog));
        });
}

void IdentitiesPanel::editPolicy()
{
    const QString policy = m_policies->currentId();
    if (policy.isEmpty())
        return;
    if (policy.contains(QLatin1Char(':')))
        return Q_EMIT openRequested(QStringLiteral("permissions/policies/") + policy);
    m_iam.ownDocument(m_kind, m_name->text(), policy, this,
                      [this, policy](const rpc::Result<QString>& text) {
                          if (text)
                              edit(policy, *text, false);
                          else
                              m_bar.showMessage(text.error().message, Badge::Tone::Error);
                      });
}

void IdentitiesPanel::attach()
{
    const QString owner = m_name->text();
    auto* chooser = new PolicyChooser(m_iam, window());
    connect(chooser, &PolicyChooser::picked, this, [this, owner](const QString& arn) {
        m_iam.attach(m_kind, owner, arn, this, told(tr("The policy is attached.")));
    });
    chooser->open();
}

void IdentitiesPanel::dropPolicy()
{
    const QString policy = m_policies->currentId();
    const auto done = told(tr("The policy is taken away."));
    if (policy.contains(QLatin1Char(':')))
        m_iam.detach(m_kind, m_name->text(), policy, this, done);
    else if (!policy.isEmpty())
        m_iam.removeOwn(m_kind, m_name->text(), policy, this, done);
}

} // namespace gantry::ui
