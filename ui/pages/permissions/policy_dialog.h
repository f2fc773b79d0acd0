#pragma once

#include "ui/rpc/access_api.h"

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::models {
class KnownResources;
}

namespace gantry::ui {

class PolicyEditor;

// Edits one policy in a window of its own. Who opened it saves, and says how that went.
class PolicyDialog final : public QDialog {
    Q_OBJECT
public:
    struct Subject {
        QString title;
        QString name;          // of the policy
        bool nameFixed = true; // it has one already
        QString text;
        rpc::PolicyUse use = rpc::PolicyUse::Identity;
        bool readOnly = false;
    };
    PolicyDialog(rpc::AccessApi& api, models::KnownResources& known, const Subject& subject,
                 QWidget* parent);

    QString name() const;
    QString text() const;
    void failed(const QString& why);

Q_SIGNALS:
    void saveRequested();

private:
    void update();

    PolicyEditor* m_editor;
    QLineEdit* m_name;
    QLabel* m_error;
    QPushButton* m_save;
    const bool m_readOnly;
};

// A document with one statement that allows nothing yet.
QString emptyPolicy();
QString lambdaTrust();

} // namespace gantry::ui
