#include "ui/pages/functions/runtime_card.h"

#include "ui/pages/functions/signing_dialog.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace gantry::ui {

using rpc::RuntimeUpdates;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kLabelWidth = 132;
constexpr int kFieldWidth = 280;

QString hintOf(RuntimeUpdates updates)
{
    switch (updates) {
    case RuntimeUpdates::Auto:
        return RuntimeCard::tr("A newer build of the runtime is used as soon as this host has it.");
    case RuntimeUpdates::OnFunctionUpdate:
        return RuntimeCard::tr("A newer build is used when the function is next updated.");
    case RuntimeUpdates::Manual:
        break;
    }
    return RuntimeCard::tr("The function asks for the build that it has now. This host has one "
                           "build of each runtime: when it goes, it is not kept beside the next.");
}

} // namespace

RuntimeCard::RuntimeCard(rpc::Channel& channel, QWidget* parent)
    : QFrame(parent), m_api(channel), m_updates(new QComboBox), m_signing(new QComboBox),
      m_updatesHint(widgets::makeCaption({})), m_signingHint(widgets::makeCaption({})),
      m_status(widgets::makeCaption({})),
      m_newSigning(widgets::makeButton(QStringLiteral("newSigning"), tr("New configuration…"))),
      m_save(widgets::makeButton(QStringLiteral("saveRuntime"), tr("Save"), ButtonKind::Primary))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("runtimeCard"));
    build();
    for (QComboBox* box : {m_updates, m_signing})
        connect(box, &QComboBox::currentIndexChanged, this, &RuntimeCard::updateControls);
    connect(m_newSigning, &QPushButton::clicked, this, &RuntimeCard::newSigning);
    connect(m_save, &QPushButton::clicked, this, &RuntimeCard::save);
    updateControls();
}

void RuntimeCard::build()
{
    widgets::identify(m_updates, QStringLiteral("runtimeUpdates"), tr("Runtime updates"),
                      tr("When a newer build of the runtime is used"));
    m_updates->addItems({tr("Automatic"), tr("When the function is updated"), tr("Manual")});
    widgets::identify(m_signing, QStringLiteral("codeSigning"), tr("Code signing"),
                      tr("Which signatures a package needs to be deployed"));
    m_signing->addItem(tr("Not checked"), QString());
    m_newSigning->setAccessibleName(tr("New code signing configuration"));
    m_newSigning->setToolTip(tr("Make a code signing configuration from a publisher's certificate"));
    m_status->setObjectName(QStringLiteral("runtimeStatus"));
    m_save->setAccessibleName(tr("Save the runtime and signing settings"));
    m_save->setToolTip(tr("Use them from now on"));

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::kMargin);
    grid->setVerticalSpacing(Theme::kSpace * 3 / 4);
    grid->setColumnMinimumWidth(0, kLabelWidth);
    grid->setColumnStretch(1, 1);
    const auto row = [grid](const QString& label, QComboBox* field, QLabel* hint) {
        auto* name = new QLabel(label);
        name->setBuddy(field);
        field->setFixedWidth(kFieldWidth);
        const int at = grid->rowCount();
        grid->addWidget(name, at, 0);
        grid->addWidget(field, at, 1);
        grid->addWidget(hint, at + 1, 1);
    };
    row(tr("Runtime updates"), m_updates, m_updatesHint);
    row(tr("Code signing"), m_signing, m_signingHint);
    grid->addWidget(m_newSigning, grid->rowCount() - 2, 2);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_save);
    buttons->addWidget(m_status, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Runtime management and code signing"), this));
    column->addLayout(grid);
    column->addLayout(buttons);
}

void RuntimeCard::open(const QString& function, const QString& buildArn)
{
    m_buildArn = buildArn;
    if (function == m_function)
        return;
    m_function = function;
    m_baseUpdates.reset();
    m_baseSigning.reset();
    m_hasConfigs = false;
    m_status->clear();
    load();
    updateControls();
}

void RuntimeCard::load()
{
    m_api.runtimeUpdates(m_function, this,
                         [this, function = m_function](const rpc::Result<RuntimeUpdates>& got) {
                             if (function != m_function)
                                 return;
                             if (!got)
                                 return m_status->setText(got.error().message);
                             m_baseUpdates = *got;
                             m_updates->setCurrentIndex(static_cast<int>(*got));
                             updateControls();
                         });
    loadConfigs();
    m_api.signing(m_function, this, [this, function = m_function](const rpc::Result<QString>& got) {
        if (!got || function != m_function)
            return;
        m_baseSigning = *got;
        chooseSigning();
    });
}

void RuntimeCard::loadConfigs()
{
    m_api.signingConfigs(
        this, [this, function = m_function](const rpc::Result<QList<rpc::SigningConfig>>& got) {
            if (got && function == m_function)
                takeConfigs(*got);
        });
}

// The new configuration is chosen; it is attached with Save.
void RuntimeCard::newSigning()
{
    auto* dialog = new SigningDialog(m_api, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &SigningDialog::created, this, [this](const rpc::SigningConfig& config) {
        addConfig(config);
        m_signing->setCurrentIndex(m_signing->count() - 1);
    });
    dialog->open();
}

void RuntimeCard::addConfig(const rpc::SigningConfig& config)
{
    const QString name = config.description.isEmpty() ? config.id : config.description;
    m_signing->addItem(config.enforces ? tr("%1 (enforced)").arg(name) : tr("%1 (warns)").arg(name),
                       config.arn);
}

void RuntimeCard::takeConfigs(const QList<rpc::SigningConfig>& configs)
{
    const QSignalBlocker quiet(m_signing);
    while (m_signing->count() > 1)
        m_signing->removeItem(1);
    for (const rpc::SigningConfig& config : configs)
        addConfig(config);
    m_hasConfigs = true;
    chooseSigning();
}

void RuntimeCard::chooseSigning()
{
    if (m_hasConfigs && m_baseSigning) {
        const int index = m_signing->findData(*m_baseSigning);
        m_signing->setCurrentIndex(index < 0 ? 0 : index);
    }
    updateControls();
}

void RuntimeCard::updateControls()
{
    const bool known = m_baseUpdates && m_baseSigning && m_hasConfigs;
    const auto updates = static_cast<RuntimeUpdates>(m_updates->currentIndex());
    m_updates->setEnabled(known);
    m_signing->setEnabled(known && m_signing->count() > 1);
    m_updatesHint->setText(hintOf(updates));
    m_signingHint->setText(
        m_signing->count() > 1
            ? tr("Enforced: a package without a valid signature is refused. Warns: it is logged.")
            : tr("There is no code signing configuration yet. One is made from the certificate of "
                 "the publisher whose packages may be deployed."));
    m_newSigning->setEnabled(known);
    m_save->setEnabled(known && (updates != *m_baseUpdates ||
                                 m_signing->currentData().toString() != *m_baseSigning));
}

void RuntimeCard::save()
{
    const auto updates = static_cast<RuntimeUpdates>(m_updates->currentIndex());
    m_save->setEnabled(false);
    m_status->setText(tr("Saving…"));
    if (updates == *m_baseUpdates)
        return saveSigning();
    m_api.setRuntimeUpdates(m_function, updates, m_buildArn, this,
                            [this, updates](const rpc::Result<rpc::Nothing>& result) {
                                if (!result)
                                    return finished(result);
                                m_baseUpdates = updates;
                                saveSigning();
                            });
}

void RuntimeCard::saveSigning()
{
    const QString arn = m_signing->currentData().toString();
    if (arn == *m_baseSigning)
        return finished(rpc::Nothing());
    m_api.setSigning(m_function, arn, this, [this, arn](const rpc::Result<rpc::Nothing>& result) {
        if (result)
            m_baseSigning = arn;
        finished(result);
    });
}

void RuntimeCard::finished(const rpc::Result<rpc::Nothing>& result)
{
    m_status->setText(result ? tr("Saved") : result.error().message);
    updateControls();
}

} // namespace gantry::ui
