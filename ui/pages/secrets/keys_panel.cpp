#include "ui/pages/secrets/keys_panel.h"

#include "ui/pages/secrets/text_table.h"
#include "ui/rpc/vault_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>

#include <algorithm>

namespace gantry::ui {

using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kWaitDays = 30;

QString stateText(const rpc::KeyInfo& key)
{
    if (key.deletion.isValid()) {
        return KeysPanel::tr("deleted on %1")
            .arg(QLocale().toString(key.deletion.toLocalTime().date(), QLocale::ShortFormat));
    }
    return key.state == QLatin1String("Enabled") ? KeysPanel::tr("enabled")
                                                 : KeysPanel::tr("disabled");
}

} // namespace

KeysPanel::KeysPanel(rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent)
    : QWidget(parent), m_api(api), m_bar(bar)
{
    m_table = new TextTable(QStringLiteral("keyTable"), tr("List of keys"),
                            {tr("Alias"), tr("State"), tr("Description"), tr("Key")},
                            {200, 150, 380, 300});
    m_table->setPlaceholder(tr("No key."));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(makeMaster());
    layout->addWidget(makeActions());
    layout->addWidget(m_table, 1);
    connect(m_table, &TextTable::currentIdChanged, this, &KeysPanel::showCurrent);
    showCurrent();
}

QWidget* KeysPanel::makeMaster()
{
    m_master = widgets::makeCaption({});
    m_master->setObjectName(QStringLiteral("masterKeyState"));
    auto* rotate = widgets::makeButton(QStringLiteral("rotateMasterKey"), tr("New master key"),
                                       ButtonKind::Normal, QStringLiteral("refresh"));
    rotate->setToolTip(tr("Wrap every key with a new master key; nothing else changes"));
    connect(rotate, &QPushButton::clicked, this, &KeysPanel::rotateMaster);
    QFrame* card = widgets::makeCard();
    auto* row = new QHBoxLayout;
    auto* texts = new QVBoxLayout;
    texts->setSpacing(2);
    texts->addWidget(widgets::makeHeading(tr("Master key")));
    texts->addWidget(m_master);
    row->addLayout(texts, 1);
    row->addWidget(rotate);
    widgets::cardLayout(card)->addLayout(row);
    return card;
}

QWidget* KeysPanel::makeActions()
{
    m_description = new QLineEdit;
    widgets::identify(m_description, QStringLiteral("keyDescription"), tr("Description of a new key"));
    m_description->setPlaceholderText(tr("What the new key is for"));
    m_description->setMaximumWidth(420);
    m_create = widgets::makeButton(QStringLiteral("createKey"), tr("Make a key"),
                                   ButtonKind::Primary, QStringLiteral("plus"));
    m_toggle = widgets::makeButton(QStringLiteral("toggleKey"), tr("Disable key"));
    m_delete = widgets::makeButton(QStringLiteral("deleteKey"), tr("Delete key"), ButtonKind::Flat,
                                   QStringLiteral("trash"));
    connect(m_create, &QPushButton::clicked, this, &KeysPanel::create);
    connect(m_description, &QLineEdit::returnPressed, this, &KeysPanel::create);
    connect(m_toggle, &QPushButton::clicked, this, &KeysPanel::toggle);
    connect(m_delete, &QPushButton::clicked, this, &KeysPanel::scheduleOrCancel);
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, Theme::kSpace, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(widgets::makeHeading(tr("Keys")));
    row->addStretch(1);
    row->addWidget(m_delete);
    row->addWidget(m_toggle);
    row->addWidget(m_description, 1);
    row->addWidget(m_create);
    return bar;
}

void KeysPanel::refresh()
{
    m_api.getVault(
        this, [this](const rpc::Result<rpc::VaultInfo>& vault) { showVault(vault); });
    m_api.listKeys(this, [this](const rpc::Result<QList<rpc::KeyInfo>>& keys) {
        if (!keys) {
            if (!keys.error().unavailable)
                m_bar.showMessage(keys.error().message, Badge::Tone::Error);
            return;
        }
        m_keys = *keys;
        std::sort(m_keys.begin(), m_keys.end(), [](const auto& a, const auto& b) {
            return std::pair(!a.managed, a.created) < std::pair(!b.managed, b.created);
        });
        QList<models::TextTableModel::Row> rows;
        for (const rpc::KeyInfo& key : std::as_const(m_keys)) {
            QStringList names = key.aliases;
            names.replaceInStrings(QStringLiteral("alias/"), QString());
            rows.append({key.id,
                         {names.isEmpty() ? tr("–") : names.join(QStringLiteral(", ")),
                          stateText(key), key.description, key.id},
                         {}});
        }
        m_table->setRows(rows);
        showCurrent();
    });
}

void KeysPanel::showVault(const rpc::Result<rpc::VaultInfo>& vault)
{
    if (!vault)
        return;
    const QString since =
        QLocale().toString(vault->masterKeyCreated.toLocalTime(), QLocale::ShortFormat);
    m_master->setText(
        vault->inKeyring
            ? tr("In this desktop's keyring, made on %1. Without it nothing here can be read.")
                  .arg(since)
            : tr("In %1 (only you can read it), made on %2. Keep a copy in a safe place: without "
                 "it nothing here can be read.")
                  .arg(vault->file, since));
}

const rpc::KeyInfo* KeysPanel::current() const
{
    const QString id = m_table->currentId();
    for (const rpc::KeyInfo& key : m_keys) {
        if (key.id == id)
            return &key;
    }
    return nullptr;
}

void KeysPanel::showCurrent()
{
    const rpc::KeyInfo* key = current();
    const bool mine = key && !key->managed;
    const bool going = key && key->deletion.isValid();
    m_toggle->setEnabled(mine && !going);
    m_toggle->setText(key && key->state == QLatin1String("Disabled") ? tr("Enable key")
                                                                     : tr("Disable key"));
    m_toggle->setToolTip(key && key->managed ? tr("The platform needs this key")
                                             : tr("What it encrypts cannot be read while it is "
                                                  "disabled"));
    m_delete->setEnabled(mine);
    m_delete->setText(going ? tr("Keep key") : tr("Delete key"));
}

std::function<void(const rpc::Result<rpc::Nothing>&)> KeysPanel::refreshed()
{
    return [this](const rpc::Result<rpc::Nothing>& result) {
        if (!result)
            m_bar.showMessage(result.error().message, Badge::Tone::Error);
        refresh();
    };
}

void KeysPanel::create()
{
    m_api.createKey(m_description->text(), this,
                                   [this](const rpc::Result<QString>& id) {
                                       if (!id)
                                           return m_bar.showMessage(id.error().message,
                                                                    Badge::Tone::Error);
                                       m_description->clear();
                                       refresh();
                                   });
}

void KeysPanel::toggle()
{
    if (const rpc::KeyInfo* key = current())
        m_api.setKeyEnabled(key->id, key->state == QLatin1String("Disabled"), this,
                                           refreshed());
}

void KeysPanel::scheduleOrCancel()
{
    const rpc::KeyInfo* key = current();
    if (!key)
        return;
    if (key->deletion.isValid())
        return m_api.cancelKeyDeletion(key->id, this, refreshed());
    const QString id = key->id;
    m_bar.showMessage(tr("Delete the key %1? What it encrypts cannot be read from now on, and is "
                         "lost in %2 days.")
                          .arg(id.left(8))
                          .arg(kWaitDays),
                      Badge::Tone::Warning, tr("Delete the key"), [this, id] {
                          m_api.scheduleKeyDeletion(id, kWaitDays, this, refreshed());
                      });
}

void KeysPanel::rotateMaster()
{
    m_api.rotateMasterKey(this, [this](const rpc::Result<rpc::VaultInfo>& vault) {
        if (!vault)
            return m_bar.showMessage(vault.error().message, Badge::Tone::Error);
        showVault(vault);
        m_bar.showMessage(tr("Every key is wrapped with a new master key."), Badge::Tone::Success);
    });
}

} // namespace gantry::ui
