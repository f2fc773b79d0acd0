#pragma once

#include <QWidget>

class QPushButton;
class QTableView;
class QTimer;

namespace gantry::models {
class InvocationsModel;
}
namespace gantry::rpc {
class MonitorApi;
struct InvocationDetail;
} // namespace gantry::rpc

namespace gantry::ui {

// The latest invocations of a function, whoever made them. One can be looked at again, or sent
// again with the same event.
class InvocationHistory final : public QWidget {
    Q_OBJECT
public:
    explicit InvocationHistory(rpc::MonitorApi& api, QWidget* parent = nullptr);

    void setFunction(const QString& name);
    // Looks for new invocations from time to time while on.
    void setFollowing(bool on);
    void reload();

Q_SIGNALS:
    void openRequested(const gantry::rpc::InvocationDetail& detail);
    void replayRequested(const gantry::rpc::InvocationDetail& detail);
    void debugRequested(const gantry::rpc::InvocationDetail& detail); // the same event
    void problem(const QString& text);

private:
    void makeTable();
    void updateButtons();
    using Detailed = void (InvocationHistory::*)(const rpc::InvocationDetail& detail);
    void fetch(Detailed signal);

    rpc::MonitorApi& m_api;
    models::InvocationsModel* m_model;
    QTableView* m_table;
    QPushButton* m_open;
    QPushButton* m_replay;
    QPushButton* m_debug;
    QTimer* m_timer;
    QString m_function;
};

} // namespace gantry::ui
