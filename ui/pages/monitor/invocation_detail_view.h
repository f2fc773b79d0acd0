#pragma once

#include "ui/rpc/monitor_types.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTabWidget;

namespace gantry::ui {

// One invocation in full: what it was given, what it answered, what it wrote, how long it took.
class InvocationDetailView final : public QWidget {
    Q_OBJECT
public:
    explicit InvocationDetailView(QWidget* parent);

    // At once what the list knows; the rest follows with showDetail.
    void showSummary(const rpc::InvocationSummary& summary);
    void showDetail(const rpc::InvocationDetail& detail);
    void showProblem(const QString& message);
    const QString& requestId() const { return m_requestId; }

Q_SIGNALS:
    void replayRequested(const QByteArray& event);
    void closeRequested();

private:
    QPlainTextEdit* addTab(const QString& name, const QString& title);

    QString m_requestId;
    QByteArray m_event;
    QLabel* m_title;
    QLabel* m_facts;
    QTabWidget* m_tabs;
    QPlainTextEdit* m_response;
    QPlainTextEdit* m_eventText;
    QPlainTextEdit* m_log;
    QPushButton* m_replay;
};

// JSON indented, anything else as it is.
QString prettyJson(const QByteArray& bytes);

} // namespace gantry::ui
