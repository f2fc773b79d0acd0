#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/result.h"
#include "ui/rpc/vault_types.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::rpc {
class VaultApi;
}
namespace gantry::widgets {
class MessageBar;
}

namespace gantry::ui {

class TextTable;

// The KMS keys and the master key that wraps them.
class KeysPanel final : public QWidget {
    Q_OBJECT
public:
    KeysPanel(rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent = nullptr);

    void refresh();

private:
    QWidget* makeMaster();
    QWidget* makeActions();
    void showCurrent();
    const rpc::KeyInfo* current() const;
    void create();
    void toggle();
    void scheduleOrCancel();
    void rotateMaster();
    void showVault(const rpc::Result<rpc::VaultInfo>& vault);
    std::function<void(const rpc::Result<rpc::Nothing>&)> refreshed();

    rpc::VaultApi& m_api;
    widgets::MessageBar& m_bar;
    QList<rpc::KeyInfo> m_keys;
    TextTable* m_table = nullptr;
    QLabel* m_master = nullptr;
    QLineEdit* m_description = nullptr;
    QPushButton* m_create = nullptr;
    QPushButton* m_toggle = nullptr;
    QPushButton* m_delete = nullptr;
};

} // namespace gantry::ui
