#pragma once

#include "ui/rpc/access_api.h"
#include "ui/rpc/iam_api.h"

#include <QWidget>

class QPushButton;

namespace gantry::models {
class KnownResources;
}
namespace gantry::widgets {
class MessageBar;
}

namespace gantry::ui {

class TextTable;

// The managed policies: AWS's, which can be read, and the account's own.
class PoliciesPanel final : public QWidget {
    Q_OBJECT
public:
    PoliciesPanel(rpc::IamApi& iam, rpc::AccessApi& access, models::KnownResources& known,
                  widgets::MessageBar& bar, QWidget* parent = nullptr);

    void refresh();
    void open(const QString& arn);
    void startNew();

private:
    void openCurrent();
    void remove();
    void edit(const QString& arn, const QString& text);

    rpc::IamApi& m_iam;
    rpc::AccessApi& m_access;
    models::KnownResources& m_known;
    widgets::MessageBar& m_bar;
    TextTable* m_table;
    QPushButton *m_open, *m_remove;
};

} // namespace gantry::ui
