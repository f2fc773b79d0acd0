#include "ui/pages/monitor/metrics_toolbar.h"

#include "ui/pages/monitor/metrics_board.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QButtonGroup>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QToolButton>

namespace gantry::ui {

using models::MetricsRange;
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

    addRanges(*layout);
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

void MetricsToolbar::addRanges(QHBoxLayout& layout)
{
    auto* group = new QButtonGroup(this);
    for (const MetricsRange& range : models::metricsRanges()) {
        auto* button = new QToolButton(this);
        widgets::identify(button, QStringLiteral("range_%1").arg(range.id),
                          tr("Range %1").arg(range.label), tr("The last %1").arg(range.label));
        button->setText(range.id);
        button->setCheckable(true);
        button->setChecked(range.id == m_board.window().range().id);
        button->setFocusPolicy(Qt::TabFocus);
        group->addButton(button);
        layout.addWidget(button);
        connect(button, &QToolButton::clicked, this,
                [this, id = range.id] { m_board.window().setRange(id); });
        // A route or a command may choose the range as well.
        connect(&m_board.window(), &MetricsWindow::rangeChanged, button, [this, button, id = range.id] {
            button->setChecked(id == m_board.window().range().id);
        });
    }
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
