#pragma once

#include "ui/charts/chart_marks.h"

#include <QObject>

#include <optional>
#include <vector>

namespace gantry::charts {

// The time axis that the charts of a page share: what stretch they show, the zoom into it, the
// crosshair and the marks of what happened. A zoom holds still while the page's own view goes on.
class ChartGroup final : public QObject {
    Q_OBJECT
public:
    struct View {
        double fromMs = 0;
        double toMs = 1;
        friend bool operator==(const View&, const View&) = default;
    };

    using QObject::QObject;

    // The stretch shown when there is no zoom.
    void setLiveView(View view);
    View view() const { return m_zoom.value_or(m_live); }

    void zoomTo(View view);
    // Factor below 1 zooms in about the time at aroundMs; ends the zoom when all fits again.
    void zoomBy(double factor, double aroundMs);
    void resetZoom();
    bool isZoomed() const { return m_zoom.has_value(); }

    void setCrosshair(std::optional<double> ms);
    std::optional<double> crosshair() const { return m_crosshair; }

    // What happened, by time. While they are not shown there are none.
    void setMarks(std::vector<ChartMark> marks);
    const std::vector<ChartMark>& marks() const;
    void setMarksShown(bool shown);
    bool areMarksShown() const { return m_marksShown; }
    // The user wants to see what a mark tells of.
    void activate(const ChartMark& mark) { Q_EMIT markActivated(mark.route); }

Q_SIGNALS:
    void viewChanged();
    void zoomChanged(bool zoomed);
    void crosshairChanged();
    void marksChanged();
    void markActivated(const QString& route);

private:
    View m_live;
    std::optional<View> m_zoom;
    std::optional<double> m_crosshair;
    std::vector<ChartMark> m_marks;
    bool m_marksShown = true;
};

} // namespace gantry::charts
