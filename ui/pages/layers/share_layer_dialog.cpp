#include "ui/pages/layers/share_layer_dialog.h"

#include "ui/models/grant_text.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

ShareLayerDialog::ShareLayerDialog(rpc::Channel& channel, QString layer, qint64 version,
                                   QWidget* parent)
    : QDialog(parent), m_api(channel), m_layer(std::move(layer)), m_version(version),
      m_table(new TextTable(QStringLiteral("layerGrants"), tr("Who may use the layer version"),
                            {tr("Who"), tr("May"), tr("Statement")}, {180, 170, 140})),
      m_who(new QComboBox), m_account(new QLineEdit), m_problem(widgets::makeCaption({})),
      m_share(widgets::makeButton(QStringLiteral("shareLayerWith"), tr("Share"),
                                  ButtonKind::Primary)),
      m_unshare(widgets::makeButton(QStringLiteral("unshareLayer"), tr("Stop sharing"),
                                    ButtonKind::Danger))
{
    setObjectName(QStringLiteral("shareLayerDialog"));
    setWindowTitle(tr("Share %1, version %2").arg(m_layer).arg(m_version));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(560, 400);
    m_table->setPlaceholder(tr("Only this account may use it."));
    m_problem->setObjectName(QStringLiteral("shareLayerProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));
    m_problem->hide();
    m_unshare->setToolTip(tr("Take the selected statement out of the policy; functions that have the "
                             "layer keep it"));
    auto* close = widgets::makeButton(QStringLiteral("closeShareLayer"), tr("Close"));
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_unshare);
    buttons->addStretch(1);
    buttons->addWidget(close);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(makeNew());
    column->addWidget(m_table, 1);
    column->addWidget(m_problem);
    column->addLayout(buttons);
    connect(m_who, &QComboBox::currentIndexChanged, this, &ShareLayerDialog::updateControls);
    connect(m_account, &QLineEdit::textChanged, this, &ShareLayerDialog::updateControls);
    connect(m_table, &TextTable::currentIdChanged, this, &ShareLayerDialog::updateControls);
    connect(m_share, &QPushButton::clicked, this, &ShareLayerDialog::share);
    connect(m_unshare, &QPushButton::clicked, this, &ShareLayerDialog::unshare);
    updateControls();
    load();
}

QWidget* ShareLayerDialog::makeNew()
{
    widgets::identify(m_who, QStringLiteral("shareLayerWho"), tr("Whom to share it with"));
    m_who->addItems({tr("One account"), tr("Every account")});
    widgets::identify(m_account, QStringLiteral("shareLayerAccount"), tr("Account to share it with"),
                      tr("12 digits"));
    m_account->setPlaceholderText(tr("12 digits"));
    m_account->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("\\d{12}")), this));
    m_share->setToolTip(tr("Lets functions of that account have this version of the layer"));
    auto* line = new QWidget;
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_who);
    row->addWidget(m_account, 1);
    row->addWidget(m_share);
    return line;
}

void ShareLayerDialog::load()
{
    m_api.ofLayer(m_layer, m_version, this, [this](const rpc::Result<QList<rpc::Grant>>& grants) {
        grants ? take(*grants) : report(grants.error());
    });
}

void ShareLayerDialog::take(const QList<rpc::Grant>& grants)
{
    QList<models::TextTableModel::Row> rows;
    for (const rpc::Grant& grant : grants)
        rows.append({grant.id, {models::whoText(grant), grant.action, grant.id}, {}});
    m_table->setRows(rows);
    updateControls();
}

void ShareLayerDialog::share()
{
    const bool everyone = m_who->currentIndex() == 1;
    m_api.share(m_layer, m_version,
                models::statementId(everyone ? QStringLiteral("everyone")
                                             : QStringLiteral("account")),
                everyone ? QStringLiteral("*") : m_account->text(), this,
                [this](const rpc::Result<rpc::Nothing>& result) { report(result); });
}

void ShareLayerDialog::unshare()
{
    m_api.unshare(m_layer, m_version, m_table->currentId(), this,
                  [this](const rpc::Result<rpc::Nothing>& result) { report(result); });
}

void ShareLayerDialog::report(const rpc::Result<rpc::Nothing>& result)
{
    m_problem->setVisible(!result);
    if (!result)
        return m_problem->setText(result.error().message);
    m_account->clear();
    load();
}

void ShareLayerDialog::updateControls()
{
    const bool everyone = m_who->currentIndex() == 1;
    m_account->setEnabled(!everyone);
    m_share->setEnabled(everyone || m_account->hasAcceptableInput());
    m_unshare->setEnabled(!m_table->currentId().isEmpty());
}

} // namespace gantry::ui
