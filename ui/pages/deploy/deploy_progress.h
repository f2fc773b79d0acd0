#pragma once

#include "ui/models/deploy_job.h"

#include <QElapsedTimer>
#include <QWidget>

#include <array>

class QLabel;
class QPlainTextEdit;
class QProgressBar;

namespace gantry::ui {

// The four steps of a deploy as they go, and at the end what came of it: how long the init took, or
// the function's own first error with the place it is at.
class DeployProgress final : public QWidget {
    Q_OBJECT
public:
    explicit DeployProgress(QWidget* parent = nullptr);

    void reset();
    void enter(models::DeployJob::Phase phase);
    void setPacked(int files, int ofFiles);
    void finish(const models::DeployJob::Outcome& outcome);

private:
    static constexpr int kPhases = 5;
    struct Row {
        QLabel* icon = nullptr;
        QLabel* text = nullptr;
        QLabel* time = nullptr;
    };
    void mark(int row, const QString& icon, int role);
    void closePhase(bool failed);
    void showBuild(bool shown);
    void showNotDeployed(const models::DeployJob::Outcome& outcome);
    void showFailure(const rpc::InitCheck& check);

    std::array<Row, kPhases> m_rows;
    int m_current = -1;
    QElapsedTimer m_clock;
    QLabel* m_result;
    QPlainTextEdit* m_details;
};

} // namespace gantry::ui
