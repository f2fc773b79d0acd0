#pragma once

#include <QObject>

namespace gantry::ui {

// gantry --measure-start: tells how long the start took, from the exec of the process to the first
// paint of the window, and ends the program.
class StartTimer final : public QObject {
    Q_OBJECT
public:
    explicit StartTimer(QWidget* window);

    // Milliseconds since the kernel started this process (its clock counts in ticks of 10 ms).
    static qint64 sinceExecMs();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
};

} // namespace gantry::ui
