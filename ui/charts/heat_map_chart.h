#pragma once

#include "ui/charts/heat_map_canvas.h"

#include <QWidget>

class QLabel;
class QMenu;

namespace gantry::charts {

// How a quantity spreads over time: title, map, the scale of its colours, and a menu that saves it as
// PNG or CSV. One chart of a page among others; see HeatMapCanvas for what it answers to.
class HeatMapChart final : public QWidget {
    Q_OBJECT
public:
    HeatMapChart(const QString& id, const QString& title, ChartGroup& group,
                 QWidget* parent = nullptr);

    void setSubtitle(const QString& subtitle);
    void setEmptyText(const QString& text) { m_canvas->setEmptyText(text); }
    void setData(HeatMapData data);
    const HeatMapData& data() const { return m_canvas->data(); }
    HeatMapCanvas& canvas() { return *m_canvas; }

    // Offers to make an alarm of what the chart shows.
    void offerAlarm();
    QByteArray toCsv() const;
    bool exportTo(const QString& path, QString* problem);
    QImage toImage(double scale);
    // With its title, in a part of any device.
    void paintOn(QPainter& painter, const QRect& area);

Q_SIGNALS:
    void cellActivated(const gantry::charts::HeatCell& cell);
    void alarmRequested();

protected:
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    class Scale;

    void buildMenu();
    void saveAs(const QString& suffix);
    void applyPalette();

    QString m_title;
    QLabel* m_titleLabel;
    QLabel* m_subtitleLabel;
    HeatMapCanvas* m_canvas;
    Scale* m_scale;
    QMenu* m_menu;
    ChartGroup& m_group;
};

} // namespace gantry::charts
