#pragma once

#include "ui/rpc/monitor_types.h"
#include "ui/rpc/traces_api.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QToolButton;

namespace gantry::ui {

class DenialBar;
class TraceWaterfall;
struct Services;

// One invocation in full, on one page: what became of it and what it cost, where its time went, what it
// was given, what it answered and what it wrote; and what can be done with it.
class InvocationDetailView final : public QWidget {
    Q_OBJECT
public:
    InvocationDetailView(const Services& services, QWidget* parent);

    // At once what the list knows; the rest follows with showDetail.
    void showSummary(const rpc::InvocationSummary& summary);
    void showDetail(const rpc::InvocationDetail& detail);
    void showProblem(const QString& message);
    // It has the whole width of its place.
    void setWide(bool wide);
    const QString& requestId() const { return m_requestId; }

Q_SIGNALS:
    void replayRequested(const QByteArray& event, const QString& functionName);
    void closeRequested();
    void wideRequested(bool wide);
    void openRequested(const QString& route); // another page

private:
    QWidget* makeHead();
    QWidget* makeBody();
    // Of the outcome, the response and the log.
    void showDenials();
    void showTimeline(const rpc::InvocationDetail& detail);
    void loadTrace(const QString& id);
    QWidget* makeText(QPlainTextEdit*& text, const QString& name, const QString& title);

    rpc::TracesApi m_traces;
    QString m_requestId;
    QString m_function;
    QByteArray m_event;
    QLabel* m_title;
    QLabel* m_facts;
    QLabel* m_timelineOf;
    TraceWaterfall* m_waterfall;
    QPlainTextEdit* m_response = nullptr;
    QPlainTextEdit* m_eventText = nullptr;
    QPlainTextEdit* m_log = nullptr;
    QPushButton* m_trace;
    QPushButton* m_replay;
    QPushButton* m_debug;
    QToolButton* m_wide;
    DenialBar* m_denied;
};

// JSON indented, anything else as it is.
QString prettyJson(const QByteArray& bytes);

} // namespace gantry::ui
