#pragma once

#include "ui/rpc/urls_types.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QSpinBox;

namespace gantry::ui {

// What can be set of a function URL: who may call it, how it answers, and which web pages may.
class UrlSettings final : public QWidget {
    Q_OBJECT
public:
    explicit UrlSettings(QWidget* parent = nullptr);

    // Does not emit.
    void set(const rpc::FunctionUrl& url);
    // With the address and the qualifier of what was set.
    rpc::FunctionUrl edited() const;
    bool isDirty() const;

Q_SIGNALS:
    void changed(); // by the user

private:
    QWidget* makeCors();
    QLineEdit* makeList(const QString& objectName, const QString& name, const QString& example);
    void showCors();

    rpc::FunctionUrl m_url;
    QComboBox* m_auth;
    QComboBox* m_mode;
    QCheckBox* m_cors;
    QWidget* m_corsBox = nullptr;
    QLineEdit* m_origins = nullptr;
    QLineEdit* m_methods = nullptr;
    QLineEdit* m_headers = nullptr;
    QLineEdit* m_exposed = nullptr;
    QCheckBox* m_credentials = nullptr;
    QSpinBox* m_maxAge = nullptr;
};

} // namespace gantry::ui
