#pragma once

#include "ui/rpc/grants_api.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::ui {

class TextTable;

// With which accounts a layer version is shared: its own policy.
class ShareLayerDialog final : public QDialog {
    Q_OBJECT
public:
    ShareLayerDialog(rpc::Channel& channel, QString layer, qint64 version,
                     QWidget* parent = nullptr);

private:
    QWidget* makeNew();
    void load();
    void take(const QList<rpc::Grant>& grants);
    void share();
    void unshare();
    void report(const rpc::Result<rpc::Nothing>& result);
    void updateControls();

    rpc::GrantsApi m_api;
    const QString m_layer;
    const qint64 m_version;
    TextTable* m_table;
    QComboBox* m_who;
    QLineEdit* m_account;
    QLabel* m_problem;
    QPushButton* m_share;
    QPushButton* m_unshare;
};

} // namespace gantry::ui
