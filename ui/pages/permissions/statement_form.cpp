#include "ui/pages/permissions/statement_form.h"

#include "ui/models/action_catalogue.h"
#include "ui/models/known_resources.h"
#include "ui/pages/permissions/action_picker.h"
#include "ui/pages/permissions/list_field.h"
#include "ui/pages/permissions/resource_builder.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using models::PolicyCondition;
using models::PolicyStatement;
using widgets::Theme;

namespace {

QComboBox* makeChoice(const QString& objectName, const QString& accessibleName,
                      const QStringList& choices)
{
    auto* box = new QComboBox;
    widgets::identify(box, objectName, accessibleName);
    box->addItems(choices);
    return box;
}

QString conditionText(const PolicyCondition& condition)
{
    return QStringLiteral("%1   %2   %3").arg(condition.op, condition.key,
                                              condition.values.join(QStringLiteral(", ")));
}

// "AWS: arn", "Service: lambda.amazonaws.com", "*"
QString principalText(const QPair<QString, QString>& principal)
{
    return principal.first == QLatin1String("*") ? principal.first
                                                 : principal.first + QStringLiteral(": ") + principal.second;
}

// What was typed without a type is told by its look.
QPair<QString, QString> principalOf(const QString& text)
{
    if (text == QLatin1String("*"))
        return {text, QString()};
    for (const char* type : {"AWS", "Service", "Federated", "CanonicalUser"}) {
        const QString prefix = QString::fromLatin1(type) + QStringLiteral(": ");
        if (text.startsWith(prefix))
            return {QString::fromLatin1(type), text.mid(prefix.size())};
    }
    return {text.endsWith(QLatin1String(".amazonaws.com")) ? QStringLiteral("Service")
                                                           : QStringLiteral("AWS"),
            text};
}

} // namespace

StatementForm::StatementForm(models::KnownResources& known, QWidget* parent)
    : QWidget(parent), m_known(known), m_sid(new QLineEdit)
{
    m_effect = makeChoice(QStringLiteral("statementEffect"), tr("Effect of the statement"),
                          {tr("Allow"), tr("Deny")});
    widgets::identify(m_sid, QStringLiteral("statementSid"), tr("Name of the statement (Sid)"),
                      tr("Letters and digits; may be empty"));
    m_sid->setPlaceholderText(tr("Name (Sid), if you like"));
    m_actionMode = makeChoice(QStringLiteral("statementActionMode"), tr("Which actions"),
                              {tr("These actions"), tr("All actions except these")});
    m_resourceMode = makeChoice(QStringLiteral("statementResourceMode"), tr("Which resources"),
                                {tr("On these resources"), tr("On all resources except these")});
    m_principals = new ListField(QStringLiteral("principals"), tr("Who"),
                                 tr("ARN, account, service, or *"), {});
    m_actions = new ListField(QStringLiteral("actions"), tr("Actions"),
                              tr("lambda:InvokeFunction, s3:Get*"), tr("Browse..."));
    m_actions->setCompletions(models::ActionCatalogue::instance().actionNames());
    m_resources = new ListField(QStringLiteral("resources"), tr("Resources"), tr("ARN, or *"),
                                tr("Choose..."));
    auto* head = new QHBoxLayout;
    head->addWidget(m_effect);
    head->addWidget(m_sid, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, Theme::kSpace, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(head);
    column->addWidget(m_principals);
    column->addWidget(m_actionMode);
    column->addWidget(m_actions);
    column->addWidget(m_resourceMode);
    column->addWidget(m_resources);
    column->addWidget(makeConditions());
    column->addStretch(1);
    for (QComboBox* box : {m_effect, m_actionMode, m_resourceMode})
        connect(box, &QComboBox::activated, this, &StatementForm::take);
    connect(m_sid, &QLineEdit::editingFinished, this, &StatementForm::take);
    for (ListField* list : {m_principals, m_actions, m_resources})
        connect(list, &ListField::itemsChanged, this, &StatementForm::take);
    connect(m_actions, &ListField::browseRequested, this, &StatementForm::pickActions);
    connect(m_resources, &ListField::browseRequested, this, &StatementForm::pickResource);
    setUse(rpc::PolicyUse::Identity);
}

// Conditions are added as a whole; the list only removes.
QWidget* StatementForm::makeConditions()
{
    m_conditions = new ListField(QStringLiteral("conditions"), tr("Conditions"), {}, {});
    m_conditions->findChild<QLineEdit*>()->hide();
    m_conditions->findChild<QPushButton*>(QStringLiteral("conditionsAdd"))->hide();
    connect(m_conditions, &ListField::itemsChanged, this, [this] {
        const QStringList left = m_conditions->items();
        m_statement.conditions.removeIf(
            [&left](const PolicyCondition& each) { return !left.contains(conditionText(each)); });
        Q_EMIT edited();
    });
    m_operator = makeChoice(QStringLiteral("conditionOperator"), tr("Operator of the condition"),
                            models::conditionOperators());
    m_key = makeChoice(QStringLiteral("conditionKey"), tr("Key of the condition"), {});
    m_key->setEditable(true);
    m_key->setMinimumContentsLength(16);
    m_values = new QLineEdit;
    widgets::identify(m_values, QStringLiteral("conditionValues"), tr("Values of the condition"),
                      tr("Several are separated by commas: one of them must match"));
    m_values->setPlaceholderText(tr("Values"));
    auto* add = widgets::makeButton(QStringLiteral("conditionAdd"), tr("Add condition"));
    connect(add, &QPushButton::clicked, this, &StatementForm::addCondition);
    connect(m_values, &QLineEdit::returnPressed, this, &StatementForm::addCondition);
    auto* widget = new QWidget;
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_conditions);
    auto* first = new QHBoxLayout;
    first->addWidget(m_operator);
    first->addWidget(m_key, 1);
    auto* second = new QHBoxLayout;
    second->addWidget(m_values, 1);
    second->addWidget(add);
    column->addLayout(first);
    column->addLayout(second);
    return widget;
}

void StatementForm::setUse(rpc::PolicyUse use)
{
    m_principals->setVisible(use != rpc::PolicyUse::Identity);
    m_resources->setVisible(use != rpc::PolicyUse::Trust);
    m_resourceMode->setVisible(use != rpc::PolicyUse::Trust);
}

void StatementForm::setStatement(const PolicyStatement& statement)
{
    m_statement = statement;
    m_showing = true;
    m_effect->setCurrentIndex(statement.allow ? 0 : 1);
    m_sid->setText(statement.sid);
    m_actionMode->setCurrentIndex(statement.notAction ? 1 : 0);
    m_resourceMode->setCurrentIndex(statement.notResource ? 1 : 0);
    m_actions->setItems(statement.actions);
    m_resources->setItems(statement.resources);
    QStringList principals;
    for (const auto& principal : statement.principals)
        principals.append(principalText(principal));
    m_principals->setItems(principals);
    showConditions();
    showKeys();
    m_showing = false;
}

void StatementForm::showConditions()
{
    QStringList texts;
    for (const PolicyCondition& condition : m_statement.conditions)
        texts.append(conditionText(condition));
    m_conditions->setItems(texts);
}

void StatementForm::showKeys()
{
    const QString typed = m_key->currentText();
    m_key->clear();
    m_key->addItems(models::ActionCatalogue::instance().keysFor(m_statement.actions));
    m_key->setCurrentText(typed);
}

void StatementForm::take()
{
    if (m_showing)
        return;
    PolicyStatement now = m_statement;
    now.allow = m_effect->currentIndex() == 0;
    now.sid = m_sid->text().trimmed();
    now.notAction = m_actionMode->currentIndex() == 1;
    now.notResource = m_resourceMode->currentIndex() == 1;
    now.actions = m_actions->items();
    now.resources = m_resources->items();
    now.principals.clear();
    for (const QString& text : m_principals->items())
        now.principals.append(principalOf(text));
    if (now == m_statement)
        return;
    m_statement = now;
    showKeys();
    Q_EMIT edited();
}

void StatementForm::addCondition()
{
    QStringList values;
    for (const QString& value : m_values->text().split(QLatin1Char(','), Qt::SkipEmptyParts))
        values.append(value.trimmed());
    const QString key = m_key->currentText().trimmed();
    if (key.isEmpty() || values.isEmpty())
        return;
    m_statement.conditions.removeIf([&](const PolicyCondition& each) {
        return each.op == m_operator->currentText() && each.key == key;
    });
    m_statement.conditions.append({m_operator->currentText(), key, values});
    m_values->clear();
    showConditions();
    Q_EMIT edited();
}

void StatementForm::pickActions()
{
    auto* picker = new ActionPicker(window());
    connect(picker, &ActionPicker::picked, m_actions, &ListField::add);
    picker->open();
}

void StatementForm::pickResource()
{
    auto* builder = new ResourceBuilder(m_known, m_statement.actions, window());
    connect(builder, &ResourceBuilder::picked, m_resources,
            [this](const QString& arn) { m_resources->add({arn}); });
    builder->open();
}

} // namespace gantry::ui
