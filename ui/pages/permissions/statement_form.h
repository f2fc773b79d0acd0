#pragma once

#include "ui/models/policy_document.h"
#include "ui/rpc/access_types.h"

#include <QWidget>

class QComboBox;
class QLineEdit;

namespace gantry::models {
class KnownResources;
}

namespace gantry::ui {

class ListField;

// One statement of a policy as a form.
class StatementForm final : public QWidget {
    Q_OBJECT
public:
    explicit StatementForm(models::KnownResources& known, QWidget* parent = nullptr);

    void setUse(rpc::PolicyUse use);
    void setStatement(const models::PolicyStatement& statement); // says nothing
    const models::PolicyStatement& statement() const { return m_statement; }

Q_SIGNALS:
    void edited();

private:
    QWidget* makeConditions();
    void take();
    void addCondition();
    void showConditions();
    void showKeys();
    void pickActions();
    void pickResource();

    models::KnownResources& m_known;
    models::PolicyStatement m_statement;
    bool m_showing = false;
    QLineEdit* m_sid;
    QComboBox *m_effect, *m_actionMode, *m_resourceMode;
    ListField *m_principals, *m_actions, *m_resources, *m_conditions;
    QComboBox *m_operator = nullptr, *m_key = nullptr;
    QLineEdit* m_values = nullptr;
};

} // namespace gantry::ui
