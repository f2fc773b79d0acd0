#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/vault_types.h"

#include <QScrollArea>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTimer;

namespace gantry::rpc {
class VaultApi;
}
namespace gantry::widgets {
class Badge;
class FactGrid;
class MessageBar;
class SecretField;
} // namespace gantry::widgets

namespace gantry::ui {

class TextTable;

// One secret: its value on demand, versions and stages, rotation and its history, and where it is
// used.
class SecretDetail final : public QScrollArea {
    Q_OBJECT
public:
    SecretDetail(const Services& services, rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent = nullptr);

    void setSecret(const rpc::SecretInfo& secret);
    const rpc::SecretInfo& secret() const { return m_secret; }
    // Hides the value; asks for nothing any more.
    void leave();

Q_SIGNALS:
    void editRequested(const QString& value);
    void changed(); // read the list again
    void openRequested(const QString& route);

private:
    QWidget* makeHeader();
    QWidget* makeRotation();
    void showFacts();
    void showVersions();
    void showRotation(const QList<rpc::RotationInfo>& history);
    void load();
    void withValue(std::function<void(const rpc::SecretValue&)> use);
    void rotate();
    void remove();
    void watchRotation();

    Services m_services;
    rpc::VaultApi& m_api;
    widgets::MessageBar& m_bar;
    rpc::SecretInfo m_secret;
    bool m_rotating = false;
    QLabel* m_name = nullptr;
    QLabel* m_about = nullptr;
    widgets::Badge* m_state = nullptr;
    QPushButton* m_edit = nullptr;
    QPushButton* m_remove = nullptr;
    QPushButton* m_restore = nullptr;
    widgets::SecretField* m_value = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    TextTable* m_versions = nullptr;
    QComboBox* m_function = nullptr;
    QSpinBox* m_days = nullptr;
    QPushButton* m_rotate = nullptr;
    QPushButton* m_stopRotation = nullptr;
    QLabel* m_rotation = nullptr;
    TextTable* m_history = nullptr;
    TextTable* m_uses = nullptr;
    QTimer* m_watch;
};

} // namespace gantry::ui
