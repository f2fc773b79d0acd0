#include "ui/pages/findings/finding_detail.h"

#include "ui/charts/live_chart.h"
#include "ui/models/finding_text.h"
#include "ui/pages/findings/finding_tone.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using rpc::FindingUnit;
using widgets::Theme;

namespace {

constexpr int kChartHeight = 220;
constexpr double kMb = 1024.0 * 1024.0;
constexpr qint64 kHourMs = 3'600'000;

charts::Unit chartUnitOf(FindingUnit unit)
{
    return unit == FindingUnit::Usd            ? charts::Unit::Dollars
           : unit == FindingUnit::Milliseconds ? charts::Unit::Milliseconds
                                               : charts::Unit::Count;
}

charts::ChartData dataOf(const rpc::FindingSeries& from)
{
    const double scale = from.unit == FindingUnit::Bytes ? 1 / kMb : 1;
    charts::ChartData data;
    data.startMs = from.startMs;
    data.binMs = from.widthMs;
    data.bins = int(from.values.size());
    charts::Series values{QStringLiteral("values"), from.name, Theme::current().series(0),
                          charts::Shape::Step, {}};
    for (const double value : from.values)
        values.values.push_back(value * scale);
    data.series.push_back(std::move(values));
    if (from.hasThreshold) {
        charts::Series limit{QStringLiteral("limit"), FindingDetail::tr("Limit"),
                             Theme::current().color(Theme::Error), charts::Shape::Line, {}};
        limit.values.assign(std::size_t(data.bins), from.threshold * scale);
        data.series.push_back(std::move(limit));
    }
    return data;
}

QString timeText(qint64 unixMs)
{
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(unixMs), QStringLiteral("d MMM HH:mm"));
}

} // namespace

FindingDetail::FindingDetail(QWidget* parent)
    : QFrame(parent), m_title(widgets::makeHeading({}, this)), m_severity(new widgets::Badge),
      m_text(new QLabel(this)), m_rule(widgets::makeCaption({}, this))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("findingDetail"));
    m_text->setObjectName(QStringLiteral("findingText"));
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_rule->setObjectName(QStringLiteral("findingRule"));
    m_chartCard = new QFrame(this);
    m_chartCard->setProperty("card", true);
    m_chartCard->setMinimumHeight(kChartHeight);
    new QVBoxLayout(m_chartCard);
    m_chartCard->layout()->setContentsMargins(1, 1, 1, 1);
    m_factsHost = new QWidget(this);
    new QVBoxLayout(m_factsHost);
    m_factsHost->layout()->setContentsMargins(0, 0, 0, 0);
    m_actions = new QWidget(this);
    new QVBoxLayout(m_actions);
    m_actions->layout()->setContentsMargins(0, 0, 0, 0);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addLayout(makeHead());
    column->addWidget(m_text);
    column->addWidget(m_actions);
    column->addWidget(m_chartCard, 1);
    column->addWidget(m_factsHost);
    column->addWidget(m_rule);
    column->addLayout(makeAnswers());
}

QLayout* FindingDetail::makeHead()
{
    auto* close = widgets::makeIconButton(QStringLiteral("closeFinding"), QStringLiteral("close"),
                                          tr("Close the finding"), this);
    connect(close, &QToolButton::clicked, this, &FindingDetail::closeRequested);
    auto* head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addSpacing(Theme::kSpace);
    head->addWidget(m_severity);
    head->addStretch();
    head->addWidget(close);
    return head;
}

QLayout* FindingDetail::makeAnswers()
{
    m_dismiss = widgets::makeButton(QStringLiteral("dismissFinding"), tr("Dismiss"),
                                    widgets::ButtonKind::Normal, QStringLiteral("check"), this);
    m_dismiss->setToolTip(tr("Never show this finding of this function again, unless it is restored"));
    m_snooze = widgets::makeButton(QStringLiteral("snoozeFinding"), tr("Snooze"),
                                   widgets::ButtonKind::Normal, QStringLiteral("clock"), this);
    m_snooze->setToolTip(tr("Hide the finding for a time"));
    m_restore = widgets::makeButton(QStringLiteral("restoreFinding"), tr("Restore"),
                                    widgets::ButtonKind::Normal, QStringLiteral("refresh"), this);
    m_restore->setToolTip(tr("Show the finding among the open ones again"));
    auto* menu = new QMenu(m_snooze);
    menu->setObjectName(QStringLiteral("snoozeMenu"));
    const auto offer = [this, menu](const char* name, const QString& text, qint64 ms) {
        QAction* action = menu->addAction(text);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this, [this, ms] {
            Q_EMIT dismissRequested(id(), QDateTime::currentMSecsSinceEpoch() + ms);
        });
    };
    offer("snoozeHour", tr("For an hour"), kHourMs);
    offer("snoozeDay", tr("For a day"), 24 * kHourMs);
    offer("snoozeWeek", tr("For a week"), 7 * 24 * kHourMs);
    m_snooze->setMenu(menu);
    connect(m_dismiss, &QPushButton::clicked, this, [this] { Q_EMIT dismissRequested(id(), 0); });
    connect(m_restore, &QPushButton::clicked, this, [this] { Q_EMIT restoreRequested(id()); });
    auto* row = new QHBoxLayout;
    row->addStretch();
    row->addWidget(m_restore);
    row->addWidget(m_snooze);
    row->addWidget(m_dismiss);
    return row;
}

void FindingDetail::setFinding(const rpc::HealthFinding& finding, const QString& rule)
{
    const bool another = finding.id != m_finding.id;
    const bool sameChart = !another && finding.series == m_finding.series;
    m_finding = finding;
    m_title->setText(finding.title);
    m_severity->set(models::severityText(finding.severity), toneOf(finding.severity));
    m_text->setText(tr("%1: %2").arg(finding.function, finding.text));
    m_rule->setText(tr("Found when: %1 Judged by what was measured from %2 to %3.")
                        .arg(rule, timeText(finding.fromMs), timeText(finding.toMs)));
    m_dismiss->setVisible(!finding.dismissed);
    m_snooze->setVisible(!finding.dismissed);
    m_restore->setVisible(finding.dismissed);
    if (!sameChart)
        showSeries();
    showNumbers();
    if (another)
        showActions();
}

void FindingDetail::showSeries()
{
    delete m_chart;
    m_chart = nullptr;
    m_chartCard->setVisible(!m_finding.series.values.isEmpty());
    if (m_finding.series.values.isEmpty())
        return;
    m_chart = new charts::LiveChart(QStringLiteral("finding"), m_finding.series.name,
                                    chartUnitOf(m_finding.series.unit), m_group, m_chartCard);
    if (m_finding.series.unit == FindingUnit::Bytes)
        m_chart->setSubtitle(tr("MB"));
    m_chart->setEmptyText(tr("Nothing was measured in this time."));
    m_chartCard->layout()->addWidget(m_chart);
    const charts::ChartData data = dataOf(m_finding.series);
    m_group.setLiveView({double(data.startMs), double(data.endMs())});
    m_chart->setData(data);
}

void FindingDetail::showNumbers()
{
    delete m_facts;
    m_facts = new widgets::FactGrid(m_factsHost);
    m_factsHost->layout()->addWidget(m_facts);
    for (const rpc::FindingNumber& number : std::as_const(m_finding.numbers))
        m_facts->set(number.name, models::numberText(number.value, number.unit));
    m_facts->set(tr("First seen"), timeText(m_finding.firstSeenMs));
    m_facts->set(tr("Last seen"), timeText(m_finding.lastSeenMs));
    m_facts->set(tr("State"), models::stateText(m_finding));
}

void FindingDetail::showActions()
{
    qDeleteAll(m_actions->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    delete m_actions->layout();
    auto* row = new QHBoxLayout(m_actions);
    row->setContentsMargins(0, 0, 0, 0);
    for (const rpc::FindingAction action : std::as_const(m_finding.actions)) {
        const bool best = action == m_finding.actions.first();
        auto* button = widgets::makeButton(
            QStringLiteral("findingAction%1").arg(int(action)), models::actionText(action),
            best ? widgets::ButtonKind::Primary : widgets::ButtonKind::Normal, {}, m_actions);
        connect(button, &QPushButton::clicked, this, [this, action] {
            Q_EMIT openRequested(models::actionRoute(action, m_finding.function));
        });
        row->addWidget(button);
    }
    row->addStretch();
}

} // namespace gantry::ui
