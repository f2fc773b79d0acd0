#include "ui/pages/monitor/monitor_panel.h"

#include "ui/pages/monitor/invocations_panel.h"
#include "ui/pages/monitor/log_view.h"
#include "ui/pages/monitor/metrics_board.h"
#include "ui/pages/monitor/metrics_toolbar.h"
#include "ui/widgets/theme.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QScrollArea>
#include <QTabWidget>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

MonitorPanel::MonitorPanel(const Services& services, const QString& functionName, QWidget* parent)
    : QWidget(parent), m_board(new MetricsBoard(services, functionName, this)),
      m_toolbar(new MetricsToolbar(*m_board, false, this)),
      m_invocations(new InvocationsPanel(services, functionName, this)),
      m_log(new LogView(services, {functionName}, this))
{
    setObjectName(QStringLiteral("monitorPanel"));
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("monitorTabs"));
    m_tabs->setAccessibleName(tr("Kinds of monitoring"));
    m_charts = makeCharts();
    m_tabs->addTab(m_charts, tr("Metrics"));
    m_tabs->addTab(m_invocations, tr("Invocations"));
    m_tabs->addTab(m_log, tr("Live log"));
    for (QWidget* page : {static_cast<QWidget*>(m_invocations), static_cast<QWidget*>(m_log)})
        page->layout()->setContentsMargins(0, Theme::kSpace, 0, 0);
    connect(m_tabs, &QTabWidget::currentChanged, this, &MonitorPanel::updateActive);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_tabs);
    connect(m_invocations, &InvocationsPanel::replayRequested, this,
            &MonitorPanel::replayRequested);
    connect(m_invocations, &InvocationsPanel::openRequested, this, &MonitorPanel::openRequested);
    connect(m_log, &LogView::openRequested, this, &MonitorPanel::openRequested);
    connect(m_board, &MetricsBoard::alarmRequested, this, &MonitorPanel::openRequested);
    connect(m_board, &MetricsBoard::openRequested, this, &MonitorPanel::openRequested);
    connect(m_board, &MetricsBoard::cellChosen, this,
            [this](const rpc::CellQuery& cell, qint64 count) {
                m_invocations->showCell(cell, count);
                m_tabs->setCurrentWidget(m_invocations);
            });
    connect(m_log, &LogView::invocationRequested, this,
            [this](const QString& requestId) { openInvocation(requestId); });
}

void MonitorPanel::openInvocation(const QString& requestId)
{
    m_tabs->setCurrentWidget(m_invocations);
    m_invocations->open(requestId);
}

void MonitorPanel::setActive(bool active)
{
    m_active = active;
    updateActive();
}

// The log goes on while another tab is in front, so that nothing of it is missed.
void MonitorPanel::updateActive()
{
    m_board->window().setActive(m_active && m_tabs->currentWidget() == m_charts);
    m_invocations->setActive(m_active && m_tabs->currentWidget() == m_invocations);
    m_log->setActive(m_active);
}

void MonitorPanel::keyPressEvent(QKeyEvent* event)
{
    if (!m_toolbar->handleKey(*event))
        QWidget::keyPressEvent(event);
}

QWidget* MonitorPanel::makeCharts()
{
    auto* bar = new QHBoxLayout;
    bar->addStretch();
    bar->addWidget(m_toolbar);
    auto* inside = new QWidget(this);
    inside->setProperty("page", true);
    auto* column = new QVBoxLayout(inside);
    column->setContentsMargins(0, Theme::kSpace, 0, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addLayout(bar);
    column->addWidget(m_board, 1);
    auto* scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("monitorScroll"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(inside);
    return scroll;
}

} // namespace gantry::ui
