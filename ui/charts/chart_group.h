#pragma once

#include <QObject>

#include <optional>

namespace gantry::charts {

// The time axis that the charts of a page share: what stretch they show, the zoom into it and the
// crosshair. A zoom holds still while the page's own view goes on.
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

Q_SIGNALS:
    void viewChanged();
    void zoomChanged(bool zoomed);
    void crosshairChanged();

private:
    View m_live;
    std::optional<View> m_zoom;
    std::optional<double> m_crosshair;
};

} // namespace gantry::charts
