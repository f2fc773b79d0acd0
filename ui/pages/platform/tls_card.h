#pragma once

#include "ui/models/trust_store.h"
#include "ui/rpc/tls_api.h"

#include <QFrame>

class QCheckBox;
class QLabel;
class QPushButton;

namespace gantry::widgets {
class CopyLine;
}

namespace gantry::ui {

// HTTPS on or off, and how the clients of this user come to trust the authority behind it: by a
// button that says what it does, or by commands to take away.
class TlsCard final : public QFrame {
    Q_OBJECT
public:
    explicit TlsCard(rpc::Channel& channel, QWidget* parent = nullptr);

    void load();

Q_SIGNALS:
    void messageRequested(const QString& text, bool isError);

private:
    void build();
    void take(const rpc::TlsStatus& status);
    void change(bool on);
    void trust();
    void saveCertificate();
    void updateControls();

    rpc::TlsApi m_api;
    models::TrustStore m_store;
    rpc::TlsStatus m_status;
    bool m_loaded = false;
    bool m_trusted = false;
    QCheckBox* m_on;
    QLabel* m_where;
    QWidget* m_details;
    QLabel* m_authority;
    QLabel* m_what;
    QPushButton* m_trust;
    QPushButton* m_save;
    widgets::CopyLine* m_system;
    widgets::CopyLine* m_programs;
};

} // namespace gantry::ui
