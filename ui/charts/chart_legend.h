#pragma once

#include "ui/charts/chart_types.h"

#include <QAbstractButton>
#include <QList>
#include <QWidget>

namespace gantry::charts {

// One series in the legend: its colour, its name and the value under the crosshair. Pressing it
// hides the series or shows it again.
class LegendItem final : public QAbstractButton {
    Q_OBJECT
public:
    explicit LegendItem(QWidget* parent);

    // compared: of another time, drawn as a dash.
    void setSeries(const QString& name, const QColor& color, bool compared);
    void setValue(const QString& value);
    QString value() const { return m_value; }

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_value;
    QColor m_color;
    bool m_compared = false;
    int m_valueWidth = 0;
};

// The row of a chart's series; also its readout.
class ChartLegend final : public QWidget {
    Q_OBJECT
public:
    explicit ChartLegend(QWidget* parent);

    void setSeries(const std::vector<Series>& series);
    // One a series, in the order of setSeries.
    void setValues(const QStringList& values);
    QStringList values() const;

Q_SIGNALS:
    void toggled(const QString& seriesId, bool visible);

private:
    QList<LegendItem*> m_items;
    QStringList m_ids;
};

} // namespace gantry::charts
