#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/vault_api.h"

class QPushButton;
class QStackedLayout;
class QTabWidget;

namespace gantry::widgets {
class EmptyState;
class MessageBar;
} // namespace gantry::widgets

namespace gantry::ui {

class KeysPanel;
class ParametersPanel;
class PastedPanel;
class SecretsPanel;

// Secrets, parameters and the keys that encrypt them, and secrets that lie elsewhere. Routes:
// secrets/NAME, parameters, keys, found, found/FUNCTION.
class SecretsPage final : public Page {
    Q_OBJECT
public:
    SecretsPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Secrets"); }
    void show(const QString& subRoute) override;
    void activated() override;
    void deactivated() override;
    QList<QAction*> commands() const override;

private:
    QWidget* makeContent();
    void makeCommands();
    void load();
    void showTab(int index);

    Services m_services;
    rpc::VaultApi m_api;
    QStackedLayout* m_stack = nullptr;
    widgets::EmptyState* m_unavailable = nullptr;
    widgets::MessageBar* m_bar = nullptr;
    QTabWidget* m_tabs = nullptr;
    QPushButton* m_new = nullptr;
    SecretsPanel* m_secrets = nullptr;
    ParametersPanel* m_parameters = nullptr;
    KeysPanel* m_keys = nullptr;
    PastedPanel* m_pasted = nullptr;
    QAction *m_newSecret = nullptr, *m_find = nullptr;
};

} // namespace gantry::ui
