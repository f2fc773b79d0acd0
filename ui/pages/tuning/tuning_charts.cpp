#include "ui/pages/tuning/tuning_charts.h"

#include "ui/models/format.h"
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

// What a chart takes from an estimate.
using Value = std::function<double(const TuningEstimate&)>;
struct Values {
    Value middle, low, high, measured; // low and high may be empty; measured 0: none
};

const std::vector<double> kMemoryTicks = {128, 256, 512, 1024, 1769, 3008, 5120, 10'240};
constexpr double kPerMillion = 1e6;

// One curve an architecture of a run.
void addCurves(const TuningRun& run, const Values& values, const QString& suffix, int color,
               bool faint, BandData& data)
{
    QStringList architectures;
    for (const TuningEstimate& one : run.estimates)
        if (!architectures.contains(one.architecture))
            architectures.append(one.architecture);
    for (const QString& architecture : architectures) {
        charts::BandCurve curve;
        for (const TuningEstimate& one : run.estimates) {
            if (one.architecture != architecture || one.state != TuningEstimate::State::Estimated)
                continue;
            curve.dashed = one.modelled || faint;
            curve.x.push_back(one.memoryMb);
            curve.y.push_back(values.middle(one));
            if (values.low) {
                curve.low.push_back(values.low(one));
                curve.high.push_back(values.high(one));
            }
            if (const double measured = values.measured(one); measured > 0) {
                curve.pointsX.push_back(one.memoryMb);
                curve.pointsY.push_back(measured);
            }
        }
        if (curve.x.empty())
            continue;
        const bool modelled = curve.dashed && !faint;
        curve.name = architecture + (modelled ? TuningCharts::tr(" (estimated)") : QString()) + suffix;
        curve.color = Theme::current().series(color++);
        data.curves.push_back(std::move(curve));
    }
}

QString pickName(const TuningRun& run, int index)
{
    QStringList names;
    if (index == run.cheapest.index)
        names.append(TuningCharts::tr("cheapest"));
    if (index == run.fastest.index)
        names.append(TuningCharts::tr("fastest"));
    if (run.balanced.size() > 2 && index == run.balanced[run.balanced.size() / 2].index)
        names.append(TuningCharts::tr("balanced"));
    return names.join(QStringLiteral(" · "));
}

void addMarkers(const TuningRun& run, int chosen, const Value& x, const Value& y, BandData& data)
{
    const auto usable = [&](int index) {
        return index >= 0 && index < run.estimates.size() &&
               run.estimates[index].state == TuningEstimate::State::Estimated;
    };
    QList<int> indexes;
    const int middle = run.balanced.size() > 2 ? run.balanced[run.balanced.size() / 2].index : -1;
    for (const int index : {run.cheapest.index, middle, run.fastest.index, chosen})
        if (usable(index) && !indexes.contains(index))
            indexes.append(index);
    for (const int index : indexes) {
        const TuningEstimate& one = run.estimates[index];
        QString text = pickName(run, index);
        if (index == chosen && text.isEmpty())
            text = models::formatMemory(one.memoryMb);
        data.markers.push_back({index, text, x(one), y(one),
                                Theme::current().color(index == chosen ? Theme::Accent : Theme::Success),
                                index == chosen});
    }
}

double memoryOf(const TuningEstimate& one)
{
    return one.memoryMb;
}

BandData overMemory(const TuningRun& run, const std::optional<TuningRun>& compared, int chosen,
                     const Values& values)
{
    BandData data;
    data.logX = true;
    data.xTicks = kMemoryTicks;
    addCurves(run, values, {}, 0, false, data);
    if (compared)
        addCurves(*compared, {values.middle, {}, {}, values.measured},
                  TuningCharts::tr(", run of %1")
                      .arg(QLocale().toString(compared->startedAt, QLocale::ShortFormat)),
                  3, true, data);
    addMarkers(run, chosen, memoryOf, values.middle, data);
    if (run.state == rpc::TuningState::Running)
        data.underWay.assign(run.nextMb.begin(), run.nextMb.end());
    return data;
}

// With p cold ones among all calls: (1 - p) warm + p (init + first).
double coldMix(const TuningRun& run, double warm, double cold)
{
    return (1 - run.coldShare) * warm + run.coldShare * cold;
}

} // namespace

TuningCharts::TuningCharts(QWidget* parent) : QWidget(parent)
{
    m_duration = make("tuningDuration", tr("Duration of a warm call over memory"), Unit::Count,
                      Unit::Milliseconds);
    m_cost = make("tuningCost", tr("Cost of a million warm calls over memory"), Unit::Count,
                  Unit::Dollars);
    m_pareto = make("tuningPareto", tr("Cost of a million calls over duration: the Pareto front"),
                    Unit::Milliseconds, Unit::Dollars);
    m_coldDuration = make("tuningColdDuration", tr("First call of an environment, with its init"),
                          Unit::Count, Unit::Milliseconds);
    m_coldCost = make("tuningColdCost", tr("Cost of a million calls with the cold ones among them"),
                      Unit::Count, Unit::Dollars);
    for (BandChart* chart : {m_duration, m_cost, m_coldDuration, m_coldCost})
        chart->setXText([](double x) { return models::formatMemory(qRound(x)); });

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
    add({m_coldCost, m_coldDuration}, tr("Cold starts"));
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

void TuningCharts::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        showAll(); // curves carry their colours
    QWidget::changeEvent(event);
}

void TuningCharts::showAll()
{
    if (!m_run) {
        for (BandChart* chart : {m_duration, m_cost, m_pareto, m_coldDuration, m_coldCost})
            chart->setData({});
        return;
    }
    const TuningRun& run = *m_run;
    const auto none = [](const TuningEstimate&) { return 0.0; };
    const Values duration{[](const TuningEstimate& e) { return e.durationMs.mean; },
                          [](const TuningEstimate& e) { return e.durationMs.low; },
                          [](const TuningEstimate& e) { return e.durationMs.high; },
                          [](const TuningEstimate& e) { return e.measuredMeanMs; }};
    const Values cost{[](const TuningEstimate& e) { return e.costUsd.mean * kPerMillion; },
                      [](const TuningEstimate& e) { return e.costUsd.low * kPerMillion; },
                      [](const TuningEstimate& e) { return e.costUsd.high * kPerMillion; }, none};
    BandData durations = overMemory(run, m_compared, m_chosen, duration);
    if (run.options.p95LimitMs > 0) {
        durations.limitY = run.options.p95LimitMs;
        durations.limitText = tr("limit of p95");
    }
    m_duration->setData(std::move(durations));
    m_cost->setData(overMemory(run, m_compared, m_chosen, cost));

    m_coldDuration->setData(overMemory(
        run, m_compared, m_chosen,
        {[](const TuningEstimate& e) { return e.initMs + e.coldDurationMs; }, {}, {}, none}));
    m_coldCost->setData(overMemory(run, m_compared, m_chosen,
                                   {[&run](const TuningEstimate& e) {
                                        return kPerMillion *
                                               coldMix(run, e.costUsd.mean, e.coldCostUsd);
                                    },
                                    {},
                                    {},
                                    none}));

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
    addMarkers(run, m_chosen, duration.middle, cost.middle, pareto);
    m_pareto->setData(std::move(pareto));
}

} // namespace gantry::ui
