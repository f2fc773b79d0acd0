#pragma once

#include "ui/models/trace_timeline.h"

#include <QAbstractScrollArea>
#include <QHash>

namespace gantry::ui {

// A trace's spans as bars on one time line, painted by itself. A bar is solid where the trace waited for
// it (the critical path) and pale elsewhere. One span is selected; the arrow keys move on.
class TraceWaterfall final : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit TraceWaterfall(QWidget* parent = nullptr);

    void setTimeline(models::TraceTimeline timeline);
    const models::TraceTimeline& timeline() const { return m_timeline; }
    int current() const { return m_current; } // -1: none
    void select(int index);

    // Where a span's bar is, in the viewport.
    QRectF barOf(int index) const;

    QSize sizeHint() const override { return {640, 320}; }

Q_SIGNALS:
    void spanSelected(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int namesWidth() const;
    double xOf(double ms) const;
    QRectF barBetween(double startMs, double endMs, int index) const;
    QRect rowOf(int index) const;
    int indexAt(const QPoint& at) const;
    void paintAxis(QPainter& painter) const;
    void paintRow(QPainter& painter, int index) const;
    void paintName(QPainter& painter, int index) const;
    QColor colorOf(const models::TimelineSpan& span) const;
    void updateScrollBar();
    void scrollTo(int index);

    models::TraceTimeline m_timeline;
    QHash<int, int> m_series; // of each span, the colour of the service that it is part of
    int m_current = -1;
};

} // namespace gantry::ui
