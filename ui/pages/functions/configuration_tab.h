#pragma once

#include "ui/models/configuration_draft.h"
#include "ui/pages/functions/function_tab.h"
#include "ui/rpc/function_settings_api.h"
#include "ui/rpc/result.h"
#include "ui/rpc/vault_api.h"

class QLabel;
class QPushButton;

namespace gantry::models {
class ConfigurationSave;
}
namespace gantry::widgets {
class MessageBar;
}

namespace gantry::ui {

class ConcurrencySection;
class SnapStartCard;
class ConfigurationForm;
class RuntimeCard;

// Edits a function's configuration. Nothing changes before Save; a change from elsewhere in the
// meantime is said, and never overwritten unseen: the revision that was read is the precondition.
class ConfigurationTab final : public FunctionTab {
    Q_OBJECT
public:
    ConfigurationTab(const Services& services, models::FunctionSession& session);

    void activated() override;

private:
    QWidget* makeFooter();
    void openFunction();
    void takeDetails();
    void showBase();
    void updateFooter();
    void showPricing();
    void loadRuntimes();
    void loadLogGroups();
    void loadKeys();
    void loadPasted();
    bool isDirty() const;
    void save();
    void saved();
    void failed(const rpc::Error& error);

    ConfigurationForm* m_form;
    ConcurrencySection* m_concurrency;
    SnapStartCard* m_snapshots;
    RuntimeCard* m_runtime;
    rpc::FunctionSettingsApi m_settings;
    rpc::VaultApi m_vault;
    widgets::MessageBar* m_bar;
    QLabel* m_status = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_revert = nullptr;
    QWidget* m_scroll = nullptr;
    std::optional<rpc::FunctionConfiguration> m_base; // what the edits started from
    models::ConfigurationValues m_baseValues;
    models::ConfigurationSave* m_job = nullptr;
    bool m_hasRuntimes = false;
};

} // namespace gantry::ui
