#pragma once

#include "ui/charts/chart_types.h"

#include <QString>
#include <QWidget>

#include <functional>
#include <memory>
#include <vector>

namespace gantry::charts {

// A quantity over another one, with the band that it lies in and the points that were measured.
struct BandCurve {
    QString name;
    QColor color;
    bool dashed = false; // not measured: an estimate
    std::vector<double> x, y;
    std::vector<double> low, high;         // of the band; empty: none
    std::vector<double> pointsX, pointsY;  // measured
};

// A place that can be clicked.
struct BandMarker {
    int id = 0;
    QString text;
    double x = 0, y = 0;
    QColor color;
    bool chosen = false;
};

struct BandData {
    std::vector<BandCurve> curves;
    std::vector<BandMarker> markers;
    std::vector<double> underWay; // x of what is being measured: vertical lines
    std::vector<double> xTicks;   // empty: made from the values
    QString xTitle;
    bool logX = false;
    double limitY = 0; // a horizontal line; 0: none
    QString limitText;
};

// Draws curves with QCustomPlot. Hovering tells the values beside the mouse, a click on a marker
// or near a point of a curve is told. Does no work while hidden.
class BandChart final : public QWidget {
    Q_OBJECT
public:
    BandChart(const QString& id, const QString& title, Unit xUnit, Unit yUnit,
               QWidget* parent = nullptr);
    ~BandChart() override;

    void setData(BandData data);
    const BandData& data() const { return m_data; }
    void setEmptyText(const QString& text);
    // How an x is written, e.g. "1,024 MB".
    void setXText(std::function<QString(double)> text) { m_xText = std::move(text); }
    // Where a marker stands, in this widget's pixels.
    QPoint markerAt(std::size_t marker) const;

Q_SIGNALS:
    void markerClicked(int id);
    // The x of the nearest point of a curve, and which curve.
    void pointClicked(int curve, int point);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    struct Impl;
    struct Nearest {
        int curve = -1, point = -1;
        double distance = 0;
    };

    void showLegend();
    void arrange();
    void draw();
    void applyTheme();
    void drawCurves();
    void drawMarkers();
    void setRanges();
    Nearest nearest(const QPoint& at) const;
    QString readout(const Nearest& near) const;

    std::unique_ptr<Impl> m_impl;
    QString m_title;
    Unit m_xUnit, m_yUnit;
    BandData m_data;
    std::function<QString(double)> m_xText;
};

} // namespace gantry::charts
