#pragma once

#include "ui/shell/backend_process.h"

#include <QStatusBar>

class QLabel;
class QToolButton;

namespace gantry::models {
class LiveMetrics;
}

namespace gantry::ui {

// The line at the bottom: whether the platform answers, what it does right now and what that costs.
class StatusBar final : public QStatusBar {
    Q_OBJECT
public:
    // metrics may be null: then the numbers are left out.
    StatusBar(const models::LiveMetrics* metrics, QWidget* parent = nullptr);

    void showState(BackendProcess::State state);
    void showEngine(const QString& engine, const QString& endpoint);

Q_SIGNALS:
    void platformClicked();

protected:
    void changeEvent(QEvent* event) override;

private:
    void showNumbers();
    void showLight();

    const models::LiveMetrics* m_metrics;
    BackendProcess::State m_state = BackendProcess::State::Stopped;
    QToolButton* m_connection = nullptr;
    QLabel* m_concurrency = nullptr;
    QLabel* m_cost = nullptr;
    QLabel* m_engine = nullptr;
};

} // namespace gantry::ui
