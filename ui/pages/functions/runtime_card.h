#pragma once

#include "ui/rpc/function_settings_api.h"

#include <QFrame>

#include <optional>

class QComboBox;
class QLabel;
class QPushButton;

namespace gantry::ui {

// What may reach a function: newer builds of its runtime, and packages that are not signed. Nothing
// changes before Save.
class RuntimeCard final : public QFrame {
    Q_OBJECT
public:
    explicit RuntimeCard(rpc::Channel& channel, QWidget* parent = nullptr);

    // Reads the settings anew when it is another function.
    void open(const QString& function, const QString& buildArn);

private:
    void build();
    void load();
    void loadConfigs();
    void newSigning();
    void addConfig(const rpc::SigningConfig& config);
    void takeConfigs(const QList<rpc::SigningConfig>& configs);
    void chooseSigning();
    void updateControls();
    void save();
    void saveSigning();
    void finished(const rpc::Result<rpc::Nothing>& result);

    rpc::FunctionSettingsApi m_api;
    QString m_function;
    QString m_buildArn;
    std::optional<rpc::RuntimeUpdates> m_baseUpdates;
    std::optional<QString> m_baseSigning; // ARN; empty: none
    bool m_hasConfigs = false;
    QComboBox* m_updates;
    QComboBox* m_signing;
    QLabel* m_updatesHint;
    QLabel* m_signingHint;
    QLabel* m_status;
    QPushButton* m_newSigning;
    QPushButton* m_save;
};

} // namespace gantry::ui
