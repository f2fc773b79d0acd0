#pragma once

#include "ui/charts/chart_canvas.h"
#include "ui/charts/chart_group.h"
#include "ui/charts/chart_types.h"

#include <QWidget>

class QLabel;
class QMenu;
class QToolButton;

namespace gantry::charts {

class ChartLegend;

// One chart of a page: title, unit, drawing, legend with readout, and a menu that shows the numbers
// as a table or saves the chart as PNG, SVG or CSV. Give it new data as often as needed; it draws
// when it is visible, once an event-loop turn.
class LiveChart final : public QWidget {
    Q_OBJECT
public:
    // id: part of object names; title: what the chart shows, unique on its page.
    LiveChart(const QString& id, const QString& title, Unit unit, ChartGroup& group,
              QWidget* parent = nullptr);
    ~LiveChart() override;

    QString title() const { return m_title; }
    // Muted, after the title: what a value means, e.g. "per 1 s".
    void setSubtitle(const QString& subtitle);
    void setEmptyText(const QString& text) { m_canvas->setEmptyText(text); }
    void setData(ChartData data);
    const ChartData& data() const { return m_canvas->plot().data(); }
    // What the legend says now: the values under the crosshair or, without one, of the last bin of
    // the view that is complete.
    QStringList readout() const;

    // The height that the legend needs, and the least it takes: the charts of a row take the same,
    // so that their time axes stand at one height.
    int legendHeight() const;
    void setLegendHeight(int height);

    // For a small place: without the legend, and as low as need be.
    void setCompact(bool compact);
    // What assistive tools call it where another chart of the page has the same title.
    void setSpokenTitle(const QString& title);

    // Offers to make an alarm of what the chart shows, in those words if any.
    void offerAlarm(const QString& text = {});

    void showData();
    void saveAs(const QString& suffix); // png, svg, pdf or csv: asks where
    bool exportTo(const QString& path, QString* problem);
    QImage toImage(double scale);
    // The chart with its title and legend in a part of any device, as lines and text.
    void paintOn(QPainter& painter, const QRect& area);

Q_SIGNALS:
    void alarmRequested();

protected:
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void buildMenu(QMenu* menu);
    void updateReadout();
    void applyPalette();
    int readoutBin() const;
    QByteArray toSvg();
    QByteArray toPdf();
    QByteArray toFile(const QString& suffix);
    QSize exportSize() const;
    void draw(QPaintDevice& device, const QSize& size);

    QString m_title;
    Unit m_unit;
    ChartGroup& m_group;
    QLabel* m_titleLabel;
    QLabel* m_subtitleLabel;
    ChartCanvas* m_canvas;
    ChartLegend* m_legend;
    QToolButton* m_menuButton;
    QMenu* m_menu;
};

} // namespace gantry::charts
