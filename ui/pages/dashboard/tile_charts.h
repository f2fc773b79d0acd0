#pragma once

#include "ui/charts/chart_types.h"
#include "ui/models/dashboard.h"
#include "ui/pages/monitor/metrics_charts.h"

#include <vector>

namespace gantry::models {
class DashboardData;
}

// What the charts of a dashboard's tiles show. Tiles are resolved: they name no variable. Pure
// functions.
namespace gantry::ui {

charts::Unit unitOf(models::MeasureUnit unit);
// That of the first series; the others are drawn on the same axis, so that of another unit are left
// out.
models::MeasureUnit unitOf(const models::Tile& tile);

charts::ChartData tileData(const models::Tile& tile, const models::DashboardData& data,
                           const std::vector<FunctionColor>& functions);
// Names of series that the tile needs, as DashboardData has them.
QStringList wantedBy(const models::Tile& tile);
// What a value means and of what: "hello, per 1 s".
QString tileSubtitle(const models::Tile& tile, const models::DashboardData& data);
// "yesterday", "a week ago".
QString pastName(const QString& compare);

} // namespace gantry::ui
