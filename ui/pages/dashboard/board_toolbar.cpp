#include "ui/pages/dashboard/board_toolbar.h"

#include "ui/models/functions_model.h"
#include "ui/pages/dashboard/dashboard_board.h"
#include "ui/pages/monitor/range_buttons.h"
#include "ui/pages/page.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

#include <algorithm>
#include <utility>

namespace gantry::ui {

using models::DashboardLayout;
using models::MetricsWindow;
using models::TileKind;
using widgets::Theme;

namespace {

struct Offer {
    TileKind kind;
    const char* name; // of its action
    const char* icon;
};
constexpr Offer kOffers[] = {
    {TileKind::Line, "addLine", "load"},
    {TileKind::Area, "addArea", "concurrency"},
    {TileKind::Stacked, "addStacked", "layers"},
    {TileKind::HeatMap, "addHeatMap", "dashboard"},
    {TileKind::Number, "addNumber", "tag"},
    {TileKind::Table, "addTable", "functions"},
    {TileKind::Log, "addLog", "log"},
    {TileKind::Alarms, "addAlarms", "alarm"},
    {TileKind::Text, "addText", "edit"},
};

void showText(QToolButton* button)
{
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
}

} // namespace

BoardToolbar::BoardToolbar(DashboardBoard& board, const Services& services, QWidget* parent)
    : QWidget(parent), m_board(board), m_services(services)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    addEditing(*row);
    addVariables(*row);
    row->addStretch();
    addTime(*row);
    connect(&m_board.layoutModel(), &DashboardLayout::changed, this, &BoardToolbar::takeLayout);
    if (const models::FunctionsModel* functions = m_services.functions) {
        connect(functions, &QAbstractItemModel::rowsInserted, this, &BoardToolbar::takeLayout);
        connect(functions, &QAbstractItemModel::rowsRemoved, this, &BoardToolbar::takeLayout);
    }
    takeLayout();
}

QAction* BoardToolbar::addCommand(const QString& name, const QString& text, const QString& iconName)
{
    auto* action = new QAction(Theme::current().icon(iconName), text, this);
    action->setObjectName(name);
    m_commands.append(action);
    return action;
}

void BoardToolbar::addEditing(QHBoxLayout& row)
{
    m_edit = addCommand(QStringLiteral("editDashboard"), tr("Edit"), QStringLiteral("edit"));
    m_edit->setCheckable(true);
    auto* editButton = widgets::makeActionButton(m_edit, this);
    showText(editButton);
    row.addWidget(editButton);
    m_editing = new QWidget(this);
    auto* inside = new QHBoxLayout(m_editing);
    inside->setContentsMargins(0, 0, 0, 0);
    inside->setSpacing(4);
    auto* add = widgets::makeIconButton(QStringLiteral("addTile"), QStringLiteral("plus"),
                                        tr("Add a tile"), m_editing);
    add->setText(tr("Add a tile"));
    showText(add);
    add->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(add);
    for (const Offer& offer : kOffers) {
        auto* action = menu->addAction(Theme::current().icon(QLatin1String(offer.icon)),
                                       models::nameOf(offer.kind), this,
                                       [this, kind = offer.kind] { m_board.addTile(kind); });
        action->setObjectName(QLatin1String(offer.name));
    }
    add->setMenu(menu);
    inside->addWidget(add);
    QUndoStack& stack = m_board.layoutModel().undoStack();
    QAction* undo = stack.createUndoAction(this, tr("Undo"));
    undo->setObjectName(QStringLiteral("undoDashboard"));
    undo->setIcon(Theme::current().icon(QStringLiteral("undo")));
    undo->setShortcut(QKeySequence::Undo);
    undo->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    QAction* redo = stack.createRedoAction(this, tr("Redo"));
    redo->setObjectName(QStringLiteral("redoDashboard"));
    redo->setIcon(Theme::current().icon(QStringLiteral("redo")));
    redo->setShortcuts(
        {QKeySequence(Qt::CTRL | Qt::Key_Y), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z)});
    redo->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    for (QAction* action : {undo, redo}) {
        m_commands.append(action);
        m_board.addAction(action); // its shortcut counts where the tiles are
        inside->addWidget(widgets::makeActionButton(action, m_editing));
    }
    m_editing->hide();
    row.addWidget(m_editing);
    row.addSpacing(Theme::kSpace);
    connect(m_edit, &QAction::toggled, this, [this](bool editing) {
        m_edit->setText(editing ? tr("Done") : tr("Edit"));
        m_edit->setIcon(
            Theme::current().icon(editing ? QStringLiteral("check") : QStringLiteral("edit")));
        m_editing->setVisible(editing);
        m_board.setEditing(editing);
    });
    connect(&m_board, &DashboardBoard::editRequested, this, [this] { m_edit->setChecked(true); });
}

void BoardToolbar::addVariables(QHBoxLayout& row)
{
    m_variables = new QWidget(this);
    auto* inside = new QHBoxLayout(m_variables);
    inside->setContentsMargins(0, 0, 0, 0);
    inside->setSpacing(4);
    m_function = new QComboBox(m_variables);
    widgets::identify(m_function, QStringLiteral("variableFunction"), tr("Chosen function"),
                      tr("What tiles of “the chosen function” show"));
    m_function->setMinimumWidth(150);
    m_versionLabel = new QLabel(tr("Version"), m_variables);
    m_version = new QComboBox(m_variables);
    widgets::identify(
        m_version, QStringLiteral("variableVersion"), tr("Chosen version"),
        tr("A version or an alias that callers ask for; all versions together without one"));
    m_version->setMinimumWidth(110);
    inside->addWidget(new QLabel(tr("Function"), m_variables));
    inside->addWidget(m_function);
    inside->addWidget(m_versionLabel);
    inside->addWidget(m_version);
    row.addWidget(m_variables);
    connect(m_function, &QComboBox::activated, this, [this] {
        m_version->setCurrentIndex(0); // of another function
        chooseVariables();
    });
    connect(m_version, &QComboBox::activated, this, &BoardToolbar::chooseVariables);
}

void BoardToolbar::addTime(QHBoxLayout& row)
{
    MetricsWindow& window = m_board.data().window();
    QAction* resetZoom =
        addCommand(QStringLiteral("boardResetZoom"), tr("Reset zoom"), QStringLiteral("search"));
    auto* zoomButton = widgets::makeActionButton(resetZoom, this);
    showText(zoomButton);
    zoomButton->hide();
    row.addWidget(zoomButton);
    connect(resetZoom, &QAction::triggered, this, [this] { m_board.group().resetZoom(); });
    connect(&m_board.group(), &charts::ChartGroup::zoomChanged, zoomButton, &QWidget::setVisible);
    row.addWidget(new RangeButtons(QStringLiteral("boardRange"), window, this));
    m_compare = new QComboBox(this);
    widgets::identify(m_compare, QStringLiteral("boardCompare"), tr("Compare with"),
                      tr("Draws another time dashed beside this one. Second by second the past is "
                         "kept for an hour, "
                         "so what is compared is a minute wide in short ranges"));
    m_compare->addItem(tr("No comparison"), QString());
    m_compare->addItem(tr("Same time yesterday"), QStringLiteral("1d"));
    m_compare->addItem(tr("Same time a week ago"), QStringLiteral("7d"));
    row.addWidget(m_compare);
    connect(m_compare, &QComboBox::activated, this, [this] {
        const QString compare = m_compare->currentData().toString();
        m_board.data().setCompare(compare);
        m_board.layoutModel().setView(m_board.data().window().range().id, compare);
    });
    QAction* marks = addCommand(QStringLiteral("boardMarks"), tr("Annotations"), QStringLiteral("tag"));
    marks->setCheckable(true);
    marks->setChecked(m_board.group().areMarksShown());
    marks->setToolTip(tr("Mark deploys, alarms and tuning runs on the charts"));
    connect(marks, &QAction::toggled, &m_board.group(), &charts::ChartGroup::setMarksShown);
    row.addWidget(widgets::makeActionButton(marks, this));
    QAction* pause = addCommand(QStringLiteral("boardPause"), tr("Pause"), QStringLiteral("pause"));
    pause->setCheckable(true);
    connect(pause, &QAction::toggled, &window, &MetricsWindow::setPaused);
    connect(&window, &MetricsWindow::pausedChanged, this, [pause](bool on) {
        pause->setChecked(on);
        pause->setText(on ? tr("Resume") : tr("Pause"));
        pause->setIcon(
            Theme::current().icon(on ? QStringLiteral("play") : QStringLiteral("pause")));
    });
    row.addWidget(widgets::makeActionButton(pause, this));
    QAction* full = addCommand(QStringLiteral("boardFullScreenAction"),
                               tr("Dashboard on the full screen"), QStringLiteral("full-screen"));
    connect(full, &QAction::triggered, this, [this] { m_board.setFullScreen(true); });
    row.addWidget(widgets::makeActionButton(full, this));
}

void BoardToolbar::takeLayout()
{
    const models::Dashboard& dashboard = m_board.layoutModel().dashboard();
    m_compare->setCurrentIndex(std::max(0, m_compare->findData(dashboard.compare)));
    const bool version = dashboard.uses(models::kVersionVariable);
    m_variables->setVisible(version || dashboard.uses(models::kFunctionVariable));
    m_versionLabel->setVisible(version);
    m_version->setVisible(version);
    QStringList names = m_services.functions ? m_services.functions->names() : QStringList();
    // One that was chosen before it was deleted stays chosen.
    if (!dashboard.function.isEmpty() && !names.contains(dashboard.function))
        names.append(dashboard.function);
    if (names != m_names || m_function->count() == 0) {
        m_names = names;
        m_function->clear();
        m_function->addItem(tr("All functions"), QString());
        for (const QString& name : std::as_const(names))
            m_function->addItem(name, name);
    }
    m_function->setCurrentIndex(m_function->findData(dashboard.function));
    if (version)
        fillVersions();
}

void BoardToolbar::fillVersions()
{
    const models::Dashboard& dashboard = m_board.layoutModel().dashboard();
    if (m_versionsOf != dashboard.function || m_version->count() == 0) {
        m_versionsOf = dashboard.function;
        m_version->clear();
        m_version->addItem(tr("All versions"), QString());
        const auto offer = [this](const QString& name) {
            if (m_version->findData(name) < 0)
                m_version->addItem(name, name);
            m_version->setCurrentIndex(
                std::max(0, m_version->findData(m_board.layoutModel().dashboard().version)));
        };
        if (!m_versionsOf.isEmpty() && m_services.functionsApi) {
            m_services.functionsApi->listAliases(
                m_versionsOf, this,
                [this, of = m_versionsOf,
                 offer](const rpc::Result<std::vector<rpc::Alias>>& aliases) {
                    if (!aliases || of != m_versionsOf)
                        return;
                    for (const rpc::Alias& alias : *aliases)
                        offer(alias.name);
                });
            m_services.functionsApi->listVersions(
                m_versionsOf, this,
                [this, of = m_versionsOf,
                 offer](const rpc::Result<std::vector<rpc::FunctionConfiguration>>& versions) {
                    if (!versions || of != m_versionsOf)
                        return;
                    for (const rpc::FunctionConfiguration& version : *versions)
                        offer(version.version);
                });
        }
    }
    if (m_version->findData(dashboard.version) < 0)
        m_version->addItem(dashboard.version, dashboard.version);
    m_version->setCurrentIndex(m_version->findData(dashboard.version));
}

void BoardToolbar::chooseVariables()
{
    m_board.layoutModel().setVariables(m_function->currentData().toString(),
                                       m_version->currentData().toString());
}

} // namespace gantry::ui
