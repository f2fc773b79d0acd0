#pragma once

#include "ui/pages/dashboard/tile_view.h"

namespace gantry::charts {
class LiveChart;
}

namespace gantry::ui {

class HeatCard;

// Lines, areas or a pile over time.
class ChartTile final : public TileView {
    Q_OBJECT
public:
    ChartTile(const models::Tile& tile, const TileContext& context, QWidget* parent);

    void refresh() override;
    void setSpokenTitle(const QString& title) override;
    void paintOn(QPainter& painter, const QRect& area) override;
    const charts::ChartData* numbers() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void offerAlarm();

    charts::LiveChart* m_chart;
};

// How durations spread over time; a cell that is chosen leads to its invocations.
class HeatTile final : public TileView {
    Q_OBJECT
public:
    HeatTile(const models::Tile& tile, const TileContext& context, QWidget* parent);

    void refresh() override;
    void paintOn(QPainter& painter, const QRect& area) override;

private:
    HeatCard* m_card;
};

} // namespace gantry::ui
