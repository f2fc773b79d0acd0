#include "ui/charts/chart_group.h"

#include <algorithm>

namespace gantry::charts {

namespace {

constexpr double kShortestMs = 2000;

} // namespace

void ChartGroup::setLiveView(View view)
{
    if (view == m_live)
        return;
    m_live = view;
    if (!m_zoom)
        Q_EMIT viewChanged();
}

void ChartGroup::zoomTo(View view)
{
    if (view.toMs - view.fromMs < kShortestMs) {
        const double middle = (view.fromMs + view.toMs) / 2;
        view = {middle - kShortestMs / 2, middle + kShortestMs / 2};
    }
    view.fromMs = std::max(view.fromMs, m_live.fromMs);
    view.toMs = std::min(view.toMs, m_live.toMs);
    if (view.toMs <= view.fromMs)
        return;
    const bool first = !m_zoom;
    m_zoom = view;
    Q_EMIT viewChanged();
    if (first)
        Q_EMIT zoomChanged(true);
}

void ChartGroup::zoomBy(double factor, double aroundMs)
{
    const View now = view();
    const View next{aroundMs - (aroundMs - now.fromMs) * factor,
                    aroundMs + (now.toMs - aroundMs) * factor};
    if (next.fromMs <= m_live.fromMs && next.toMs >= m_live.toMs)
        resetZoom();
    else
        zoomTo(next);
}

void ChartGroup::resetZoom()
{
    if (!m_zoom)
        return;
    m_zoom.reset();
    Q_EMIT viewChanged();
    Q_EMIT zoomChanged(false);
}

void ChartGroup::setCrosshair(std::optional<double> ms)
{
    if (ms == m_crosshair)
        return;
    m_crosshair = ms;
    Q_EMIT crosshairChanged();
}

void ChartGroup::setMarks(std::vector<ChartMark> marks)
{
    if (marks == m_marks)
        return;
    m_marks = std::move(marks);
    Q_EMIT marksChanged();
}

const std::vector<ChartMark>& ChartGroup::marks() const
{
    static const std::vector<ChartMark> none;
    return m_marksShown ? m_marks : none;
}

void ChartGroup::setMarksShown(bool shown)
{
    if (shown == m_marksShown)
        return;
    m_marksShown = shown;
    Q_EMIT marksChanged();
}

} // namespace gantry::charts
