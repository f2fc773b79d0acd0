#include "ui/pages/permissions/policy_dialog.h"

#include "ui/models/policy_document.h"
#include "ui/pages/permissions/policy_editor.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

PolicyDialog::PolicyDialog(rpc::AccessApi& api, models::KnownResources& known,
                           const Subject& subject, QWidget* parent)
    : QDialog(parent), m_editor(new PolicyEditor(api, known)), m_name(new QLineEdit(subject.name)),
      m_error(widgets::makeCaption({})), m_readOnly(subject.readOnly)
{
    setWindowTitle(subject.title);
    setObjectName(QStringLiteral("policyDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(1180, 860);
    widgets::identify(m_name, QStringLiteral("policyName"), tr("Name of the policy"));
    m_name->setPlaceholderText(tr("Name of the policy"));
    m_name->setEnabled(!subject.nameFixed);
    m_name->setMaxLength(128);
    m_save = widgets::makeButton(QStringLiteral("policySave"), tr("Save policy"), ButtonKind::Primary);
    if (m_readOnly)
        m_save->hide();
    auto* cancel = widgets::makeButton(QStringLiteral("policyCancel"),
                                       m_readOnly ? tr("Close") : tr("Cancel"));
    m_error->setObjectName(QStringLiteral("policyError"));
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_error, 1);
    bottom->addWidget(cancel);
    bottom->addWidget(m_save);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_name);
    column->addWidget(m_editor, 1);
    column->addLayout(bottom);
    if (m_readOnly)
        m_error->setText(tr("AWS's own policies cannot be changed; what you try here is not kept."));
    connect(m_editor, &PolicyEditor::changed, this, &PolicyDialog::update);
    connect(m_name, &QLineEdit::textChanged, this, &PolicyDialog::update);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_save, &QPushButton::clicked, this, [this] {
        m_save->setEnabled(false);
        Q_EMIT saveRequested();
    });
    m_editor->setPolicy(subject.text, subject.use);
    update();
}

QString PolicyDialog::name() const { return m_name->text().trimmed(); }

QString PolicyDialog::text() const { return m_editor->text(); }

void PolicyDialog::failed(const QString& why)
{
    m_error->setText(why);
    m_save->setEnabled(true);
}

void PolicyDialog::update()
{
    m_save->setEnabled(m_editor->isValid() && !name().isEmpty());
}

QString emptyPolicy()
{
    models::PolicyDocument document;
    document.statements.append(models::PolicyStatement());
    return document.toText();
}

QString lambdaTrust()
{
    models::PolicyDocument document;
    models::PolicyStatement statement;
    statement.principals.append({QStringLiteral("Service"), QStringLiteral("lambda.amazonaws.com")});
    statement.actions.append(QStringLiteral("sts:AssumeRole"));
    document.statements.append(statement);
    return document.toText();
}

} // namespace gantry::ui
