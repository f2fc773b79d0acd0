#pragma once

#include "ui/rpc/access_api.h"
#include "ui/rpc/functions_api.h"

#include <QHash>
#include <QWidget>

class QLineEdit;
class QTableWidget;

namespace gantry::widgets {
class MessageBar;
}
namespace gantry::models {
class FunctionsModel;
}

namespace gantry::ui {

class ListField;

// What each function may do: functions by actions, decided for the role that each runs with.
class MatrixPanel final : public QWidget {
    Q_OBJECT
public:
    // functions may be null.
    MatrixPanel(rpc::AccessApi& access, rpc::FunctionsApi* functionsApi,
                const models::FunctionsModel* functions, widgets::MessageBar& bar,
                QWidget* parent = nullptr);

    void refresh();

Q_SIGNALS:
    void askRequested(const gantry::rpc::AuditEntry& question);

private:
    void ask();
    void fill(const QList<int>& rows, const rpc::Result<rpc::Simulation>& simulation);

    rpc::AccessApi& m_access;
    rpc::FunctionsApi* m_functionsApi;
    const models::FunctionsModel* m_functions;
    widgets::MessageBar& m_bar;
    QHash<QString, QString> m_roles; // by function
    int m_asked = 0;                 // answers to an older question are dropped
    int m_round = 0;                 // as are roles that were asked for before
    qsizetype m_waiting = 0;         // for the roles of so many functions
    ListField* m_actions;
    QLineEdit* m_resource;
    QTableWidget* m_table;
};

} // namespace gantry::ui
