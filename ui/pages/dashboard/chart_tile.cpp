#include "ui/pages/dashboard/chart_tile.h"

#include "ui/charts/heat_map_chart.h"
#include "ui/charts/live_chart.h"
#include "ui/models/dashboard_data.h"
#include "ui/pages/dashboard/tile_charts.h"
#include "ui/pages/monitor/heat_card.h"
#include "ui/widgets/controls.h"

#include <QResizeEvent>
#include <QVBoxLayout>

namespace gantry::ui {

namespace {

constexpr int kWithLegend = 190; // pixels of height that leave room for one

} // namespace

ChartTile::ChartTile(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : TileView(tile, context, parent),
      m_chart(new charts::LiveChart(tile.id, tile.title, unitOf(unitOf(tile)), context.group, this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 1, 1, 1);
    layout->addWidget(m_chart);
    m_chart->setCompact(true);
    offerAlarm();
}

// Of what alarms watch: the first series of one function or of the account.
void ChartTile::offerAlarm()
{
    if (m_tile.series.isEmpty() || !m_tile.version.isEmpty())
        return;
    const models::MeasureInfo& info = models::infoOf(m_tile.series.first().measure);
    if (info.space != QLatin1String("AWS/Lambda") && info.metric != QLatin1String("ColdStarts"))
        return;
    m_chart->offerAlarm();
    connect(m_chart, &charts::LiveChart::alarmRequested, this, [this, metric = info.metric] {
        const QString function = m_tile.series.first().function;
        Q_EMIT openRequested(QStringLiteral("alarms/new/%1/%2")
                                 .arg(function.isEmpty() ? QStringLiteral("-") : function, metric));
    });
}

void ChartTile::refresh()
{
    const models::MetricsWindow& window = m_context.data.window();
    m_chart->setSubtitle(tileSubtitle(m_tile, m_context.data));
    m_chart->setEmptyText(m_tile.series.isEmpty() ? tr("Nothing is chosen to be drawn")
                          : window.isLoading()
                              ? tr("Loading…")
                              : tr("Nothing in the last %1").arg(window.range().label));
    m_chart->setData(tileData(m_tile, m_context.data, m_context.functions));
}

void ChartTile::setSpokenTitle(const QString& title)
{
    m_chart->setSpokenTitle(title);
}

void ChartTile::paintOn(QPainter& painter, const QRect& area)
{
    m_chart->paintOn(painter, area);
}

const charts::ChartData* ChartTile::numbers() const
{
    return &m_chart->data();
}

void ChartTile::resizeEvent(QResizeEvent* event)
{
    TileView::resizeEvent(event);
    m_chart->setCompact(event->size().height() < kWithLegend);
}

HeatTile::HeatTile(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : TileView(tile, context, parent),
      m_card(new HeatCard(context.services, tile.id, tile.title,
                          models::DashboardData::nameOf(tile.function, tile.version), context.group,
                          this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_card);
    widgets::setStyleProperty(m_card, "card", false); // the tile is one
    connect(&context.group, &charts::ChartGroup::viewChanged, this, &HeatTile::refresh);
    connect(m_card, &HeatCard::cellChosen, this, &TileView::cellChosen);
    connect(m_card, &HeatCard::alarmRequested, this, [this] {
        Q_EMIT openRequested(
            QStringLiteral("alarms/new/%1/Duration")
                .arg(m_tile.function.isEmpty() ? QStringLiteral("-") : m_tile.function));
    });
}

void HeatTile::refresh()
{
    const charts::ChartGroup::View view = m_context.group.view();
    if (!isVisible())
        return;
    m_card->look(qint64(view.fromMs), qint64(view.toMs));
}

void HeatTile::paintOn(QPainter& painter, const QRect& area)
{
    m_card->chart().paintOn(painter, area);
}

} // namespace gantry::ui
