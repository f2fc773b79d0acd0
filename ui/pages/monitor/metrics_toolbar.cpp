#include "ui/pages/monitor/metrics_toolbar.h"

#include "ui/pages/monitor/metrics_board.h"
#include "ui/pages/monitor/range_buttons.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QToolButton>

namespace gantry::ui {

using models::MetricsWindow;
using widgets::Theme;

MetricsToolbar::MetricsToolbar(MetricsBoard& board, bool withBreakdown, QWidget* parent)
    : QWidget(parent), m_board(board)
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);

    QAction* resetZoom =
        addCommand(QStringLiteral("resetZoom"), tr("Reset zoom"), QStringLiteral("search"));
    auto* zoomButton = widgets::makeActionButton(resetZoom, this);
    zoomButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    zoomButton->hide();
    layout->addWidget(zoomButton);
    connect(resetZoom, &QAction::triggered, this, [this] { m_board.group().resetZoom(); });
    connect(&board.group(), &charts::ChartGroup::zoomChanged, zoomButton, &QWidget::setVisible);

    layout->addWidget(new RangeButtons(QStringLiteral("range"), board.window(), this));
    layout->addSpacing(Theme::kSpace);

    if (withBreakdown) {
        QAction* byFunction = addCommand(QStringLiteral("byFunction"), tr("By function"),
                                         QStringLiteral("functions"));
        byFunction->setCheckable(true);
        connect(byFunction, &QAction::toggled, &board, &MetricsBoard::setByFunction);
        auto* button = widgets::makeActionButton(byFunction, this);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        layout->addWidget(button);
    }

    QAction* marks = addCommand(QStringLiteral("showMarks"), tr("Annotations"), QStringLiteral("tag"));
    marks->setCheckable(true);
    marks->setChecked(board.group().areMarksShown());
    marks->setToolTip(tr("Mark deploys, alarms and tuning runs on the charts"));
    connect(marks, &QAction::toggled, &board.group(), &charts::ChartGroup::setMarksShown);
    layout->addWidget(widgets::makeActionButton(marks, this));

    QAction* pause =
        addCommand(QStringLiteral("pauseMetrics"), tr("Pause"), QStringLiteral("pause"));
    pause->setCheckable(true);
    connect(pause, &QAction::toggled, &board.window(), &MetricsWindow::setPaused);
    auto* pauseButton = widgets::makeActionButton(pause, this);
    pauseButton->setToolTip(tr("%1 (Space)").arg(pause->text()));
    connect(&board.window(), &MetricsWindow::pausedChanged, this, [pause, pauseButton](bool on) {
        pause->setChecked(on);
        pause->setText(on ? tr("Resume") : tr("Pause"));
        pause->setIcon(
            Theme::current().icon(on ? QStringLiteral("play") : QStringLiteral("pause")));
        pauseButton->setToolTip(tr("%1 (Space)").arg(pause->text()));
    });
    layout->addWidget(pauseButton);

    auto* exportButton = widgets::makeIconButton(QStringLiteral("exportMetrics"),
                                                 QStringLiteral("export"), tr("Export"), this);
    exportButton->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(exportButton);
    QAction* image = addCommand(QStringLiteral("saveMetricsImage"), tr("Save all charts as PNG…"),
                                QStringLiteral("export"));
    QAction* csv = addCommand(QStringLiteral("saveMetricsCsv"), tr("Save all numbers as CSV…"),
                              QStringLiteral("export"));
    connect(image, &QAction::triggered, &board, &MetricsBoard::saveImage);
    connect(csv, &QAction::triggered, &board, &MetricsBoard::saveCsv);
    menu->addAction(image);
    menu->addAction(csv);
    exportButton->setMenu(menu);
    layout->addWidget(exportButton);
}

bool MetricsToolbar::handleKey(const QKeyEvent& event)
{
    if (event.key() != Qt::Key_Space || event.modifiers() != Qt::NoModifier)
        return false;
    m_board.window().setPaused(!m_board.window().isPaused());
    return true;
}

QAction* MetricsToolbar::addCommand(const QString& name, const QString& text,
                                    const QString& iconName)
{
    auto* action = new QAction(Theme::current().icon(iconName), text, this);
    action->setObjectName(name);
    m_commands.append(action);
    return action;
}

} // namespace gantry::ui
