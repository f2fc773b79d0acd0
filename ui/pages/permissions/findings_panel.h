#pragma once

#include "ui/rpc/access_api.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace gantry::widgets {
class MessageBar;
}

namespace gantry::ui {

class TextTable;

// What a careful owner wants to know: who outside has access, and what nobody needs.
class FindingsPanel final : public QWidget {
    Q_OBJECT
public:
    FindingsPanel(rpc::AccessApi& access, widgets::MessageBar& bar, QWidget* parent = nullptr);

    void refresh();

Q_SIGNALS:
    void openRequested(const QString& route);

private:
    void fill();
    void showCurrent();

    rpc::AccessApi& m_access;
    widgets::MessageBar& m_bar;
    QList<rpc::Finding> m_findings;
    QComboBox* m_kind;
    TextTable* m_table;
    QLabel* m_detail;
    QPushButton* m_open;
};

} // namespace gantry::ui
