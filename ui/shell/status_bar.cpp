#include "ui/shell/status_bar.h"

#include "ui/models/format.h"
#include "ui/models/live_metrics.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"

#include <QEvent>
#include <QLabel>
#include <QToolButton>

namespace gantry::ui {

using widgets::Badge;
using State = BackendProcess::State;

namespace {

constexpr int kLight = 9;

QString stateText(State state)
{
    switch (state) {
    case State::Stopped: return StatusBar::tr("Platform stopped");
    case State::Starting: return StatusBar::tr("Platform starting…");
    case State::Running: return StatusBar::tr("Connected");
    case State::Stopping: return StatusBar::tr("Platform stopping…");
    case State::Waiting: return StatusBar::tr("Platform ended, starting again…");
    case State::Failed: return StatusBar::tr("No platform");
    }
    return {};
}

Badge::Tone stateTone(State state)
{
    switch (state) {
    case State::Running: return Badge::Tone::Success;
    case State::Starting:
    case State::Stopping:
    case State::Waiting: return Badge::Tone::Warning;
    case State::Failed: return Badge::Tone::Error;
    case State::Stopped: break;
    }
    return Badge::Tone::Neutral;
}

QLabel* makeNumber(const char* name, const QString& accessibleName, QWidget* parent)
{
    auto* label = new QLabel(parent);
    widgets::identify(label, QLatin1String(name), accessibleName);
    return label;
}

} // namespace

StatusBar::StatusBar(const models::LiveMetrics* metrics, QWidget* parent)
    : QStatusBar(parent), m_metrics(metrics)
{
    setObjectName(QStringLiteral("statusBar"));
    setSizeGripEnabled(false);
    setContentsMargins(8, 0, 12, 0);

    m_connection = new QToolButton(this);
    m_connection->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_connection->setIconSize(QSize(kLight, kLight));
    widgets::identify(m_connection, QStringLiteral("connectionState"), tr("Connection"),
                      tr("State of the platform; click for its page"));
    connect(m_connection, &QToolButton::clicked, this, &StatusBar::platformClicked);
    addWidget(m_connection);

    m_concurrency = makeNumber("statusConcurrency", tr("Concurrent executions"), this);
    m_cost = makeNumber("statusCost", tr("Cost per hour"), this);
    m_cost->setToolTip(tr("What the last minute would cost on AWS, for an hour"));
    m_engine = makeNumber("statusEngine", tr("Isolation engine"), this);
    for (QLabel* label : {m_concurrency, m_cost, m_engine}) {
        label->setContentsMargins(12, 0, 0, 0);
        addPermanentWidget(label);
    }
    if (m_metrics) {
        connect(m_metrics, &models::LiveMetrics::updated, this, &StatusBar::showNumbers);
        connect(m_metrics, &models::LiveMetrics::liveChanged, this, &StatusBar::showNumbers);
    }
    showState(State::Stopped);
}

void StatusBar::showState(State state)
{
    m_state = state;
    m_connection->setText(QLatin1Char(' ') + stateText(state));
    m_connection->setAccessibleDescription(stateText(state));
    m_engine->setVisible(state == State::Running);
    showLight();
    showNumbers();
}

void StatusBar::showEngine(const QString& engine, const QString& endpoint)
{
    // Without isolation this warning stands as long as the platform runs.
    const bool isolated = engine != QLatin1String("process");
    m_engine->setText(isolated ? tr("%1 engine · %2").arg(engine, endpoint)
                               : tr("No isolation · %1").arg(endpoint));
    widgets::setStyleProperty(m_engine, "tone",
                              isolated ? QString() : QStringLiteral("warning"));
}

void StatusBar::showNumbers()
{
    const bool live = m_metrics && m_metrics->isLive() && m_state == State::Running;
    m_concurrency->setVisible(live);
    m_cost->setVisible(live);
    if (!live)
        return;
    m_concurrency->setText(tr("%1 running").arg(models::formatCount(m_metrics->concurrency())));
    m_cost->setText(tr("%1 / h").arg(models::formatUsd(m_metrics->costPerHourUsd())));
}

void StatusBar::showLight()
{
    m_connection->setIcon(
        QIcon(widgets::toneDot(stateTone(m_state), kLight, devicePixelRatioF())));
}

void StatusBar::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange && m_connection)
        showLight();
    QStatusBar::changeEvent(event);
}

} // namespace gantry::ui
