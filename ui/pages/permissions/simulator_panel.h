#pragma once

#include "ui/rpc/access_api.h"
#include "ui/rpc/iam_api.h"

#include <QHash>
#include <QWidget>

#include <optional>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::models {
struct Denial;
class KnownResources;
} // namespace gantry::models
namespace gantry::widgets {
class Badge;
class CodeEditor;
class MessageBar;
} // namespace gantry::widgets

namespace gantry::ui {

class ListField;
class TextTable;

// Asks the evaluator about a call that nobody makes, and shows the statement that decides.
class SimulatorPanel final : public QWidget {
    Q_OBJECT
public:
    SimulatorPanel(rpc::IamApi& iam, rpc::AccessApi& access, models::KnownResources& known,
                   widgets::MessageBar& bar, QWidget* parent = nullptr);

    void refresh();
    void setPrincipal(const QString& arn);
    // The question of a call that was made, and asks it.
    void ask(const rpc::AuditEntry& entry);
    // The same of a call that a text tells of. The audit log knows more of it: its context.
    void ask(const models::Denial& denial);

Q_SIGNALS:
    void openRequested(const QString& route);

private:
    QWidget* makeQuestion();
    QWidget* makeAnswer();
    void run();
    void showAnswer(const rpc::Result<rpc::Simulation>& simulation);
    void showPolicy();
    void pickAction();
    void pickResource();
    // The role or the user who asks, and where the console shows it; nothing for others.
    struct Asker {
        rpc::IdentityKind kind;
        QString name;
    };
    std::optional<Asker> asker() const;
    // A new policy that allows what was just asked, for the user to look at and save.
    void allow();
    void edit(const Asker& who, const QString& policyName);

    rpc::IamApi& m_iam;
    rpc::AccessApi& m_access;
    models::KnownResources& m_known;
    widgets::MessageBar& m_bar;
    rpc::Simulation m_simulation;
    QHash<QString, rpc::ContextValue> m_given; // of the call that is asked about, by its text here
    QComboBox *m_who = nullptr, *m_policy = nullptr;
    QLineEdit *m_action = nullptr, *m_resource = nullptr;
    ListField* m_context = nullptr;
    QPushButton *m_run = nullptr, *m_allow = nullptr, *m_open = nullptr;
    widgets::Badge* m_verdict = nullptr;
    QLabel *m_reason = nullptr, *m_missing = nullptr;
    widgets::CodeEditor* m_document = nullptr;
    TextTable* m_outcomes = nullptr;
};

} // namespace gantry::ui
