#pragma once

#include "ui/models/log_model.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_types.h"
#include "ui/rpc/result.h"

#include <QTimer>
#include <QWidget>

#include <memory>

class QAction;
class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QListView;
class QModelIndex;
class QPushButton;

namespace gantry::rpc {
class MonitorApi;
}

namespace gantry::ui {

struct Services;

// The live log of functions: what their environments write, as they write it, and the platform's own
// START, END and REPORT lines. Follows the end until the reader scrolls up; keeps the newest
// 100,000 lines. Streams only while active. Enter in the filter looks through all that is stored
// instead; the live log comes back with a button.
class LogView final : public QWidget {
    Q_OBJECT
public:
    LogView(const Services& services, const QStringList& functionNames, QWidget* parent);
    ~LogView() override;

    void setActive(bool active);
    // As a part of something else: the lines alone, under names of their own.
    void setBare(const QString& objectName, const QString& accessibleName);
    // How many lines there are, or why there are none.
    QString status() const;
    // None: all. Told apart by a column of names in their colours; `order` gives the colours.
    void setFunctions(const QStringList& names, const QStringList& order);
    // What the stream brings; public so that the view can be filled without a platform.
    void take(const rpc::LogBatch& batch);
    const models::LogModel& model() const { return m_model; }
    void searchStored(const QString& text);
    // What a search in the store brings; public for the same reason as take().
    void showFound(const QString& text, const rpc::Result<rpc::LogBatch>& found);

Q_SIGNALS:
    void invocationRequested(const QString& requestId, const QString& functionName);
    void openRequested(const QString& route); // another page: why a call was refused

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildToolbar(QHBoxLayout& row);
    QList<QAction*> makeActions();
    void buildList();
    QAction* makeAction(const QString& name, const QString& text, const QString& iconName,
                        bool checkable);
    void restart();
    void flush();
    void setPaused(bool paused);
    void backToLive();
    void copy(bool json);
    QList<int> chosenRows() const;
    void openInvocation(const QModelIndex& index);
    void openReason(const QModelIndex& index);
    void applyFilter();
    void describe();
    void scrollToEnd();

    rpc::Channel& m_channel;
    rpc::MonitorApi& m_api;
    QStringList m_functions;
    models::LogModel m_model;
    std::unique_ptr<rpc::Stream> m_stream;
    QList<rpc::LogLine> m_pending; // since the last tick, or since the pause
    qint64 m_lastId = -1; // of the newest line, so that a new stream's backlog adds nothing twice
    qint64 m_dropped = 0;
    QTimer m_flushTimer;
    QTimer m_retryTimer;
    QWidget* m_toolbar;
    QListView* m_list;
    QLineEdit* m_filter = nullptr;
    QLabel* m_status;
    QComboBox* m_level = nullptr;
    QPushButton* m_live = nullptr; // back from a search
    QAction* m_follow = nullptr;
    QAction* m_onlyMatches = nullptr;
    QAction* m_pause = nullptr;
    QAction* m_why = nullptr;
    QString m_searched; // what was looked for in the store; null while live
    bool m_active = false;
};

} // namespace gantry::ui
