#include "ui/pages/functions/health_tab.h"

#include "ui/charts/live_chart.h"
#include "ui/models/function_session.h"
#include "ui/models/metrics_window.h"
#include "ui/pages/monitor/metrics_charts.h"
#include "ui/pages/objectives/burn_alarm_dialog.h"
#include "ui/pages/objectives/objective_card.h"
#include "ui/pages/objectives/objective_dialog.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kEveryMs = 10'000;
constexpr int kChartHeight = 230;
constexpr std::array<Metric, 3> kMetrics = {Metric::Invocations, Metric::Errors, Metric::Duration};

const MetricChart& chartOf(Metric metric)
{
    const auto& all = metricCharts();
    return *std::find_if(all.begin(), all.end(),
                         [metric](const MetricChart& each) { return each.metric == metric; });
}

} // namespace

HealthTab::HealthTab(const Services& services, models::FunctionSession& session)
    : FunctionTab(services, session), m_api(*services.channel), m_alarms(*services.channel)
{
    setObjectName(QStringLiteral("healthTab"));
    auto* content = new QWidget;
    content->setProperty("page", true);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(makeCharts());
    column->addSpacing(Theme::kSpace);
    makeObjectives(*column);
    column->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("healthScroll"));
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::kMargin, 0, 0);
    layout->addWidget(scroll, 1);
    m_timer.setInterval(kEveryMs);
    connect(&m_timer, &QTimer::timeout, this, &HealthTab::refresh);
    connect(&session, &models::FunctionSession::opened, this, &HealthTab::follow);
}

HealthTab::~HealthTab() = default;

QWidget* HealthTab::makeCharts()
{
    auto* all = new QWidget;
    auto* head = new widgets::SectionHeader(tr("Rate, errors, duration"),
                                            widgets::SectionHeader::Level::Section, all);
    m_range = new QComboBox(all);
    widgets::identify(m_range, QStringLiteral("healthRange"), tr("Time range of the charts"));
    for (const models::MetricsRange& range : models::metricsRanges())
        m_range->addItem(range.label, range.id);
    m_range->setCurrentIndex(m_range->findData(QStringLiteral("15m")));
    head->addControl(m_range);
    connect(m_range, &QComboBox::currentIndexChanged, this, [this] {
        m_group.resetZoom();
        if (m_window)
            m_window->setRange(m_range->currentData().toString());
    });
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    for (const Metric metric : kMetrics) {
        const MetricChart& made = chartOf(metric);
        auto* card = new QFrame(all);
        card->setProperty("card", true);
        card->setMinimumHeight(kChartHeight);
        auto* chart = new charts::LiveChart(QStringLiteral("health-") + made.id, made.title, made.unit,
                                            m_group, card);
        auto* inside = new QVBoxLayout(card);
        inside->setContentsMargins(1, 1, 1, 1);
        inside->addWidget(chart);
        row->addWidget(card, 1);
        m_charts.push_back(chart);
    }
    auto* column = new QVBoxLayout(all);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(head);
    column->addLayout(row);
    return all;
}

void HealthTab::makeObjectives(QVBoxLayout& column)
{
    m_head = new widgets::SectionHeader(tr("Service level objectives"),
                                        widgets::SectionHeader::Level::Section, this);
    auto* add = widgets::makeButton(QStringLiteral("newObjective"), tr("New objective"),
                                    widgets::ButtonKind::Primary, QStringLiteral("plus"), this);
    add->setToolTip(tr("Say how well the function must serve, and see what is left of the error budget"));
    connect(add, &QPushButton::clicked, this, &HealthTab::create);
    m_head->addControl(add);
    m_empty = new widgets::EmptyState(this);
    m_empty->setIcon(QStringLiteral("check-circle"));
    m_empty->setTitle(tr("No objectives yet"));
    m_empty->setText(tr("An objective says what share of the invocations must be good, for example 99.9 % "
                        "without an error in any 30 days. The rest is the error budget: how much of it is "
                        "left, and how fast it is used, shows here."));
    auto* cards = new QWidget(this);
    m_cards = new QVBoxLayout(cards);
    m_cards->setContentsMargins(0, 0, 0, 0);
    m_cards->setSpacing(Theme::kSpace);
    column.addWidget(m_head);
    column.addWidget(m_empty);
    column.addWidget(cards);
}

void HealthTab::activated()
{
    m_active = true;
    m_timer.start();
    follow();
    refresh();
}

void HealthTab::deactivated()
{
    m_active = false;
    m_timer.stop();
    if (m_window)
        m_window->setActive(false);
}

// Another function has another window and other objectives.
void HealthTab::follow()
{
    if (!m_active || m_session.name().isEmpty())
        return;
    if (m_function != m_session.name()) {
        m_function = m_session.name();
        m_calls = std::make_unique<QObject>();
        m_objectives.clear();
        take(QList<rpc::Objective>());
        m_window = std::make_unique<models::MetricsWindow>(*m_services.liveMetrics,
                                                           *m_services.monitorApi, m_function);
        m_window->setRange(m_range->currentData().toString());
        connect(m_window.get(), &models::MetricsWindow::changed, this, &HealthTab::drawCharts);
        refresh();
    }
    m_window->setActive(true);
}

void HealthTab::drawCharts()
{
    m_group.setLiveView({double(m_window->toMs() - m_window->range().spanMs), double(m_window->toMs())});
    for (std::size_t i = 0; i < m_charts.size(); ++i) {
        m_charts[i]->setSubtitle(chartSubtitle(kMetrics[i], *m_window, false));
        m_charts[i]->setEmptyText(chartEmptyText(kMetrics[i], *m_window));
        m_charts[i]->setData(chartData(kMetrics[i], *m_window, {}));
    }
}

void HealthTab::refresh()
{
    if (m_active && m_calls)
        m_api.list(m_function, m_calls.get(),
                   [this](const rpc::Result<QList<rpc::Objective>>& answer) { take(answer); });
}

void HealthTab::take(const rpc::Result<QList<rpc::Objective>>& answer)
{
    m_head->setSubtitle(answer || answer.error().unavailable ? QString() : answer.error().message);
    if (!answer)
        return;
    m_objectives = *answer;
    const auto cards = findChildren<ObjectiveCard*>();
    for (ObjectiveCard* card : cards) {
        if (!find(card->name()))
            delete card;
    }
    for (const rpc::Objective& objective : std::as_const(m_objectives))
        cardOf(objective.settings.name)->show(objective);
    m_empty->setVisible(m_objectives.isEmpty());
}

const rpc::Objective* HealthTab::find(const QString& name) const
{
    const auto found =
        std::find_if(m_objectives.begin(), m_objectives.end(),
                     [&name](const rpc::Objective& each) { return each.settings.name == name; });
    return found == m_objectives.end() ? nullptr : &*found;
}

ObjectiveCard* HealthTab::cardOf(const QString& name)
{
    const auto cards = findChildren<ObjectiveCard*>();
    for (ObjectiveCard* card : cards) {
        if (card->name() == name)
            return card;
    }
    auto* card = new ObjectiveCard(name, this);
    m_cards->addWidget(card);
    connect(card, &ObjectiveCard::editRequested, this, &HealthTab::edit);
    connect(card, &ObjectiveCard::alarmRequested, this, &HealthTab::makeAlarm);
    connect(card, &ObjectiveCard::deleteRequested, this, &HealthTab::askToDelete);
    return card;
}

void HealthTab::create()
{
    auto* dialog = new ObjectiveDialog(m_api, m_function, this);
    connect(dialog, &ObjectiveDialog::saved, this, &HealthTab::refresh);
    dialog->open();
}

void HealthTab::edit(const QString& name)
{
    const rpc::Objective* objective = find(name);
    if (!objective)
        return;
    auto* dialog = new ObjectiveDialog(m_api, m_function, this);
    dialog->edit(objective->settings);
    connect(dialog, &ObjectiveDialog::saved, this, &HealthTab::refresh);
    dialog->open();
}

void HealthTab::makeAlarm(const QString& name)
{
    const rpc::Objective* objective = find(name);
    if (!objective)
        return;
    auto* dialog = new BurnAlarmDialog(m_alarms, *objective, this);
    connect(dialog, &BurnAlarmDialog::saved, this,
            [this](const QString& alarm) { Q_EMIT openRequested(QStringLiteral("alarms/") + alarm); });
    dialog->open();
}

void HealthTab::askToDelete(const QString& name)
{
    auto* box = new QMessageBox(QMessageBox::Warning, tr("Delete the objective?"),
                                tr("The objective %1 will be gone, and alarms on its burn rates will have "
                                   "no data. The metrics stay.").arg(name),
                                QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("deleteObjectiveBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton* yes = box->addButton(tr("Delete objective"), QMessageBox::AcceptRole);
    yes->setObjectName(QStringLiteral("confirmDeleteObjective"));
    connect(yes, &QPushButton::clicked, this, [this, name] { remove(name); });
    box->open();
}

void HealthTab::remove(const QString& name)
{
    m_api.remove(name, this, [this](const rpc::Result<rpc::Nothing>& done) {
        if (!done)
            Q_EMIT messageRequested(done.error().message, true);
        refresh();
    });
}

} // namespace gantry::ui
