#pragma once

#include "ui/charts/chart_group.h"
#include "ui/charts/chart_types.h"

#include <QWidget>

#include <optional>
#include <utility>
#include <vector>

namespace gantry::charts {

// Counts over time and a quantity that grows from row to row: row r stands for the values above
// growth^r, up to and with growth^(r+1), in milliseconds.
struct HeatMapData {
    struct Column {
        qint64 startMs = 0;
        int firstRow = 0;
        std::vector<qint64> counts;
    };

    qint64 columnMs = 1000;
    double growth = 1.2;
    std::vector<Column> columns; // by time

    bool isBlank() const { return columns.empty(); }
    qint64 highest() const; // of all counts
};

struct HeatCell {
    qint64 fromMs = 0;
    qint64 toMs = 0;
    double aboveMs = 0;
    double upToMs = 0;
    qint64 count = 0;
    qint64 columnCount = 0; // of its whole column
};

// Draws that, by itself: QCustomPlot has no map on a logarithmic axis. Answers to mouse and keyboard as
// the other charts of a page do; a click, or Enter, activates a cell.
class HeatMapCanvas final : public QWidget {
    Q_OBJECT
public:
    HeatMapCanvas(ChartGroup& group, QWidget* parent);

    void setData(HeatMapData data);
    const HeatMapData& data() const { return m_data; }
    void setTheme(const ChartTheme& theme);
    void setEmptyText(const QString& text);

    QRect plotRect() const;
    std::optional<HeatCell> cellAt(const QPointF& at) const;
    // Where a cell is drawn in this widget; empty when there is none with that count or more.
    QRectF rectOf(const HeatCell& cell) const;
    std::optional<HeatCell> selected() const;
    // Of the scale from 1 to the highest count, or a little more where that is low.
    QColor colorOf(qint64 count) const;
    // The map without what moves with the mouse.
    void paintMap(QPainter& painter) const;

    static QString textOf(const HeatCell& cell);

Q_SIGNALS:
    void cellActivated(const gantry::charts::HeatCell& cell);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Drag {
        int fromX;
        int toX;
    };
    using Place = std::pair<qint64, int>; // of a cell: start of its column, row

    double xOf(double ms) const;
    double timeAt(double x) const;
    double yOf(double value) const;
    const HeatMapData::Column* columnAt(double ms) const;
    std::optional<HeatCell> cell(const Place& place) const;
    HeatCell cellOf(const HeatMapData::Column& column, int row) const;
    void fitRows();
    void paintAxes(QPainter& painter) const;
    void paintCells(QPainter& painter) const;
    void paintMoving(QPainter& painter) const;
    void select(const Place& place);
    void moveBy(int columns, int rows);
    void activate(const std::optional<HeatCell>& cell);

    ChartGroup& m_group;
    ChartTheme m_theme;
    HeatMapData m_data;
    qint64 m_highest = 1;
    QString m_emptyText;
    double m_lowMs = 1;
    double m_highMs = 1000;
    std::optional<Place> m_selected;
    std::optional<Place> m_hovered;
    std::optional<Drag> m_drag;
};

} // namespace gantry::charts
