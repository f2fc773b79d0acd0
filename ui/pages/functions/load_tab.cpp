#include "ui/pages/functions/load_tab.h"

#include "ui/charts/live_chart.h"
#include "ui/models/format.h"
#include "ui/models/function_session.h"
#include "ui/models/load_run.h"
#include "ui/pages/functions/event_panel.h"
#include "ui/pages/functions/test_tab.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QDateTime>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFormLayout>
#include <QFrame>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>

#include <algorithm>

namespace gantry::ui {

using models::FunctionSession;
using models::LoadRun;
using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kPlanWidth = 400;
constexpr int kMaxConcurrency = 1000;
constexpr int kMaxCount = 100'000'000;
constexpr int kMaxSeconds = 3600;
constexpr qint64 kLeastViewMs = 10'000;

enum Mode { ByCount, ByTime };

// Id and title of each number, in the order of the grid.
struct NumberEntry {
    const char* id;
    const char* title;
};
constexpr NumberEntry kNumbers[] = {
    {"perSecond", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "Per second")},
    {"p50", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "p50")},
    {"p90", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "p90")},
    {"p99", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "p99")},
    {"max", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "Longest")},
    {"succeeded", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "Succeeded")},
    {"failed", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "Errors")},
    {"throttled", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "Throttled")},
    {"coldStarts", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "Cold starts")},
    {"cost", QT_TRANSLATE_NOOP("gantry::ui::LoadTab", "Cost")},
};
constexpr int kNumberColumns = 5;

} // namespace

LoadTab::LoadTab(const Services& services, FunctionSession& session)
    : FunctionTab(services, session), m_run(new LoadRun(*services.functionsApi, this)),
      m_event(new EventPanel), m_bar(new widgets::MessageBar), m_group(new charts::ChartGroup(this))
{
    m_bar->hide();
    m_bar->setObjectName(QStringLiteral("loadMessage"));
    auto* right = new QVBoxLayout;
    right->setSpacing(Theme::kMargin);
    right->addWidget(m_bar);
    right->addWidget(makeNumbers());
    right->addWidget(makeCharts(), 1);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, Theme::kMargin, 0, 0);
    layout->setSpacing(Theme::kPageMargin);
    layout->addWidget(makePlan());
    layout->addLayout(right, 1);
    connect(m_run, &LoadRun::changed, this, &LoadTab::showRun);
    connect(&session, &FunctionSession::opened, this, &LoadTab::openFunction);
    connect(&session, &FunctionSession::versionsChanged, this,
            [this] { fillQualifiers(*m_qualifier, m_session); });
    connect(m_event, &EventPanel::problem, this,
            [this](const QString& text) { Q_EMIT messageRequested(text, true); });
    openFunction();
}

QWidget* LoadTab::makePlan()
{
    m_mode = new QComboBox;
    widgets::identify(m_mode, QStringLiteral("loadMode"), tr("How long"));
    m_mode->addItems({tr("Number of calls"), tr("Seconds")});
    m_amount = new QSpinBox;
    widgets::identify(m_amount, QStringLiteral("loadAmount"), tr("Amount"));
    m_amount->setGroupSeparatorShown(true);
    m_amount->setRange(1, kMaxCount);
    m_amount->setValue(1000);
    connect(m_mode, &QComboBox::activated, this, [this](int mode) {
        m_amount->setMaximum(mode == ByTime ? kMaxSeconds : kMaxCount);
        m_amount->setValue(mode == ByTime ? 30 : 1000);
    });
    m_concurrency = new QSpinBox;
    widgets::identify(m_concurrency, QStringLiteral("loadConcurrency"), tr("Concurrency"),
                      tr("Calls that are under way at the same time (1 to 1,000)"));
    m_concurrency->setRange(1, kMaxConcurrency);
    m_concurrency->setValue(10);
    m_rate = new QDoubleSpinBox;
    widgets::identify(m_rate, QStringLiteral("loadRate"), tr("Rate limit"),
                      tr("At most so many calls a second"));
    m_rate->setRange(0, 1'000'000);
    m_rate->setDecimals(1);
    m_rate->setSpecialValueText(tr("as fast as they come"));
    m_rate->setSuffix(tr(" per second"));
    m_qualifier = new QComboBox;
    widgets::identify(m_qualifier, QStringLiteral("loadQualifier"), tr("Version or alias to load"));
    m_start = widgets::makeButton(QStringLiteral("loadStart"), tr("Start"), ButtonKind::Primary,
                                  QStringLiteral("play"));
    m_start->setAccessibleName(tr("Start the load"));
    m_start->setToolTip(tr("Start the load"));
    m_stop = widgets::makeButton(QStringLiteral("loadStop"), tr("Stop"), ButtonKind::Danger,
                                 QStringLiteral("stop"));
    m_stop->setAccessibleName(tr("Stop the load"));
    m_stop->setToolTip(tr("Stop the load at once"));
    connect(m_start, &QPushButton::clicked, this, &LoadTab::start);
    connect(m_stop, &QPushButton::clicked, m_run, &LoadRun::stop);
    m_progress = new QProgressBar;
    widgets::identify(m_progress, QStringLiteral("loadProgress"), tr("Progress of the load"));
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);

    auto* amount = new QHBoxLayout;
    amount->setSpacing(Theme::kSpace);
    amount->addWidget(m_mode, 1);
    amount->addWidget(m_amount, 1);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(Theme::kMargin);
    form->setVerticalSpacing(Theme::kSpace);
    form->addRow(tr("Send"), amount);
    form->addRow(tr("Concurrency"), m_concurrency);
    form->addRow(tr("Rate limit"), m_rate);
    form->addRow(tr("Target"), m_qualifier);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::kSpace);
    buttons->addWidget(m_start, 1);
    buttons->addWidget(m_stop, 1);
    auto* plan = new QWidget;
    plan->setFixedWidth(kPlanWidth);
    auto* column = new QVBoxLayout(plan);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(form);
    column->addLayout(buttons);
    column->addWidget(m_progress);
    column->addSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Event")));
    column->addWidget(m_event, 1);
    return plan;
}

QWidget* LoadTab::makeNumbers()
{
    auto* card = widgets::makeCard();
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::kPageMargin);
    grid->setVerticalSpacing(Theme::kMargin);
    int at = 0;
    for (const NumberEntry& entry : kNumbers) {
        auto* title = widgets::makeCaption(tr(entry.title));
        auto* number = new QLabel(QStringLiteral("–"));
        number->setObjectName(QStringLiteral("load-") + QLatin1String(entry.id));
        number->setFont(Theme::current().font(Theme::Heading));
        number->setTextInteractionFlags(Qt::TextSelectableByMouse);
        m_numbers.insert(QLatin1String(entry.id), number);
        auto* cell = new QVBoxLayout;
        cell->setSpacing(2);
        cell->addWidget(title);
        cell->addWidget(number);
        grid->addLayout(cell, at / kNumberColumns, at % kNumberColumns);
        grid->setColumnStretch(at % kNumberColumns, 1);
        ++at;
    }
    widgets::cardLayout(card)->addLayout(grid);
    return card;
}

QWidget* LoadTab::makeCharts()
{
    m_latency = new charts::LiveChart(QStringLiteral("loadLatency"), tr("Time to the answer"),
                                      charts::Unit::Milliseconds, *m_group);
    m_throughput = new charts::LiveChart(QStringLiteral("loadThroughput"), tr("Calls per second"),
                                         charts::Unit::Count, *m_group);
    for (charts::LiveChart* chart : {m_latency, m_throughput})
        chart->setEmptyText(tr("Start a load to see it here"));
    auto* card = widgets::makeCard();
    widgets::cardLayout(card)->addWidget(m_latency, 1);
    widgets::cardLayout(card)->addWidget(m_throughput, 1);
    return card;
}

void LoadTab::activated()
{
    m_active = true;
    showRun();
}

void LoadTab::deactivated()
{
    m_active = false;
}

void LoadTab::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange && m_active)
        showCharts(); // a series carries its colour
    FunctionTab::changeEvent(event);
}

void LoadTab::openFunction()
{
    m_run->clear();
    m_event->setFunction(m_session.name());
    fillQualifiers(*m_qualifier, m_session);
}

void LoadTab::start()
{
    if (!m_event->checkText())
        return;
    rpc::LoadRequest request;
    request.function = m_session.name();
    request.qualifier = m_qualifier->currentData().toString();
    request.payload = m_event->text().toUtf8();
    request.concurrency = m_concurrency->value();
    request.ratePerSecond = m_rate->value();
    if (m_mode->currentIndex() == ByTime)
        request.durationMs = m_amount->value() * 1000LL;
    else
        request.count = m_amount->value();
    m_run->start(request);
}

void LoadTab::showRun()
{
    const LoadRun::State state = m_run->state();
    m_start->setEnabled(state != LoadRun::State::Running);
    m_stop->setEnabled(state == LoadRun::State::Running);
    if (!m_active)
        return;
    m_progress->setValue(qRound(m_run->share() * 1000));
    showNumbers();
    showCharts();
    const QString& first = m_run->progress().firstError;
    if (m_run->error())
        m_bar->showMessage(
            tr("The load ended: %1: %2").arg(m_run->error()->name, m_run->error()->message),
            Badge::Tone::Error);
    else if (!first.isEmpty() && m_bar->text() != tr("The first error: %1").arg(first))
        m_bar->showMessage(tr("The first error: %1").arg(first), Badge::Tone::Warning);
    else if (first.isEmpty())
        m_bar->hide();
}

void LoadTab::showNumbers()
{
    const rpc::LoadProgress& p = m_run->progress();
    const bool any = m_run->state() != LoadRun::State::Idle;
    const auto set = [&](const char* id, const QString& text) {
        m_numbers[QLatin1String(id)]->setText(any ? text : QStringLiteral("–"));
    };
    set("perSecond", models::formatCount(qRound64(p.perSecond)));
    set("p50", models::formatMs(p.p50Ms));
    set("p90", models::formatMs(p.p90Ms));
    set("p99", models::formatMs(p.p99Ms));
    set("max", models::formatMs(p.maxMs));
    set("succeeded", models::formatCount(p.succeeded));
    set("failed", models::formatCount(p.failed));
    set("throttled", models::formatCount(p.throttled));
    set("coldStarts", models::formatCount(p.coldStarts));
    set("cost", models::formatUsd(p.costUsd));
    widgets::setStyleProperty(m_numbers[QStringLiteral("failed")], "tone",
                              p.failed > 0 ? QStringLiteral("error") : QString());
    widgets::setStyleProperty(m_numbers[QStringLiteral("throttled")], "tone",
                              p.throttled > 0 ? QStringLiteral("warning") : QString());
}

void LoadTab::showCharts()
{
    const Theme& theme = Theme::current();
    const auto& bins = m_run->bins();
    charts::ChartData data;
    data.startMs = m_run->firstBinMs();
    data.binMs = LoadRun::kBinMs;
    data.bins = static_cast<int>(bins.size());
    const auto series = [&](const char* id, const QString& name, int color,
                            double LoadRun::Bin::*value) {
        charts::Series s{QLatin1String(id), name, theme.series(color), charts::Shape::Line, {}};
        s.values.reserve(bins.size());
        for (const LoadRun::Bin& bin : bins)
            s.values.push_back(bin.*value);
        return s;
    };
    charts::ChartData latency = data;
    latency.series = {series("p50", tr("p50"), 0, &LoadRun::Bin::p50Ms),
                      series("p90", tr("p90"), 1, &LoadRun::Bin::p90Ms),
                      series("p99", tr("p99"), 2, &LoadRun::Bin::p99Ms)};
    data.series = {series("perSecond", tr("completed"), 0, &LoadRun::Bin::perSecond)};
    // Before the first load the axes stand at now, not at the beginning of time.
    const double from =
        double(data.bins > 0 ? data.startMs : QDateTime::currentMSecsSinceEpoch());
    m_group->setLiveView(
        {from, from + double(std::max(kLeastViewMs, data.endMs() - data.startMs))});
    m_latency->setData(std::move(latency));
    m_throughput->setData(std::move(data));
}

} // namespace gantry::ui
