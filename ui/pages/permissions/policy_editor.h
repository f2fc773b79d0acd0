#pragma once

#include "ui/models/policy_document.h"
#include "ui/rpc/access_api.h"

#include <QTimer>
#include <QWidget>

#include <optional>

class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;

namespace gantry::models {
class KnownResources;
}
namespace gantry::widgets {
class CodeEditor;
}

namespace gantry::ui {

class StatementForm;
class TextTable;

// A policy as a form and as JSON, side by side. The JSON is the truth: what the form changes is
// written into it as one step, so that one undo serves both, and the form shows what the JSON says.
// The platform's parser checks it while it is edited.
class PolicyEditor final : public QWidget {
    Q_OBJECT
public:
    PolicyEditor(rpc::AccessApi& api, models::KnownResources& known, QWidget* parent = nullptr);

    void setPolicy(const QString& text, rpc::PolicyUse use);
    QString text() const;
    bool isValid() const { return m_valid; }

Q_SIGNALS:
    void changed(); // the text, or whether it is valid

private:
    QWidget* makeForm();
    QWidget* makeJson();
    void onText();
    void show();
    void showStatement();
    void write(const models::PolicyDocument& document, int statement);
    void addStatement();
    void removeStatement();
    void check();
    void showCheck(const rpc::Result<rpc::PolicyCheck>& check);

    rpc::AccessApi& m_api;
    models::KnownResources& m_known;
    rpc::PolicyUse m_use = rpc::PolicyUse::Identity;
    std::optional<models::PolicyDocument> m_document; // none: the JSON cannot be read
    bool m_valid = false;
    QTimer m_checkTimer;
    QStackedWidget* m_side = nullptr;
    QLabel* m_unreadable = nullptr;
    QComboBox* m_which = nullptr;
    QPushButton *m_remove = nullptr, *m_undo = nullptr, *m_redo = nullptr;
    StatementForm* m_form = nullptr;
    widgets::CodeEditor* m_json = nullptr;
    TextTable* m_issues = nullptr;
    QLabel *m_sentences = nullptr, *m_size = nullptr;
};

} // namespace gantry::ui
