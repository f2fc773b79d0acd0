#pragma once

#include "ui/charts/chart_group.h"
#include "ui/charts/plot.h"

#include <QWidget>

#include <optional>

namespace gantry::charts {

// A plot that answers to mouse and keyboard: hovering moves the group's crosshair, dragging and the
// wheel zoom the group, a double click ends the zoom; hovering a mark tells of it, a click opens it. What moves with the mouse is painted on a
// sheet above the plot, so that the plot itself is not drawn again.
class ChartCanvas final : public QWidget {
    Q_OBJECT
public:
    ChartCanvas(ChartGroup& group, QWidget* parent);

    Plot& plot() { return *m_plot; }
    const Plot& plot() const { return *m_plot; }
    void setTheme(const ChartTheme& theme);
    // Shown in the middle while the data are blank.
    void setEmptyText(const QString& text);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    class Sheet;
    struct Drag {
        int fromX;
        int toX;
    };

    void paintSheet(QPainter& painter);
    void paintCrosshair(QPainter& painter, int bin);
    void paintTimeLabel(QPainter& painter, int bin, double x);
    bool pageScrolls() const;
    void moveCrosshair(int bins);
    XOfTime xOf() const;
    void hoverMarks(const QPoint& at, const QPoint& global);
    void openMarkAt(double x);
    void moveToMark(int direction);

    ChartGroup& m_group;
    Plot* m_plot;
    QWidget* m_sheet;
    ChartTheme m_theme;
    QString m_emptyText;
    std::optional<Drag> m_drag;
};

} // namespace gantry::charts
