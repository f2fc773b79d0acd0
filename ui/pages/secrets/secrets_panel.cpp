#include "ui/pages/secrets/secrets_panel.h"

#include "ui/pages/secrets/secret_detail.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/pages/secrets/value_editor.h"
#include "ui/rpc/vault_api.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Badge;
using widgets::Theme;

SecretsPanel::SecretsPanel(const Services& services, rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent)
    : QWidget(parent), m_services(services), m_api(api), m_bar(bar)
{
    m_search = new widgets::SearchField(QStringLiteral("secretSearch"), tr("Filter secrets"));
    m_table = new TextTable(QStringLiteral("secretTable"), tr("List of secrets"),
                            {tr("Name"), tr("Rotation"), tr("Changed")}, {190, 125, 110});
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_search);
    column->addWidget(m_table, 1);

    m_empty = new widgets::EmptyState;
    m_empty->setIcon(QStringLiteral("lock"));
    connect(m_empty->addAction(QStringLiteral("firstSecret"), tr("Make a secret"),
                               QStringLiteral("plus")),
            &QPushButton::clicked, this, &SecretsPanel::startNew);
    m_detail = new SecretDetail(services, api, bar);
    m_editor = new ValueEditor(ValueEditor::What::Secret);
    auto* editorPlace = new QWidget;
    auto* place = new QVBoxLayout(editorPlace);
    place->setContentsMargins(Theme::kMargin, 0, 0, 0);
    place->addWidget(m_editor);
    place->addStretch(1);
    m_side = new QStackedWidget;
    m_side->addWidget(m_empty);
    m_side->addWidget(m_detail);
    m_side->addWidget(editorPlace);
    auto* splitter = new QSplitter;
    splitter->addWidget(left);
    splitter->addWidget(m_side);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({440, 700});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);

    connect(m_search, &QLineEdit::textChanged, m_table, &TextTable::setFilter);
    connect(m_table, &TextTable::currentIdChanged, this, &SecretsPanel::showCurrent);
    connect(m_detail, &SecretDetail::changed, this, &SecretsPanel::refresh);
    connect(m_detail, &SecretDetail::openRequested, this, &SecretsPanel::openRequested);
    connect(m_detail, &SecretDetail::editRequested, this, [this](const QString& value) {
        m_detail->leave();
        m_editor->startEdit(m_detail->secret().name, value);
        m_side->setCurrentIndex(2);
    });
    connect(m_editor, &ValueEditor::saveRequested, this, &SecretsPanel::save);
    connect(m_editor, &ValueEditor::finished, this, &SecretsPanel::showCurrent);
    showCurrent();
}

void SecretsPanel::refresh()
{
    m_api.listSecrets(
        this, [this](const rpc::Result<QList<rpc::SecretInfo>>& secrets) {
            if (secrets)
                showList(*secrets);
            else if (!secrets.error().unavailable)
                m_bar.showMessage(secrets.error().message, Badge::Tone::Error);
        });
}

void SecretsPanel::showList(const QList<rpc::SecretInfo>& secrets)
{
    m_secrets = secrets;
    QList<models::TextTableModel::Row> rows;
    for (const rpc::SecretInfo& secret : secrets) {
        const QString state = secret.deleted.isValid() ? tr("deleted")
                              : secret.rotates         ? secret.rotationRule
                                                       : tr("–");
        rows.append({secret.name,
                     {secret.name, state,
                      QLocale().toString(secret.changed.toLocalTime().date(), QLocale::ShortFormat)},
                     secret.description});
    }
    m_table->setRows(rows);
    m_table->setPlaceholder(secrets.isEmpty() ? tr("No secret yet.") : tr("No secret matches."));
    if (!m_wanted.isEmpty())
        m_table->select(std::exchange(m_wanted, QString()));
    if (!m_editor->isActive())
        showCurrent();
}

void SecretsPanel::open(const QString& name)
{
    m_wanted = name;
    if (!m_secrets.isEmpty())
        m_table->select(name);
}

void SecretsPanel::showCurrent()
{
    const QString name = m_table->currentId();
    for (const rpc::SecretInfo& secret : std::as_const(m_secrets)) {
        if (secret.name != name)
            continue;
        if (m_editor->isActive())
            m_editor->finish(); // comes back here
        m_detail->setSecret(secret);
        m_side->setCurrentIndex(1);
        Q_EMIT routeChanged(QStringLiteral("secrets/") + name);
        return;
    }
    m_detail->leave();
    m_empty->setTitle(m_secrets.isEmpty() ? tr("No secret yet") : tr("Choose a secret"));
    m_empty->setText(m_secrets.isEmpty()
                         ? tr("Passwords and keys belong here: encrypted on the disk, read by "
                              "functions while they run, changed without a deploy.")
                         : tr("Its value stays hidden until you ask for it."));
    m_side->setCurrentIndex(m_editor->isActive() ? 2 : 0);
}

void SecretsPanel::startNew()
{
    m_table->clearSelection();
    m_editor->startNew();
    m_side->setCurrentIndex(2);
}

void SecretsPanel::save()
{
    const QString name = m_editor->name();
    const auto saved = [this, name](const QString& problem) {
        if (!problem.isEmpty())
            return m_editor->showProblem(problem);
        m_editor->finish();
        m_bar.showMessage(tr("%1 is saved.").arg(name), Badge::Tone::Success);
        m_wanted = name;
        refresh();
    };
    if (m_editor->isNew()) {
        m_api.createSecret(
            name, m_editor->description(), m_editor->value(), this,
            [saved](const rpc::Result<QString>& result) {
                saved(result ? QString() : result.error().message);
            });
    } else {
        m_api.putSecretValue(
            name, m_editor->value(), this, [saved](const rpc::Result<rpc::Nothing>& result) {
                saved(result ? QString() : result.error().message);
            });
    }
}

void SecretsPanel::leave()
{
    m_detail->leave();
}

} // namespace gantry::ui
