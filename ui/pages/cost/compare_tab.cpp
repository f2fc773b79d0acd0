#include "ui/pages/cost/compare_tab.h"

#include "ui/charts/curve_chart.h"
#include "ui/models/format.h"
#include "ui/models/functions_model.h"
#include "ui/models/what_if.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/slider_field.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QFormLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include <cmath>

namespace gantry::ui {

using pricing::Way;
using widgets::Theme;

namespace {

constexpr double kFrom = 0.01; // calls a second that the chart spans
constexpr double kTo = 1'000;
constexpr int kPoints = 240;
constexpr int kSideWidth = 380;
constexpr qint64 kStretchesMs[] = {3'600'000, 86'400'000, 7 * 86'400'000LL, 30 * 86'400'000LL};

QString wayText(Way way)
{
    switch (way) {
    case Way::OnDemand:
        return CompareTab::tr("Lambda on demand");
    case Way::Provisioned:
        return CompareTab::tr("Provisioned");
    case Way::ManagedInstances:
        return CompareTab::tr("Managed instances");
    case Way::Ec2:
        break;
    }
    return CompareTab::tr("EC2 alone");
}

QString rateNumber(double perSecond)
{
    return perSecond < 100 ? QLocale().toString(perSecond, 'g', 3)
                           : QLocale().toString(perSecond, 'f', 0);
}

QString rateText(double perSecond)
{
    return CompareTab::tr("%1/s").arg(rateNumber(perSecond));
}

} // namespace

CompareTab::CompareTab(const Services& services, QWidget* parent)
    : QWidget(parent), m_services(services)
{
    auto* left = new QVBoxLayout;
    left->setSpacing(Theme::kMargin);
    left->addWidget(makeCrossover());
    left->addWidget(makeWhatIf());
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kMargin);
    row->addLayout(left, 1);
    row->addWidget(makeControls(), 0, Qt::AlignTop);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::kMargin, 0, 0);
    column->addLayout(row);
    column->addWidget(widgets::makeCaption(
        tr("A model: the recorded mean of a call, at an even rate over a month of 730 hours. Machines "
           "carry the share of a processor that Lambda gives the memory; EC2 alone counts machines "
           "only, no balancer, storage, traffic or your time."),
        this));
    column->addStretch();
}

QWidget* CompareTab::makeControls()
{
    auto* card = widgets::makeCard(this);
    card->setFixedWidth(kSideWidth);
    m_function = new QComboBox(card);
    widgets::identify(m_function, QStringLiteral("compareFunction"), tr("Function to compare"));
    m_stretch = new QComboBox(card);
    widgets::identify(m_stretch, QStringLiteral("compareStretch"), tr("Recorded traffic to take"));
    m_stretch->addItems({tr("Last hour"), tr("Last 24 hours"), tr("Last 7 days"), tr("Last 30 days")});
    m_stretch->setCurrentIndex(1);
    connect(m_function, &QComboBox::activated, this, [this] { load(); });
    connect(m_stretch, &QComboBox::activated, this, [this] { load(); });
    m_recorded = widgets::makeCaption({}, card);
    m_recorded->setObjectName(QStringLiteral("compareRecorded"));

    m_machine = new QComboBox(card);
    widgets::identify(m_machine, QStringLiteral("compareMachine"), tr("Machine type"));
    m_least = new QSpinBox(card);
    widgets::identify(m_least, QStringLiteral("compareLeast"), tr("At least so many machines"));
    m_least->setRange(1, 100);
    m_utilisation = new QSpinBox(card);
    widgets::identify(m_utilisation, QStringLiteral("compareUtilisation"), tr("Planned utilisation"),
                      tr("How much of machines and of provisioned concurrency is used on average; the "
                         "rest is for peaks"));
    m_utilisation->setRange(10, 100);
    m_utilisation->setValue(60);
    m_utilisation->setSuffix(tr(" %"));
    m_freeTier = new QCheckBox(tr("Count the free tier"), card);
    widgets::identify(m_freeTier, QStringLiteral("compareFreeTier"), tr("Count the free tier"));
    connect(m_machine, &QComboBox::currentIndexChanged, this, &CompareTab::showCrossover);
    connect(m_least, &QSpinBox::valueChanged, this, &CompareTab::showCrossover);
    connect(m_utilisation, &QSpinBox::valueChanged, this, &CompareTab::showCrossover);
    connect(m_freeTier, &QCheckBox::toggled, this, &CompareTab::showCrossover);

    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->addRow(tr("Function"), m_function);
    form->addRow(tr("Traffic"), m_stretch);
    form->addRow(m_recorded);
    form->addRow(tr("Machine"), m_machine);
    form->addRow(tr("At least"), m_least);
    form->addRow(tr("Used to"), m_utilisation);
    form->addRow(m_freeTier);
    widgets::cardLayout(card)->addLayout(form);
    widgets::cardLayout(card)->addSpacing(Theme::kSpace);
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Cheaper than on demand"), card));
    m_breakEven = new widgets::FactGrid(card);
    m_breakEven->setObjectName(QStringLiteral("breakEven"));
    widgets::cardLayout(card)->addWidget(m_breakEven);
    return card;
}

QWidget* CompareTab::makeCrossover()
{
    auto* card = widgets::makeCard(this);
    widgets::cardLayout(card)->addWidget(
        widgets::makeHeading(tr("A month over the rate of calls (modelled)"), card));
    m_chart = new charts::CurveChart(QStringLiteral("crossoverChart"), tr("Crossover chart"), card);
    m_chart->setMinimumHeight(330);
    connect(m_chart, &charts::CurveChart::cursorMoved, this, [this] {
        showReadout();
        showWhatIf();
    });
    widgets::cardLayout(card)->addWidget(m_chart, 1);
    m_readout = widgets::makeCaption({}, card);
    m_readout->setObjectName(QStringLiteral("crossoverReadout"));
    widgets::cardLayout(card)->addWidget(m_readout);
    return card;
}

QWidget* CompareTab::makeWhatIf()
{
    auto* card = widgets::makeCard(this);
    widgets::cardLayout(card)->addWidget(
        widgets::makeHeading(tr("What if, at this rate (modelled)"), card));
    m_memory = new widgets::SliderField(QStringLiteral("whatIfMemory"), tr("What-if memory"), tr("MB"),
                                        widgets::SliderField::memorySteps(), card);
    m_architecture = new QComboBox(card);
    widgets::identify(m_architecture, QStringLiteral("whatIfArchitecture"), tr("What-if architecture"));
    m_architecture->addItems({QStringLiteral("x86_64"), QStringLiteral("arm64")});
    m_batch = new widgets::SliderField(QStringLiteral("whatIfBatch"), tr("What-if batch size"), {},
                                       {1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000}, card);
    m_fixed = new QSpinBox(card);
    widgets::identify(m_fixed, QStringLiteral("whatIfFixed"), tr("Time that a batch spends once"),
                      tr("The part of a call's time that does not grow with the batch"));
    m_fixed->setRange(0, 100);
    m_fixed->setValue(20);
    m_fixed->setSuffix(tr(" % of a call"));
    connect(m_memory, &widgets::SliderField::valueChanged, this, &CompareTab::showWhatIf);
    connect(m_architecture, &QComboBox::currentIndexChanged, this, &CompareTab::showWhatIf);
    connect(m_batch, &widgets::SliderField::valueChanged, this, &CompareTab::showWhatIf);
    connect(m_fixed, &QSpinBox::valueChanged, this, &CompareTab::showWhatIf);
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->addRow(tr("Memory"), m_memory);
    form->addRow(tr("Architecture"), m_architecture);
    form->addRow(tr("Batch size"), m_batch);
    form->addRow(tr("Spent once"), m_fixed);
    m_whatIf = new widgets::FactGrid(card);
    m_whatIf->setObjectName(QStringLiteral("whatIf"));
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kPageMargin);
    row->addLayout(form, 1);
    row->addWidget(m_whatIf, 1, Qt::AlignTop);
    widgets::cardLayout(card)->addLayout(row);
    return card;
}

void CompareTab::setPrices(const rpc::PriceTable& prices)
{
    m_prices = prices;
    fillMachines();
    showCrossover();
}

void CompareTab::load(const QString& function)
{
    const QString wanted = function.isEmpty() ? m_function->currentText() : function;
    const QStringList names = m_services.functions->names();
    m_function->clear();
    m_function->addItems(names);
    if (names.contains(wanted))
        m_function->setCurrentText(wanted);
    const rpc::FunctionOverview* overview = m_services.functions->find(m_function->currentText());
    if (!overview)
        return showTraffic({});
    rpc::MetricsQuery query;
    query.functionName = overview->name;
    query.toMs = QDateTime::currentMSecsSinceEpoch();
    query.fromMs = query.toMs - kStretchesMs[m_stretch->currentIndex()];
    query.maxPoints = 1'500;
    m_services.monitorApi->queryMetrics(
        query, this, [this, overview = *overview](const rpc::Result<rpc::MetricsHistory>& history) {
            if (history)
                showTraffic(models::trafficOf(*history, overview));
            else if (!history.error().unavailable)
                Q_EMIT messageRequested(history.error().message, true);
        });
}

void CompareTab::showTraffic(const models::Traffic& traffic)
{
    m_traffic = traffic;
    const pricing::Workload& workload = traffic.workload;
    m_recorded->setText(
        traffic.calls == 0
            ? tr("No calls in this stretch: a call of 100 ms is assumed.")
            : tr("%1 calls, %2 on average and %3 at most; %4 billed a call, %5 % cold with an init of "
                 "%6; %7, %8")
                  .arg(models::formatCount(traffic.calls), rateText(traffic.perSecond),
                       rateText(traffic.peakPerSecond), models::formatMs(workload.billedMs),
                       QLocale().toString(workload.coldShare * 100, 'f', 1),
                       models::formatMs(workload.initMs), models::formatMemory(workload.memoryMb),
                       workload.arm64 ? QStringLiteral("arm64") : QStringLiteral("x86_64")));
    m_memory->setValue(workload.memoryMb);
    {
        const QSignalBlocker quiet(m_architecture);
        m_architecture->setCurrentIndex(workload.arm64 ? 1 : 0);
    }
    const double rate = traffic.calls > 0 ? traffic.perSecond : 1;
    m_chart->setCursorAt(std::clamp(rate, kFrom, kTo));
    fillMachines();
    showCrossover();
}

// Only machines of the function's architecture carry it.
void CompareTab::fillMachines()
{
    const QSignalBlocker quiet(m_machine);
    const QString before = m_machine->currentData().toString();
    m_machine->clear();
    for (const pricing::Instance& machine : m_prices.table.instances) {
        if (machine.arm64 != m_traffic.workload.arm64)
            continue;
        const QString type = QString::fromStdString(machine.type);
        m_machine->addItem(tr("%1 (%2 vCPU, %3 GB, $%4/h)")
                               .arg(type)
                               .arg(machine.vcpus)
                               .arg(machine.memoryMb / 1'024)
                               .arg(QString::fromStdString(machine.perHour.toString())),
                           type);
    }
    m_machine->setCurrentIndex(std::max(m_machine->findData(before), 0));
}

pricing::Plan CompareTab::plan() const
{
    pricing::Plan plan;
    plan.leastMachines = m_least->value();
    plan.utilisation = m_utilisation->value() / 100.0;
    plan.freeTier = m_freeTier->isChecked();
    for (const pricing::Instance& machine : m_prices.table.instances) {
        if (QString::fromStdString(machine.type) == m_machine->currentData().toString())
            plan.machine = machine;
    }
    return plan;
}

void CompareTab::showCrossover()
{
    if (m_prices.isEmpty())
        return;
    const pricing::Plan plan = this->plan();
    const bool machines = plan.machine.vcpus > 0;
    charts::CurveData data;
    data.logarithmicX = data.logarithmicY = true;
    data.xTitle = tr("calls a second");
    data.writeX = rateNumber;
    data.writeY = [](double dollars) { return models::formatUsd(dollars); };
    int color = 0;
    for (const Way way : pricing::kWays) {
        const bool shown = machines || way == Way::OnDemand || way == Way::Provisioned;
        charts::Curve curve{wayText(way), wayText(way), Theme::current().series(color++), {}, false};
        for (int i = 0; shown && i <= kPoints; ++i) {
            const double rate = kFrom * std::pow(kTo / kFrom, double(i) / kPoints);
            const double dollars =
                pricing::monthly(way, m_traffic.workload, plan, rate, m_prices.table).toDouble();
            if (dollars > 0) // a logarithmic axis has no zero: within the free tier there is no curve
                curve.points.push_back({rate, dollars});
        }
        if (way != Way::OnDemand) {
            const auto from = shown ? pricing::breakEven(way, m_traffic.workload, plan, kFrom, kTo,
                                                         m_prices.table)
                                    : std::nullopt;
            m_breakEven->set(wayText(way), from ? tr("from %1").arg(rateText(*from))
                                                : tr("never up to %1").arg(rateText(kTo)));
            if (from && valueAt(curve, *from))
                data.marks.push_back({{*from, *valueAt(curve, *from)}, rateText(*from), curve.color});
        }
        if (shown)
            data.curves.push_back(std::move(curve));
    }
    m_chart->setData(std::move(data));
    showReadout();
    showWhatIf();
}

void CompareTab::showReadout()
{
    if (m_prices.isEmpty() || !m_chart->cursorAt())
        return;
    const pricing::Plan plan = this->plan();
    const double rate = *m_chart->cursorAt();
    QStringList parts;
    for (const Way way : pricing::kWays) {
        if (plan.machine.vcpus == 0 && (way == Way::ManagedInstances || way == Way::Ec2))
            continue;
        const int units = pricing::unitsOf(way, m_traffic.workload, plan, rate);
        const QString dollars = models::formatUsd(
            pricing::monthly(way, m_traffic.workload, plan, rate, m_prices.table));
        parts.append(units > 0 ? tr("%1 %2 (×%3)").arg(wayText(way), dollars).arg(units)
                               : tr("%1 %2").arg(wayText(way), dollars));
    }
    m_readout->setText(tr("At %1 a month costs: %2. Prices of %3, machines of %4.")
                           .arg(rateText(rate), parts.join(QStringLiteral(" · ")), m_prices.asOf,
                                QString::fromStdString(m_prices.table.instancesAsOf)));
}

void CompareTab::showWhatIf()
{
    if (m_prices.isEmpty() || !m_chart->cursorAt())
        return;
    models::WhatIf change;
    change.perSecond = *m_chart->cursorAt();
    change.memoryMb = m_memory->value();
    change.arm64 = m_architecture->currentIndex() == 1;
    change.batch = m_batch->value();
    change.fixedPercent = m_fixed->value();
    const models::WhatIfAnswer answer = models::answer(change, m_traffic, plan(), m_prices.table);
    const auto dollars = [](pricing::Money money) { return models::formatUsd(money); };
    m_whatIf->set(tr("As recorded"), dollars(answer.recorded));
    m_whatIf->set(tr("With this, if calls only wait"), dollars(answer.waits));
    m_whatIf->set(tr("With this, if they only compute"), dollars(answer.computes));
    m_whatIf->set(tr("And with SnapStart (Python, .NET)"), dollars(answer.snapStart));
    m_whatIf->set(tr("And on provisioned concurrency"), dollars(answer.provisioned));
}

} // namespace gantry::ui
