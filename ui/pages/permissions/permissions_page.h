#pragma once

#include "ui/models/known_resources.h"
#include "ui/pages/page.h"
#include "ui/rpc/access_api.h"
#include "ui/rpc/iam_api.h"

class QStackedLayout;
class QTabWidget;

namespace gantry::widgets {
class MessageBar;
}

namespace gantry::ui {

class AuditPanel;
class FindingsPanel;
class IdentitiesPanel;
class MatrixPanel;
class PoliciesPanel;
class SimulatorPanel;

// Who may do what, why, and what was done. Routes: roles/NAME, users/NAME, groups/NAME,
// policies/ARN, simulator/ARN, simulator/ARN ACTION RESOURCE (a question to ask at once), matrix,
// audit/TEXT, findings.
class PermissionsPage final : public Page {
    Q_OBJECT
public:
    PermissionsPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Permissions"); }
    void show(const QString& subRoute) override;
    void activated() override { load(); }

private:
    QWidget* makeContent();
    void load();

    Services m_services;
    rpc::IamApi m_iam;
    rpc::AccessApi m_access;
    models::KnownResources m_known;
    QStackedLayout* m_stack = nullptr;
    widgets::MessageBar* m_bar = nullptr;
    QTabWidget* m_tabs = nullptr;
    IdentitiesPanel *m_roles = nullptr, *m_users = nullptr, *m_groups = nullptr;
    PoliciesPanel* m_policies = nullptr;
    SimulatorPanel* m_simulator = nullptr;
    MatrixPanel* m_matrix = nullptr;
    AuditPanel* m_audit = nullptr;
    FindingsPanel* m_findings = nullptr;
};

} // namespace gantry::ui
