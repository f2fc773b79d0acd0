#pragma once

#include "ui/rpc/access_api.h"
#include "ui/rpc/iam_api.h"

#include <QDialog>

class QCheckBox;
class QLabel;
class QPushButton;

namespace gantry::widgets {
class CodeEditor;
}

namespace gantry::ui {

class TextTable;

// Least privilege in one click: the policy that allows what was recorded, how it differs from what
// the role has, and which recorded calls it would have denied.
class TightenDialog final : public QDialog {
    Q_OBJECT
public:
    TightenDialog(rpc::AccessApi& access, rpc::IamApi& iam, const QString& roleArn, QWidget* parent);

private:
    void generate();
    void show(const rpc::GeneratedPolicy& policy);
    void preview();
    // Puts the new policy first, then takes away the others one by one.
    void apply();
    void dropOthers(QList<rpc::HeldPolicy> others);
    void fail(const rpc::Error& error);

    rpc::AccessApi& m_access;
    rpc::IamApi& m_iam;
    const QString m_arn;
    QString m_document;
    QCheckBox* m_denied;
    QLabel *m_summary, *m_effect;
    widgets::CodeEditor* m_diff;
    TextTable* m_calls;
    QPushButton* m_apply;
};

} // namespace gantry::ui
