#include "ui/pages/objectives/objective_card.h"

#include "ui/charts/live_chart.h"
#include "ui/models/format.h"
#include "ui/models/objective_text.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/measure_bars.h"
#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gantry::ui {

using rpc::BudgetStatus;
using widgets::Badge;
using widgets::Theme;

namespace {

constexpr int kChartHeight = 190;
constexpr int kFactsWidth = 380;
// What burns a month's budget in two days: the pace at which the SRE workbook wakes somebody.
constexpr double kFast = 14.4;

Badge::Tone toneOf(BudgetStatus status)
{
    switch (status) {
    case BudgetStatus::Ok: return Badge::Tone::Success;
    case BudgetStatus::Warning: return Badge::Tone::Warning;
    case BudgetStatus::Breached: return Badge::Tone::Error;
    case BudgetStatus::InsufficientData: break;
    }
    return Badge::Tone::Neutral;
}

Badge::Tone toneOf(const rpc::BurnRate& rate)
{
    if (!rate.rate)
        return Badge::Tone::Neutral;
    return *rate.rate >= kFast ? Badge::Tone::Error
           : *rate.rate > 1    ? Badge::Tone::Warning
                               : Badge::Tone::Success;
}

QString percentText(double value)
{
    return ObjectiveCard::tr("%1 %").arg(QLocale().toString(value, 'f', value > 99 ? 3 : 1));
}

// A line of the points: the last that was known at each step.
charts::ChartData dataOf(const QList<rpc::BudgetPoint>& points)
{
    charts::ChartData data;
    if (points.size() < 2)
        return data;
    data.binMs = std::max<qint64>(1, points.at(1).timeMs - points.at(0).timeMs);
    data.startMs = points.first().timeMs - data.binMs;
    data.bins = int(points.size());
    charts::Series left{QStringLiteral("left"), ObjectiveCard::tr("Budget left"),
                        Theme::current().series(0), charts::Shape::Line, {}};
    charts::Series none{QStringLiteral("none"), ObjectiveCard::tr("Used up"),
                        Theme::current().color(Theme::Error), charts::Shape::Line, {}};
    for (const rpc::BudgetPoint& point : points) {
        left.values.push_back(point.remainingPercent);
        none.values.push_back(0);
    }
    data.series = {std::move(left), std::move(none)};
    return data;
}

} // namespace

ObjectiveCard::ObjectiveCard(const QString& name, QWidget* parent) : QFrame(parent), m_name(name)
{
    setProperty("card", true);
    setObjectName(QStringLiteral("objective-") + name);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addLayout(makeHead());
    m_text = widgets::makeCaption({}, this);
    m_text->setObjectName(QStringLiteral("objectiveText"));
    column->addWidget(m_text);
    column->addLayout(makeBody());
}

QLayout* ObjectiveCard::makeHead()
{
    m_status = new Badge({}, Badge::Tone::Neutral, this);
    m_status->setObjectName(QStringLiteral("objectiveStatus"));
    const auto button = [this](const char* id, const QString& text, const QString& spoken,
                               const QString& icon, widgets::ButtonKind kind) {
        auto* made = widgets::makeButton(QLatin1String(id), text, kind, icon, this);
        made->setAccessibleName(spoken.arg(m_name));
        made->setToolTip(spoken.arg(m_name));
        return made;
    };
    m_alarm = button("alarmOnObjective", tr("Alarm"), tr("Make an alarm on the burn rate of %1"),
                     QStringLiteral("alarm"), widgets::ButtonKind::Normal);
    m_edit = button("editObjective", tr("Edit"), tr("Change the objective %1"), QStringLiteral("edit"),
                    widgets::ButtonKind::Normal);
    auto* remove = button("deleteObjective", tr("Delete"), tr("Delete the objective %1"),
                          QStringLiteral("trash"), widgets::ButtonKind::Danger);
    connect(m_alarm, &QPushButton::clicked, this, [this] { Q_EMIT alarmRequested(m_name); });
    connect(m_edit, &QPushButton::clicked, this, [this] { Q_EMIT editRequested(m_name); });
    connect(remove, &QPushButton::clicked, this, [this] { Q_EMIT deleteRequested(m_name); });
    auto* row = new QHBoxLayout;
    row->addWidget(widgets::makeHeading(m_name, this));
    row->addSpacing(Theme::kSpace);
    row->addWidget(m_status);
    row->addStretch();
    row->addWidget(m_alarm);
    row->addWidget(m_edit);
    row->addWidget(remove);
    return row;
}

QLayout* ObjectiveCard::makeBody()
{
    m_measures = new widgets::MeasureBars(QStringLiteral("objectiveMeasures"),
                                          tr("Attainment and budget of %1").arg(m_name), this);
    m_rates = new QWidget(this);
    m_rates->setObjectName(QStringLiteral("objectiveRates"));
    new QGridLayout(m_rates);
    auto* facts = new QWidget(this);
    facts->setFixedWidth(kFactsWidth);
    auto* left = new QVBoxLayout(facts);
    left->setContentsMargins(0, 0, 0, 0);
    left->setSpacing(Theme::kSpace);
    left->addWidget(m_measures);
    left->addWidget(widgets::makeCaption(
        tr("Burn rate: at 1 the budget lasts exactly as long as the interval."), facts));
    left->addWidget(m_rates);
    left->addStretch();
    m_chart = new charts::LiveChart(QStringLiteral("budget-") + m_name,
                                    tr("Error budget of %1").arg(m_name), charts::Unit::Count, m_group,
                                    this);
    m_chart->setSubtitle(tr("% left"));
    m_chart->setEmptyText(tr("Nothing was measured in the interval yet."));
    m_chart->setMinimumHeight(kChartHeight);
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kMargin);
    row->addWidget(facts);
    row->addWidget(m_chart, 1);
    return row;
}

void ObjectiveCard::show(const rpc::Objective& objective)
{
    m_status->set(models::statusText(objective.status), toneOf(objective.status));
    m_text->setText(objective.isOfFunction
                        ? models::objectiveText(objective.settings)
                        : tr("Of metrics that were chosen by the AWS API, where it is changed."));
    m_edit->setEnabled(objective.isOfFunction);
    showMeasures(objective);
    if (m_shown != objective.burnRates)
        showRates(objective);
    showHistory(objective);
}

void ObjectiveCard::showMeasures(const rpc::Objective& objective)
{
    const bool measured = objective.attainment.has_value();
    const double left = models::budgetPercent(objective);
    const Theme::Role role = widgets::toneRole(toneOf(objective.status));
    const QString unit = objective.settings.byPeriods ? tr("%1 good, %2 bad periods")
                                                      : tr("%1 good, %2 bad");
    std::vector<widgets::MeasureBars::Bar> bars;
    bars.push_back({tr("Attained"),
                    measured ? tr("%1, goal %2").arg(percentText(*objective.attainment),
                                                     percentText(objective.settings.goal))
                             : QStringLiteral("–"),
                    0, measured ? *objective.attainment / 100 : 0, role});
    bars.push_back({tr("Budget"), models::budgetText(objective), 0,
                    measured ? std::clamp(left / 100, 0.0, 1.0) : 0, role});
    bars.push_back({tr("Counted"),
                    unit.arg(models::formatCount(std::llround(objective.good)),
                             models::formatCount(std::llround(objective.bad))),
                    0, 0, role});
    m_measures->setBars(std::move(bars));
}

void ObjectiveCard::showRates(const rpc::Objective& objective)
{
    m_shown = objective.burnRates;
    qDeleteAll(m_rates->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    auto* grid = static_cast<QGridLayout*>(m_rates->layout());
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(Theme::kMargin);
    int column = 0;
    for (const rpc::BurnRate& rate : std::as_const(m_shown)) {
        auto* window = widgets::makeCaption(models::windowText(rate.windowMinutes), m_rates);
        window->setWordWrap(false);
        auto* value = new Badge(models::rateText(rate), toneOf(rate), m_rates);
        value->setObjectName(QStringLiteral("burnRate-%1").arg(rate.windowMinutes));
        value->setToolTip(rate.configured ? tr("An alarm can watch this one")
                                          : tr("Add the window to the objective to have alarms watch it"));
        grid->addWidget(window, 0, column, Qt::AlignLeft);
        grid->addWidget(value, 1, column++, Qt::AlignLeft);
    }
    grid->setColumnStretch(column, 1);
}

void ObjectiveCard::showHistory(const rpc::Objective& objective)
{
    const charts::ChartData data =
        objective.attainment ? dataOf(objective.history) : charts::ChartData();
    if (data.bins > 0)
        m_group.setLiveView({double(data.startMs), double(data.endMs())});
    m_chart->setData(data);
}

} // namespace gantry::ui
