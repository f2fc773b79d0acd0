#pragma once

#include "ui/rpc/grants_api.h"

#include <QFrame>

class QComboBox;
class QPushButton;

namespace gantry::ui {

class TextTable;

// Who else may call a function, by its own policy: those of a version or an alias are apart.
class CallersCard final : public QFrame {
    Q_OBJECT
public:
    explicit CallersCard(rpc::Channel& channel, QWidget* parent = nullptr);

    void open(const QString& function, const QString& arn);
    // The function itself, its aliases and versions; filled by whoever knows them.
    QComboBox& qualifiers() const { return *m_qualifier; }
    void load();
    // What the platform says; public so that the card can be filled without one.
    void take(const QList<rpc::Grant>& grants);

Q_SIGNALS:
    void messageRequested(const QString& text, bool error);

private:
    QString qualified() const;
    void add();
    void remove();

    rpc::Channel& m_channel;
    rpc::GrantsApi m_api;
    QString m_function;
    QString m_arn;
    QComboBox* m_qualifier;
    TextTable* m_table;
    QPushButton* m_add;
    QPushButton* m_remove;
};

} // namespace gantry::ui
