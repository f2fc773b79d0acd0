#pragma once

#include "ui/rpc/function_settings_api.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::ui {

// Makes a code signing configuration from the certificate of a publisher.
class SigningDialog final : public QDialog {
    Q_OBJECT
public:
    explicit SigningDialog(rpc::FunctionSettingsApi& api, QWidget* parent = nullptr);

    // Takes a certificate file (PEM); what it cannot read is said in the dialog.
    void setCertificate(const QString& path);

Q_SIGNALS:
    void created(const gantry::rpc::SigningConfig& config);

private:
    void browse();
    void create();
    void updateControls();

    rpc::FunctionSettingsApi& m_api;
    QByteArray m_certificate;
    QLineEdit* m_publisher;
    QLineEdit* m_description;
    QLabel* m_file;
    QComboBox* m_policy;
    QLabel* m_problem;
    QPushButton* m_create;
};

} // namespace gantry::ui
