#pragma once

#include "ui/rpc/grants_api.h"
#include "ui/rpc/iam_api.h"

#include <QDialog>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::ui {

// Lets a service, an account, or a role or user of this platform call a function: chosen by name.
class GrantDialog final : public QDialog {
    Q_OBJECT
public:
    // function: as GrantsApi takes it; arn: of the function.
    GrantDialog(rpc::Channel& channel, QString function, const QString& arn,
                QWidget* parent = nullptr);

Q_SIGNALS:
    void granted();

private:
    enum Kind { Service, Identity, Account, Everyone };

    void build();
    void offerIdentities(rpc::IdentityKind kind, const QString& label);
    void updateControls();
    rpc::NewGrant chosen() const;
    void grant();

    rpc::GrantsApi m_grants;
    rpc::IamApi m_iam;
    const QString m_function;
    const QString m_place; // REGION:ACCOUNT
    QFormLayout* m_form;
    QComboBox *m_kind, *m_service, *m_identity, *m_action;
    QLineEdit *m_source, *m_account;
    QLabel *m_sourceLabel, *m_problem;
    QPushButton* m_allow;
};

} // namespace gantry::ui
