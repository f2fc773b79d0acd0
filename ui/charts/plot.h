#pragma once

#include "ui/charts/chart_group.h"
#include "ui/charts/chart_types.h"

#include <QSet>
#include <QWidget>

#include <functional>
#include <memory>

namespace gantry::charts {

// The drawing itself: QCustomPlot behind a pimpl, so that its header (twelve seconds of compile
// time) stays in one file. Draws axes and series; takes no input. Does no work while hidden.
class Plot final : public QWidget {
    Q_OBJECT
public:
    explicit Plot(QWidget* parent);
    ~Plot() override;

    void setTheme(const ChartTheme& theme);
    void setUnit(Unit unit);
    void setData(ChartData data);
    const ChartData& data() const { return m_data; }
    void setView(ChartGroup::View view);
    ChartGroup::View view() const { return m_view; }
    void setSeriesVisible(const QString& id, bool visible);
    bool isSeriesVisible(const QString& id) const { return !m_hidden.contains(id); }

    // Between the axes' units and this widget's pixels.
    QRect plotRect() const;
    double timeAt(double x) const;
    double xOf(double ms) const;
    double yOf(double value) const;
    // The height at which a series stands in a bin: piled up for stacked ones. NaN in a gap.
    double standingValue(std::size_t series, int bin) const;

    // Draws the plot into `area` of any device (image, SVG); decorate adds what stands around it.
    void drawTo(QPaintDevice& device, const QRect& area,
                const std::function<void(QPainter&)>& decorate);

Q_SIGNALS:
    void drawn();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Impl;

    void refresh();
    void applyTheme();
    void applySeries();
    void applyAxes();
    double highestInView() const;

    std::unique_ptr<Impl> m_impl;
    ChartTheme m_theme;
    Unit m_unit = Unit::Count;
    ChartData m_data;
    ChartGroup::View m_view;
    QSet<QString> m_hidden;
    bool m_dataDirty = true;
    bool m_stale = true; // not drawn since it was out of sight
};

} // namespace gantry::charts
