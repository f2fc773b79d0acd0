#pragma once

#include "ui/shell/backend_process.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace gantry::ui {

// Stands in for the pages when there is no platform and none could be started: why, what to do, and
// the daemon's last words.
class ProblemView final : public QWidget {
    Q_OBJECT
public:
    explicit ProblemView(QWidget* parent = nullptr);

    void showProblem(const BackendProcess::Problem& problem);

Q_SIGNALS:
    void retryRequested();
    void freePortRequested();

private:
    QLabel* m_title = nullptr;
    QLabel* m_advice = nullptr;
    QPlainTextEdit* m_log = nullptr;
    QPushButton* m_freePort = nullptr;
};

} // namespace gantry::ui
