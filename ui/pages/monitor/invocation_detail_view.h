#pragma once

#include "ui/rpc/monitor_types.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTabWidget;

namespace gantry::ui {

class DenialBar;

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
    void openRequested(const QString& route); // another page

private:
    // Of the outcome, the response and the log.
    void showDenials();
    QPlainTextEdit* addTab(const QString& name, const QString& title);

    QString m_requestId;
    QByteArray m_event;
    QLabel* m_title;
    QLabel* m_facts;
    QTabWidget* m_tabs;
    QPlainTextEdit* m_response;
    QPlainTextEdit* m_eventText;
    QPlainTextEdit* m_log;
    QPushButton* m_trace;
    QPushButton* m_replay;
    DenialBar* m_denied;
};

// JSON indented, anything else as it is.
QString prettyJson(const QByteArray& bytes);

} // namespace gantry::ui
