#pragma once

#include "ui/pages/dashboard/tile_view.h"

class QLabel;

namespace gantry::ui {

// The course of a number, small: no axes, no labels.
class Sparkline final : public QWidget {
    Q_OBJECT
public:
    explicit Sparkline(QWidget* parent);

    // NaN is a gap.
    void setValues(const std::vector<double>& values, const QColor& color);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<double> m_values;
    QColor m_color;
};

// One number with its unit, how it went, and how it differs from the time it is compared with.
class NumberTile final : public TileView {
    Q_OBJECT
public:
    NumberTile(const models::Tile& tile, const TileContext& context, QWidget* parent);

    void refresh() override;
    const charts::ChartData* numbers() const override { return &m_data; }
    QString number() const;
    QString caption() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fit();
    QString captionOf(double value, double past) const;

    charts::ChartData m_data;
    QLabel* m_number;
    QLabel* m_caption;
    Sparkline* m_line;
};

} // namespace gantry::ui
