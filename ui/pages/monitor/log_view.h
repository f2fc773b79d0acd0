#pragma once

#include "ui/models/log_model.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_types.h"

#include <QTimer>
#include <QWidget>

#include <memory>

class QAction;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QListView;

namespace gantry::rpc {
class MonitorApi;
}

namespace gantry::ui {

struct Services;

// The live log of one function: what its environments write, as they write it, and the platform's
// own START, END and REPORT lines. Follows the end until the reader scrolls up; keeps the newest
// 50,000 lines. Streams only while active.
class LogView final : public QWidget {
    Q_OBJECT
public:
    LogView(const Services& services, const QString& functionName, QWidget* parent);
    ~LogView() override;

    void setActive(bool active);
    // What the stream brings; public so that the view can be filled without a platform.
    void take(const rpc::LogBatch& batch);
    const models::LogModel& model() const { return m_model; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildToolbar(QHBoxLayout& row);
    void buildList();
    QAction* makeAction(const QString& name, const QString& text, const QString& iconName,
                        bool checkable);
    void restart();
    void flush();
    void setPaused(bool paused);
    void copy();
    void applyFilter();
    void describe();
    void scrollToEnd();

    rpc::Channel& m_channel;
    rpc::MonitorApi& m_api;
    QString m_functionName;
    models::LogModel m_model;
    std::unique_ptr<rpc::Stream> m_stream;
    QList<rpc::LogLine> m_pending; // since the last tick, or since the pause
    qint64 m_lastId = -1; // of the newest line, so that a new stream's backlog adds nothing twice
    qint64 m_dropped = 0;
    QTimer m_flushTimer;
    QTimer m_retryTimer;
    QListView* m_list;
    QLineEdit* m_filter = nullptr;
    QLabel* m_status;
    QAction* m_follow = nullptr;
    QAction* m_errorsOnly = nullptr;
    QAction* m_pause = nullptr;
    bool m_active = false;
};

} // namespace gantry::ui
