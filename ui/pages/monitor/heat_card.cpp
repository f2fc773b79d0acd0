#include "ui/pages/monitor/heat_card.h"

#include "ui/charts/axis_ticks.h"
#include "ui/charts/heat_map_chart.h"
#include "ui/pages/page.h"

#include <QVBoxLayout>

namespace gantry::ui {

namespace {

charts::HeatMapData dataOf(const rpc::DurationHistogram& histogram)
{
    charts::HeatMapData data{histogram.columnMs, histogram.growth, {}};
    for (const rpc::DurationHistogram::Column& column : histogram.columns)
        data.columns.push_back({column.startMs, column.firstRow,
                                {column.counts.begin(), column.counts.end()}});
    return data;
}

} // namespace

HeatCard::HeatCard(const Services& services, const QString& functionName, charts::ChartGroup& group,
                   QWidget* parent)
    : HeatCard(services, QStringLiteral("heat"), tr("Spread of durations"), functionName, group,
               parent)
{
}

HeatCard::HeatCard(const Services& services, const QString& id, const QString& title,
                   const QString& functionName, charts::ChartGroup& group, QWidget* parent)
    : QFrame(parent), m_heat(*services.channel, functionName),
      m_chart(new charts::HeatMapChart(id, title, group, this))
{
    setProperty("card", true);
    auto* inside = new QVBoxLayout(this);
    inside->setContentsMargins(1, 1, 1, 1);
    inside->addWidget(m_chart);
    m_chart->offerAlarm();
    connect(m_chart, &charts::HeatMapChart::alarmRequested, this, &HeatCard::alarmRequested);
    connect(m_chart, &charts::HeatMapChart::cellActivated, this, &HeatCard::choose);
    connect(&m_heat, &models::DurationHeat::changed, this, &HeatCard::refresh);
    refresh();
}

void HeatCard::refresh()
{
    const rpc::DurationHistogram& histogram = m_heat.histogram();
    m_chart->setEmptyText(m_heat.isLoading()            ? tr("Loading…")
                          : m_heat.problem().isEmpty() ? tr("No invocations in this time")
                                                       : m_heat.problem());
    m_chart->setSubtitle(m_heat.isLoading()
                             ? QString()
                             : tr("cells of %1; click one for its invocations")
                                   .arg(charts::formatWidth(histogram.columnMs)));
    m_chart->setData(dataOf(histogram));
}

void HeatCard::choose(const charts::HeatCell& cell)
{
    Q_EMIT cellChosen(m_heat.cellOf(cell.fromMs, cell.toMs, cell.aboveMs, cell.upToMs),
                      cell.count);
}

} // namespace gantry::ui
