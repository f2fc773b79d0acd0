#pragma once

#include "ui/pages/functions/function_tab.h"
#include "ui/rpc/access_api.h"
#include "ui/rpc/iam_api.h"

class QComboBox;
class QLabel;
class QPushButton;

namespace gantry::ui {

class CallersCard;
class TextTable;

// What the role of the function may do, beside what was really done with it, and which role that is;
// and who may call the function by its own policy.
class PermissionsTab final : public FunctionTab {
    Q_OBJECT
public:
    PermissionsTab(const Services& services, models::FunctionSession& session);

    void activated() override;
    void deactivated() override { m_active = false; }

private:
    void load();
    void show(const rpc::AccessUse& use);
    void loadCallers();
    void loadRoles();
    void useRole();
    void createRole();
    void tighten();
    QString role() const;

    rpc::AccessApi m_access;
    rpc::IamApi m_iam;
    bool m_active = false;
    QString m_chosenFor; // the function and the role that the choice of roles began with
    QLabel *m_title, *m_note;
    QComboBox* m_roles;
    QPushButton *m_use, *m_create, *m_open, *m_simulate, *m_tighten;
    TextTable *m_granted, *m_used;
    CallersCard* m_callers;
};

} // namespace gantry::ui
