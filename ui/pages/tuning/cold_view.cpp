#include "ui/pages/tuning/cold_view.h"

#include "ui/models/format.h"
#include "ui/pages/tuning/tuning_curves.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace gantry::ui {

using charts::BandChart;
using charts::BandData;
using charts::Unit;
using models::ColdWay;
using rpc::TuningEstimate;
using rpc::TuningRun;
using widgets::Theme;

namespace {

constexpr int kSnapStartColor = 4, kProvisionedColor = 5; // beside those of the runs

models::ColdAssumptions assumptions(const QDoubleSpinBox& calls, const QDoubleSpinBox& restore)
{
    models::ColdAssumptions assumed;
    assumed.callsPerMonth = calls.value();
    assumed.restoreMs = restore.value();
    return assumed;
}

} // namespace

ColdView::ColdView(QWidget* parent) : QWidget(parent)
{
    m_cost = makeChart("tuningColdCost",
                       tr("Cost of a million calls with the cold ones among them"), Unit::Dollars);
    m_duration = makeChart("tuningColdDuration", tr("First call of an environment, with its init"),
                           Unit::Milliseconds);
    auto* charts = new QHBoxLayout;
    charts->setSpacing(Theme::kMargin);
    charts->addWidget(m_cost, 1);
    charts->addWidget(m_duration, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::kSpace, 0, 0);
    column->setSpacing(4);
    column->addWidget(makeControls());
    column->addWidget(m_note);
    column->addLayout(charts, 1);
}

QWidget* ColdView::makeControls()
{
    m_snapStart = new QCheckBox(tr("With SnapStart"));
    widgets::identify(
        m_snapStart, QStringLiteral("coldSnapStart"), tr("With SnapStart"),
        tr("A restore in place of the init, as Python and .NET pay for it (modelled)"));
    m_provisioned = new QCheckBox(tr("With provisioned concurrency"));
    widgets::identify(m_provisioned, QStringLiteral("coldProvisioned"),
                      tr("With provisioned concurrency"),
                      tr("Environments that stand ready, 60 % of them busy (modelled)"));
    m_calls = new QDoubleSpinBox;
    widgets::identify(
        m_calls, QStringLiteral("coldCalls"), tr("Calls a month"),
        tr("Kept snapshots and environments cost the same however many calls there are"));
    m_calls->setRange(1, 1e12);
    m_calls->setDecimals(0);
    m_calls->setGroupSeparatorShown(true);
    m_calls->setSuffix(tr(" calls a month"));
    m_restore = new QDoubleSpinBox;
    widgets::identify(m_restore, QStringLiteral("coldRestore"), tr("Time of a restore"),
                      tr("How long a snapshot takes to be restored"));
    m_restore->setRange(0, 60'000);
    m_restore->setDecimals(0);
    m_restore->setPrefix(tr("restored in "));
    m_restore->setSuffix(tr(" ms"));
    m_note = widgets::makeCaption({});
    m_note->setObjectName(QStringLiteral("coldNote"));
    for (QCheckBox* box : {m_snapStart, m_provisioned})
        connect(box, &QCheckBox::toggled, this, &ColdView::draw);
    for (QDoubleSpinBox* box : {m_calls, m_restore})
        connect(box, &QDoubleSpinBox::valueChanged, this, &ColdView::draw);
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kMargin);
    for (QWidget* control :
         std::initializer_list<QWidget*>{m_snapStart, m_restore, m_provisioned, m_calls})
        row->addWidget(control);
    row->addStretch();
    return box;
}

BandChart* ColdView::makeChart(const char* id, const QString& title, Unit unit)
{
    auto* chart = new BandChart(QLatin1String(id), title, Unit::Count, unit);
    chart->setEmptyText(tr("Start tuning to see it here, or open a run of the history"));
    chart->setXText([](double x) { return models::formatMemory(qRound(x)); });
    connect(chart, &BandChart::markerClicked, this, &ColdView::chosen);
    connect(chart, &BandChart::pointClicked, this, [this, chart](int curve, int point) {
        const double memory = chart->data().curves[std::size_t(curve)].x[std::size_t(point)];
        for (int i = 0; m_run && i < m_run->estimates.size(); ++i)
            if (m_run->estimates[i].memoryMb == qRound(memory) && !m_run->estimates[i].modelled)
                return Q_EMIT chosen(i);
    });
    return chart;
}

void ColdView::setPrices(const rpc::PriceTable& prices)
{
    m_prices = prices;
    draw();
}

void ColdView::show(const std::optional<TuningRun>& run, const std::optional<TuningRun>& compared,
                    int chosen)
{
    // The traffic is known a while after the start.
    const bool other =
        run && (!m_run || m_run->id != run->id ||
                m_run->saving.invocationsPerMonth != run->saving.invocationsPerMonth);
    m_run = run;
    m_compared = compared;
    m_chosen = chosen;
    if (other)
        fillAssumptions();
    draw();
}

// What was seen of the function, where something was.
void ColdView::fillAssumptions()
{
    const QSignalBlocker quietCalls(m_calls), quietRestore(m_restore);
    const models::ColdAssumptions none;
    const bool traffic = m_run->saving.invocationsPerMonth > 0;
    m_calls->setValue(traffic ? m_run->saving.invocationsPerMonth : none.callsPerMonth);
    m_restore->setValue(m_run->restores > 0 ? m_run->restoreMs : none.restoreMs);
}

void ColdView::addWay(ColdWay way, const QString& name, int color, BandData& cost,
                      BandData& duration) const
{
    charts::BandCurve dollars, first;
    dollars.name = first.name = name;
    dollars.color = first.color = Theme::current().series(color);
    dollars.dashed = first.dashed = true; // a model
    const models::ColdAssumptions assumed = assumptions(*m_calls, *m_restore);
    for (const TuningEstimate& one : m_run->estimates) {
        if (one.modelled || one.state != TuningEstimate::State::Estimated)
            continue;
        dollars.x.push_back(one.memoryMb);
        dollars.y.push_back(
            models::dollarsPerMillion(way, one, m_run->coldShare, assumed, m_prices.table));
        first.x.push_back(one.memoryMb);
        first.y.push_back(models::firstCallMs(way, one, assumed));
    }
    if (dollars.x.empty())
        return;
    cost.curves.push_back(std::move(dollars));
    duration.curves.push_back(std::move(first));
}

void ColdView::draw()
{
    m_restore->setEnabled(m_snapStart->isChecked());
    m_calls->setEnabled(m_snapStart->isChecked() || m_provisioned->isChecked());
    if (!m_run) {
        m_note->clear();
        m_cost->setData({});
        m_duration->setData({});
        return;
    }
    const auto none = [](const TuningEstimate&) { return 0.0; };
    const models::ColdAssumptions assumed = assumptions(*m_calls, *m_restore);
    const double share = m_run->coldShare;
    BandData cost = tuningOverMemory(*m_run, m_compared, m_chosen,
                                     {[&](const TuningEstimate& e) {
                                          return models::dollarsPerMillion(
                                              ColdWay::OnDemand, e, share, assumed, m_prices.table);
                                      },
                                      {},
                                      {},
                                      none});
    BandData duration =
        tuningOverMemory(*m_run, m_compared, m_chosen,
                         {[&](const TuningEstimate& e) {
                              return models::firstCallMs(ColdWay::OnDemand, e, assumed);
                          },
                          {},
                          {},
                          none});
    if (!m_prices.isEmpty() && m_snapStart->isChecked())
        addWay(ColdWay::SnapStart, tr("SnapStart"), kSnapStartColor, cost, duration);
    if (!m_prices.isEmpty() && m_provisioned->isChecked())
        addWay(ColdWay::Provisioned, tr("provisioned"), kProvisionedColor, cost,
               duration);
    m_cost->setData(std::move(cost));
    m_duration->setData(std::move(duration));
    QStringList notes{
        tr("%1 % of the calls are cold").arg(QLocale().toString(share * 100, 'f', 1))};
    if (m_snapStart->isChecked())
        notes.append(m_run->restores > 0
                         ? tr("%1 restores were seen").arg(models::formatCount(m_run->restores))
                         : tr("no restore was seen, its time is assumed"));
    if (m_snapStart->isChecked() || m_provisioned->isChecked())
        notes.append(tr("dashed: modelled"));
    m_note->setText(notes.join(QStringLiteral("; ")));
}

} // namespace gantry::ui
