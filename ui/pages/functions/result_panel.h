#pragma once

#include "ui/rpc/functions_types.h"
#include "ui/rpc/monitor_types.h"
#include "ui/rpc/result.h"

#include <QElapsedTimer>
#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QStackedWidget;
class QTabWidget;
class QTimer;

namespace gantry::models {
class DebugRun;
class StreamedInvocation;
}
namespace gantry::widgets {
class Badge;
class FactGrid;
class JsonView;
class MeasureBars;
} // namespace gantry::widgets

namespace gantry::ui {

class DebugCard;
class DenialBar;

// What came of one invocation: how it ended, where the time went, how much memory it took, what it
// cost, the response and the log. Shows a fresh answer or one that the platform has kept.
class ResultPanel final : public QWidget {
    Q_OBJECT
public:
    explicit ResultPanel(QWidget* parent = nullptr);

    void clear();
    void showRunning();
    void showReply(const rpc::InvokeReply& reply);
    // As it comes, and once more when it has ended.
    void showStream(const models::StreamedInvocation& stream);
    // While it waits and runs, and once more when it has ended.
    void showDebug(const models::DebugRun& run);
    void showError(const rpc::Error& error);
    // The platform's own record, with the cost; replaces what the REPORT line said.
    void showSummary(const rpc::InvocationSummary& summary);
    void showDetail(const rpc::InvocationDetail& detail);

Q_SIGNALS:
    void openRequested(const QString& route);
    void stopDebuggingRequested();
    void debugConfigurationCopied();

private:
    // Where the time went, from the REPORT line or from the record.
    struct Measures {
        double initMs = 0;
        double restoreMs = 0; // instead of an init
        double durationMs = 0;
        double billedMs = 0;
        double memoryMb = 0;
        double memoryUsedMb = 0;
    };

    QWidget* makeIdle();
    QWidget* makeResult();
    void begin();
    void setStatus(const QString& text, int tone, const QString& detail);
    void showMeasures(const Measures& measures);
    void showPayload(const QByteArray& payload);
    // What the log, the response or the error tells of.
    void showDenials();
    void tick();

    QStackedWidget* m_stack;
    DebugCard* m_debug;
    QLabel* m_running = nullptr;
    QTimer* m_ticker;
    QElapsedTimer m_since;
    widgets::Badge* m_status = nullptr;
    QLabel* m_detail = nullptr;
    widgets::MeasureBars* m_bars = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    QTabWidget* m_tabs = nullptr;
    widgets::JsonView* m_response = nullptr;
    QPlainTextEdit* m_log = nullptr;
    DenialBar* m_denied = nullptr;
};

} // namespace gantry::ui
