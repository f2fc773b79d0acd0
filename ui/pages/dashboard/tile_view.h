#pragma once

#include "ui/charts/chart_types.h"
#include "ui/models/dashboard.h"
#include "ui/pages/monitor/metrics_charts.h"
#include "ui/rpc/durations_api.h"

#include <QWidget>

#include <vector>

class QLabel;
class QVBoxLayout;

namespace gantry::charts {
class ChartGroup;
}
namespace gantry::models {
class AlarmWatch;
class DashboardData;
} // namespace gantry::models

namespace gantry::ui {

struct Services;

// What the tiles of a dashboard share. Outlives them.
struct TileContext {
    const Services& services;
    models::DashboardData& data;
    charts::ChartGroup& group;
    models::AlarmWatch& alarms;
    const std::vector<FunctionColor>& functions; // that have series of their own
};

// The inside of a tile: shows the numbers of now when it is asked to. The tile that it shows is
// resolved and never changes; the dashboard makes another view for another tile.
class TileView : public QWidget {
    Q_OBJECT
public:
    TileView(const models::Tile& tile, const TileContext& context, QWidget* parent);

    const models::Tile& tile() const { return m_tile; }
    // Called while the tile is on the screen.
    virtual void refresh() {}
    // Streams run while the dashboard is looked at.
    virtual void setActive(bool active) { Q_UNUSED(active) }
    // What it is called where another tile has the same title.
    virtual void setSpokenTitle(const QString& title) { Q_UNUSED(title) }
    // Into a part of any device.
    virtual void paintOn(QPainter& painter, const QRect& area);
    // The numbers behind it, for CSV; null for what is no series of numbers.
    virtual const charts::ChartData* numbers() const { return nullptr; }

Q_SIGNALS:
    void openRequested(const QString& route);
    // Invocations that a cell of a heat map counts.
    void cellChosen(const gantry::rpc::CellQuery& invocations, qint64 count);

protected:
    // Title and subtitle above what a tile puts below them.
    QVBoxLayout* makeTitled();
    void setSubtitle(const QString& subtitle);

    const models::Tile m_tile;
    const TileContext& m_context;

private:
    QLabel* m_subtitle = nullptr;
};

TileView* makeTileView(const models::Tile& tile, const TileContext& context, QWidget* parent);

} // namespace gantry::ui
