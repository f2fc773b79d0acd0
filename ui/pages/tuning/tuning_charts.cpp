#include "ui/pages/tuning/tuning_charts.h"

#include "ui/models/format.h"
#include "ui/pages/tuning/cold_view.h"
#include "ui/pages/tuning/tuning_curves.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <functional>

namespace gantry::ui {

using charts::BandChart;
using charts::BandData;
using charts::Unit;
using rpc::TuningEstimate;
using rpc::TuningRun;
using widgets::Theme;

namespace {

constexpr double kPerMillion = 1e6;

} // namespace

TuningCharts::TuningCharts(QWidget* parent) : QWidget(parent)
{
    m_duration = make("tuningDuration", tr("Duration of a warm call over memory"), Unit::Count,
                      Unit::Milliseconds);
    m_cost = make("tuningCost", tr("Cost of a million warm calls over memory"), Unit::Count,
                  Unit::Dollars);
    m_pareto = make("tuningPareto", tr("Cost of a million calls over duration: the Pareto front"),
                    Unit::Milliseconds, Unit::Dollars);
    for (BandChart* chart : {m_duration, m_cost})
        chart->setXText([](double x) { return models::formatMemory(qRound(x)); });
    m_cold = new ColdView;
    connect(m_cold, &ColdView::chosen, this, &TuningCharts::chosen);

    auto* tabs = new QTabWidget;
    widgets::identify(tabs, QStringLiteral("tuningViews"), tr("Views of the run"));
    tabs->setToolTip({});
    tabs->setDocumentMode(true);
    const auto add = [&](std::initializer_list<BandChart*> list, const QString& title) {
        auto* page = new QWidget;
        auto* row = new QHBoxLayout(page);
        row->setContentsMargins(0, Theme::kSpace, 0, 0);
        row->setSpacing(Theme::kMargin);
        for (BandChart* chart : list)
            row->addWidget(chart, 1);
        tabs->addTab(page, title);
    };
    add({m_cost, m_duration}, tr("Duration and cost"));
    add({m_pareto}, tr("Pareto"));
    tabs->addTab(m_cold, tr("Cold starts"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(tabs);
}

BandChart* TuningCharts::make(const char* id, const QString& title, Unit x, Unit y)
{
    auto* chart = new BandChart(QLatin1String(id), title, x, y);
    chart->setEmptyText(tr("Start tuning to see it here, or open a run of the history"));
    connect(chart, &BandChart::markerClicked, this, &TuningCharts::chosen);
    if (x == Unit::Count) // over memory: the size under the mouse, on the measured architecture
        connect(chart, &BandChart::pointClicked, this, [this, chart](int curve, int point) {
            const double memory = chart->data().curves[std::size_t(curve)].x[std::size_t(point)];
            for (int i = 0; m_run && i < m_run->estimates.size(); ++i)
                if (m_run->estimates[i].memoryMb == qRound(memory) && !m_run->estimates[i].modelled)
                    return Q_EMIT chosen(i);
        });
    return chart;
}

void TuningCharts::show(const std::optional<TuningRun>& run, const std::optional<TuningRun>& compared,
                        int chosen)
{
    m_run = run;
    m_compared = compared;
    m_chosen = chosen;
    showAll();
}

void TuningCharts::setPrices(const rpc::PriceTable& prices)
{
    m_cold->setPrices(prices);
}

void TuningCharts::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        showAll(); // curves carry their colours
    QWidget::changeEvent(event);
}

void TuningCharts::showAll()
{
    if (!m_run) {
        for (BandChart* chart : {m_duration, m_cost, m_pareto})
            chart->setData({});
        return m_cold->show({}, {}, -1);
    }
    const TuningRun& run = *m_run;
    const auto none = [](const TuningEstimate&) { return 0.0; };
    const TuningValues duration{[](const TuningEstimate& e) { return e.durationMs.mean; },
                          [](const TuningEstimate& e) { return e.durationMs.low; },
                          [](const TuningEstimate& e) { return e.durationMs.high; },
                          [](const TuningEstimate& e) { return e.measuredMeanMs; }};
    const TuningValues cost{[](const TuningEstimate& e) { return e.costUsd.mean * kPerMillion; },
                      [](const TuningEstimate& e) { return e.costUsd.low * kPerMillion; },
                      [](const TuningEstimate& e) { return e.costUsd.high * kPerMillion; }, none};
    BandData durations = tuningOverMemory(run, m_compared, m_chosen, duration);
    if (run.options.p95LimitMs > 0) {
        durations.limitY = run.options.p95LimitMs;
        durations.limitText = tr("limit of p95");
    }
    m_duration->setData(std::move(durations));
    m_cost->setData(tuningOverMemory(run, m_compared, m_chosen, cost));

    m_cold->show(m_run, m_compared, m_chosen);

    BandData pareto;
    pareto.xTitle = tr("duration of a warm call");
    charts::BandCurve front;
    front.name = tr("Pareto front");
    front.color = Theme::current().series(0);
    charts::BandCurve rest;
    rest.name = tr("other sizes");
    rest.color = Theme::current().color(Theme::MutedText);
    QList<const TuningEstimate*> best;
    for (const TuningEstimate& one : run.estimates) {
        if (one.state != TuningEstimate::State::Estimated || one.modelled)
            continue;
        if (one.pareto) {
            best.append(&one);
        } else {
            rest.pointsX.push_back(one.durationMs.mean);
            rest.pointsY.push_back(one.costUsd.mean * kPerMillion);
        }
    }
    std::sort(best.begin(), best.end(), [](const TuningEstimate* a, const TuningEstimate* b) {
        return a->durationMs.mean < b->durationMs.mean;
    });
    for (const TuningEstimate* one : best) {
        front.x.push_back(one->durationMs.mean);
        front.y.push_back(one->costUsd.mean * kPerMillion);
    }
    front.pointsX = front.x;
    front.pointsY = front.y;
    pareto.curves = {rest, front};
    addTuningMarkers(run, m_chosen, duration.middle, cost.middle, pareto);
    m_pareto->setData(std::move(pareto));
}

} // namespace gantry::ui
