#pragma once

#include "ui/rpc/iam_api.h"

#include <QDialog>

class QPushButton;

namespace gantry::ui {

class TextTable;

// Chooses one of the managed policies.
class PolicyChooser final : public QDialog {
    Q_OBJECT
public:
    PolicyChooser(rpc::IamApi& api, QWidget* parent);

Q_SIGNALS:
    void picked(const QString& arn);

private:
    void pick();

    TextTable* m_table;
    QPushButton* m_ok;
};

} // namespace gantry::ui
