#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace gantry::models {
class DebugRun;
}
namespace gantry::widgets {
class JsonView;
}

namespace gantry::ui {

// Says where an invocation waits for a debugger, and what a debugger has to be told.
class DebugCard final : public QWidget {
    Q_OBJECT
public:
    explicit DebugCard(QWidget* parent = nullptr);

    void show(const models::DebugRun& run);

Q_SIGNALS:
    void stopRequested();
    void copied();

private:
    QLabel* m_title;
    QLabel* m_text;
    QLabel* m_other;
    widgets::JsonView* m_configuration;
    QPushButton* m_copy;
    QPushButton* m_stop;
};

} // namespace gantry::ui
