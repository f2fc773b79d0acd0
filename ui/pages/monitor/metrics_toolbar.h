#pragma once

#include <QList>
#include <QWidget>

class QAction;
class QKeyEvent;

namespace gantry::ui {

class MetricsBoard;

// The controls of a MetricsBoard: time range, pause, breakdown by function, export, and the way out
// of a zoom.
class MetricsToolbar final : public QWidget {
    Q_OBJECT
public:
    // withBreakdown: offers one series a function.
    MetricsToolbar(MetricsBoard& board, bool withBreakdown, QWidget* parent);

    QList<QAction*> commands() const { return m_commands; }
    // For the keyPressEvent of a page: Space pauses, unless a focused control took it for itself,
    // as a button does; a shortcut would take it away from the button.
    bool handleKey(const QKeyEvent& event);

private:
    QAction* addCommand(const QString& name, const QString& text, const QString& iconName);

    MetricsBoard& m_board;
    QList<QAction*> m_commands;
};

} // namespace gantry::ui
