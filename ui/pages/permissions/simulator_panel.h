#pragma once

#include "ui/rpc/access_api.h"
#include "ui/rpc/iam_api.h"

#include <QHash>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::models {
class KnownResources;
}
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

private:
    QWidget* makeQuestion();
    QWidget* makeAnswer();
    void run();
    void showAnswer(const rpc::Result<rpc::Simulation>& simulation);
    void showPolicy();
    void pickAction();
    void pickResource();

    rpc::IamApi& m_iam;
    rpc::AccessApi& m_access;
    models::KnownResources& m_known;
    widgets::MessageBar& m_bar;
    rpc::Simulation m_simulation;
    QHash<QString, rpc::ContextValue> m_given; // of the call that is asked about, by its text here
    QComboBox *m_who = nullptr, *m_policy = nullptr;
    QLineEdit *m_action = nullptr, *m_resource = nullptr;
    ListField* m_context = nullptr;
    QPushButton* m_run = nullptr;
    widgets::Badge* m_verdict = nullptr;
    QLabel *m_reason = nullptr, *m_missing = nullptr;
    widgets::CodeEditor* m_document = nullptr;
    TextTable* m_outcomes = nullptr;
};

} // namespace gantry::ui
