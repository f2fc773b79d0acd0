#pragma once

#include <QWidget>

class QTabWidget;

namespace gantry::ui {

struct Services;
class InvocationsPanel;
class LogView;
class MetricsBoard;
class MetricsToolbar;

// A function's Monitor tab: its charts, its latest invocations and its live log. Works only while
// active, as a page does between activated() and deactivated().
class MonitorPanel final : public QWidget {
    Q_OBJECT
public:
    MonitorPanel(const Services& services, const QString& functionName, QWidget* parent = nullptr);

    void setActive(bool active);
    void openInvocation(const QString& requestId);
    MetricsBoard& board() { return *m_board; }
    InvocationsPanel& invocations() { return *m_invocations; }
    LogView& log() { return *m_log; }

Q_SIGNALS:
    // The user wants an invocation's event sent again.
    void replayRequested(const QByteArray& event);
    void openRequested(const QString& route); // another page

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* makeCharts();
    void updateActive();

    MetricsBoard* m_board;
    MetricsToolbar* m_toolbar;
    InvocationsPanel* m_invocations;
    LogView* m_log;
    QTabWidget* m_tabs = nullptr;
    QWidget* m_charts = nullptr;
    bool m_active = false;
};

} // namespace gantry::ui
