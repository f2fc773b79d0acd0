#pragma once

#include "ui/rpc/access_api.h"
#include "ui/rpc/iam_api.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace gantry::models {
class KnownResources;
}
namespace gantry::widgets {
class EmptyState;
class FactGrid;
class MessageBar;
} // namespace gantry::widgets

namespace gantry::ui {

class PolicyDialog;
class TextTable;

// Roles, users or groups: which there are, and the policies that each has.
class IdentitiesPanel final : public QWidget {
    Q_OBJECT
public:
    IdentitiesPanel(rpc::IdentityKind kind, rpc::IamApi& iam, rpc::AccessApi& access,
                    models::KnownResources& known, widgets::MessageBar& bar,
                    QWidget* parent = nullptr);

    void refresh();
    void open(const QString& name);
    void startNew();

Q_SIGNALS:
    void openRequested(const QString& route);

private:
    QWidget* makeDetail();
    QWidget* makePolicies();
    const rpc::IdentityInfo* current() const;
    void showCurrent();
    void loadPolicies();
    void create();
    void remove();
    void editPolicy();
    void newPolicy();
    void putNew(PolicyDialog* dialog, const QString& owner);
    void attach();
    void dropPolicy();
    void editTrust();
    void edit(const QString& policy, const QString& text, bool isNew);
    // Says what went wrong, or what is done, and reads everything anew.
    std::function<void(rpc::Result<rpc::Nothing>)> told(const QString& done);
    std::function<void(rpc::Result<rpc::Nothing>)> saved(PolicyDialog* dialog);
    QString id(const char* part) const;

    const rpc::IdentityKind m_kind;
    rpc::IamApi& m_iam;
    rpc::AccessApi& m_access;
    models::KnownResources& m_known;
    widgets::MessageBar& m_bar;
    QList<rpc::IdentityInfo> m_identities;
    QString m_wanted;
    TextTable *m_table = nullptr, *m_policies = nullptr;
    QStackedWidget* m_side = nullptr;
    widgets::EmptyState* m_empty = nullptr;
    QLabel* m_name = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    QPushButton *m_edit = nullptr, *m_drop = nullptr, *m_trust = nullptr, *m_create = nullptr;
    QLineEdit* m_newName = nullptr;
};

} // namespace gantry::ui
