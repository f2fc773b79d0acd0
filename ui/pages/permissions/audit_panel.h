#pragma once

#include "ui/rpc/access_api.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::widgets {
class FactGrid;
class MessageBar;
} // namespace gantry::widgets

namespace gantry::ui {

class TextTable;

// The audit log: who did what, what was decided and why; whether anyone has changed it.
class AuditPanel final : public QWidget {
    Q_OBJECT
public:
    AuditPanel(rpc::AccessApi& access, widgets::MessageBar& bar, QWidget* parent = nullptr);

    void refresh();
    void setFilter(const QString& text);

Q_SIGNALS:
    void whyRequested(const gantry::rpc::AuditEntry& entry);

private:
    QWidget* makeDetail();
    void load(qint64 before);
    void show(const rpc::AuditPage& page, bool append);
    const rpc::AuditEntry* current() const;
    void showCurrent();
    void verify();
    void save();

    rpc::AccessApi& m_access;
    widgets::MessageBar& m_bar;
    QList<rpc::AuditEntry> m_entries;
    QTimer m_typing;
    QLineEdit* m_search = nullptr;
    QComboBox* m_decision = nullptr;
    TextTable* m_table = nullptr;
    QPushButton *m_more = nullptr, *m_why = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    QLabel *m_reason = nullptr, *m_kept = nullptr;
    QWidget* m_detail = nullptr;
};

} // namespace gantry::ui
