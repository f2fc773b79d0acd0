#include "ui/pages/dashboard/dashboard_page.h"

#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/dashboard/board_toolbar.h"
#include "ui/pages/dashboard/dashboard_board.h"
#include "ui/pages/dashboard/functions_table.h"
#include "ui/pages/monitor/cell_dialog.h"
#include "ui/pages/monitor/metrics_board.h"
#include "ui/pages/monitor/metrics_toolbar.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QComboBox>
#include <QFrame>
#include <QKeyEvent>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using models::FunctionsModel;
using widgets::SectionHeader;
using widgets::Theme;

Page* makeDashboardPage(const Services& services, QWidget* parent)
{
    return new DashboardPage(services, parent);
}

DashboardPage::DashboardPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_book(*services.channel),
      m_faces(new QStackedWidget(this)), m_firstRun(makeFirstRun()),
      m_overview(new MetricsBoard(services, QString(), this)),
      m_toolbar(new MetricsToolbar(*m_overview, true, this)),
      m_table(new FunctionsTable(m_overview->window(), FunctionsTable::Height::Fit, this)),
      m_board(new DashboardBoard(m_services, this)),
      m_boardToolbar(new BoardToolbar(*m_board, m_services, this))
{
    setObjectName(QStringLiteral("dashboardPage"));
    makeOwnActions();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_faces);
    m_faces->addWidget(m_firstRun);
    m_faces->addWidget(makeContent());

    connect(&m_overview->window(), &models::MetricsWindow::functionsChanged, this, [this] {
        m_table->refresh();
        m_tableCard->setVisible(!m_table->isEmpty());
    });
    connect(m_table, &FunctionsTable::opened, this, [this](const QString& name) {
        Q_EMIT openRequested(QStringLiteral("functions/%1/monitor").arg(name));
    });
    connect(m_overview, &MetricsBoard::alarmRequested, this, &Page::openRequested);
    connect(m_overview, &MetricsBoard::openRequested, this, &Page::openRequested);
    connect(m_overview, &MetricsBoard::cellChosen, this, &DashboardPage::showCell);
    connect(m_board, &DashboardBoard::cellChosen, this, &DashboardPage::showCell);
    connect(m_board, &DashboardBoard::openRequested, this, &Page::openRequested);
    connect(&m_board->layoutModel(), &models::DashboardLayout::edited, this, [this] {
        if (isOwn())
            m_book.saveSoon(m_name, m_board->layoutModel().dashboard());
    });
    connect(&m_book, &models::DashboardBook::changed, this, &DashboardPage::fillChooser);
    connect(&m_book, &models::DashboardBook::savingChanged, this, &DashboardPage::showSaving);
    if (m_services.functions) {
        const FunctionsModel* functions = m_services.functions;
        connect(functions, &QAbstractItemModel::rowsInserted, this, &DashboardPage::chooseFace);
        connect(functions, &QAbstractItemModel::rowsRemoved, this, &DashboardPage::chooseFace);
        connect(functions, &QAbstractItemModel::modelReset, this, &DashboardPage::chooseFace);
    }
    connect(m_services.liveMetrics, &models::LiveMetrics::liveChanged, this,
            &DashboardPage::chooseFace);
    fillChooser();
    chooseOverview();
}

void DashboardPage::activated()
{
    m_active = true;
    if (m_services.channel->isConnected())
        m_book.refresh(); // the AWS CLI may have made one
    chooseFace();
    setRunning();
}

void DashboardPage::deactivated()
{
    m_active = false;
    m_book.flush();
    setRunning();
}

void DashboardPage::setRunning()
{
    m_overview->window().setActive(m_active && !isOwn());
    m_board->setActive(m_active && isOwn());
}

QList<QAction*> DashboardPage::commands() const
{
    QList<QAction*> commands =
        (isOwn() ? m_boardToolbar->commands() + m_ownActions : m_toolbar->commands()) +
        m_alwaysActions;
    commands.removeIf([](const QAction* action) { return action->isSeparator(); });
    return commands;
}

void DashboardPage::show(const QString& subRoute)
{
    if (subRoute.startsWith(QLatin1String("own/")))
        return choose(subRoute.mid(4));
    if (subRoute.isEmpty())
        return;
    chooseOverview();
    m_overview->window().setRange(subRoute);
}

void DashboardPage::showCell(const rpc::CellQuery& cell, qint64 count)
{
    auto* dialog = new CellDialog(m_services, cell, count, this);
    connect(dialog, &CellDialog::openRequested, this, &Page::openRequested);
    connect(dialog, &CellDialog::messageRequested, this, &Page::messageRequested);
    dialog->QDialog::show();
}

QWidget* DashboardPage::makeFirstRun()
{
    auto* empty = new widgets::EmptyState(this);
    empty->setObjectName(QStringLiteral("dashboardFirstRun"));
    empty->setIcon(QStringLiteral("dashboard"));
    empty->setTitle(tr("Nothing has run yet"));
    empty->setText(tr("Deploy a function and call it: concurrency, durations and cost appear here "
                      "while it runs."));
    empty->setDropHint(tr("Drop a folder or a zip anywhere on the window"));
    auto* button = empty->addAction(QStringLiteral("dashboardDeploy"), tr("Deploy a function…"),
                                    QStringLiteral("deploy"));
    connect(button, &QAbstractButton::clicked, this, [this] { Q_EMIT deployRequested({}); });
    return empty;
}

QWidget* DashboardPage::makeOverview()
{
    m_tableCard = new QFrame(this);
    m_tableCard->setProperty("card", true);
    auto* tableLayout = new QVBoxLayout(m_tableCard);
    tableLayout->setContentsMargins(Theme::kMargin, 12, Theme::kMargin, 12);
    tableLayout->addWidget(m_table);
    m_tableCard->hide();

    auto* inside = new QWidget(this);
    inside->setProperty("page", true);
    auto* column = new QVBoxLayout(inside);
    column->setContentsMargins(Theme::kPageMargin, 0, Theme::kPageMargin, Theme::kPageMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_overview, 1);
    column->addWidget(m_tableCard);

    auto* scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("dashboardScroll"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(inside);
    return scroll;
}

QWidget* DashboardPage::makeContent()
{
    m_chooser = new QComboBox(this);
    widgets::identify(m_chooser, QStringLiteral("dashboardChooser"), tr("Which dashboard"),
                      tr("The overview of the account, or a dashboard of your own"));
    m_chooser->setMinimumWidth(180);
    connect(m_chooser, &QComboBox::activated, this, [this] {
        const QString name = m_chooser->currentData().toString();
        name.isEmpty() ? chooseOverview() : choose(name);
    });
    auto* menuButton =
        widgets::makeIconButton(QStringLiteral("dashboardMenu"), QStringLiteral("more"),
                                tr("Dashboards: new, save, load, export"), this);
    menuButton->setPopupMode(QToolButton::InstantPopup);
    menuButton->setMenu(m_menu);

    m_header = new SectionHeader(tr("Dashboard"), SectionHeader::Level::Page, this);
    m_header->addBeside(m_chooser);
    m_header->addBeside(menuButton);
    m_header->addControl(m_toolbar);
    auto* head = new QWidget(this);
    auto* headColumn = new QVBoxLayout(head);
    headColumn->setContentsMargins(Theme::kPageMargin, Theme::kMargin, Theme::kPageMargin, 0);
    headColumn->setSpacing(Theme::kSpace);
    headColumn->addWidget(m_header);
    headColumn->addWidget(m_boardToolbar);

    auto* own = new QWidget(this);
    auto* ownColumn = new QVBoxLayout(own);
    ownColumn->setContentsMargins(Theme::kPageMargin, 0, Theme::kPageMargin, Theme::kMargin);
    ownColumn->addWidget(m_board);
    m_bodies = new QStackedWidget(this);
    m_bodies->addWidget(makeOverview());
    m_bodies->addWidget(own);

    auto* content = new QWidget(this);
    content->setProperty("page", true);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(head);
    column->addWidget(m_bodies, 1);
    return content;
}

void DashboardPage::keyPressEvent(QKeyEvent* event)
{
    const bool space = event->key() == Qt::Key_Space && event->modifiers() == Qt::NoModifier;
    models::MetricsWindow& own = m_board->data().window();
    if (isOwn() && space)
        own.setPaused(!own.isPaused());
    else if (isOwn() || !m_toolbar->handleKey(*event))
        Page::keyPressEvent(event);
}

void DashboardPage::chooseFace()
{
    const FunctionsModel* functions = m_services.functions;
    const qint64 now = m_services.liveMetrics->nowMs();
    const bool nothing = functions && functions->isLoaded() && functions->rowCount() == 0 &&
                         m_services.liveMetrics->account().totals(0, now).invocations == 0;
    m_faces->setCurrentIndex(nothing && !isOwn() && m_book.names().isEmpty() ? 0 : 1);
}

void DashboardPage::fillChooser()
{
    m_chooser->clear();
    m_chooser->addItem(tr("Overview"), QString());
    for (const QString& name : m_book.names())
        m_chooser->addItem(name, name);
    m_chooser->setCurrentIndex(std::max(0, m_chooser->findData(m_name)));
    chooseFace();
    if (!m_wanted.isEmpty() && m_book.has(m_wanted))
        choose(m_wanted); // it was asked for before the list was there
}

void DashboardPage::chooseOverview()
{
    m_book.flush();
    const bool wasOwn = isOwn();
    m_name.clear();
    m_wanted.clear();
    m_chooser->setCurrentIndex(0);
    m_boardToolbar->edit()->setChecked(false);
    m_bodies->setCurrentIndex(0);
    m_boardToolbar->hide();
    m_toolbar->show();
    for (QAction* action : std::as_const(m_ownActions))
        action->setVisible(false);
    showSaving();
    setRunning();
    chooseFace();
    if (wasOwn)
        Q_EMIT routeChanged(QStringLiteral("overview"));
}

void DashboardPage::choose(const QString& name)
{
    if (name == m_name)
        return;
    m_book.flush();
    m_wanted = name;
    if (!m_services.channel->isConnected())
        return;
    m_book.load(name, this, [this, name](const rpc::Result<models::Dashboard>& dashboard) {
        if (m_wanted != name)
            return;
        m_wanted.clear();
        if (dashboard)
            return take(name, *dashboard);
        m_chooser->setCurrentIndex(std::max(0, m_chooser->findData(m_name)));
        Q_EMIT messageRequested(dashboard.error().message, true);
    });
}

void DashboardPage::take(const QString& name, const models::Dashboard& dashboard)
{
    m_boardToolbar->edit()->setChecked(false);
    m_name.clear(); // what is loaded is no change to save
    m_board->layoutModel().load(dashboard);
    m_name = name;
    m_chooser->setCurrentIndex(std::max(0, m_chooser->findData(name)));
    m_bodies->setCurrentIndex(1);
    m_boardToolbar->show();
    m_toolbar->hide();
    for (QAction* action : std::as_const(m_ownActions))
        action->setVisible(true);
    showSaving();
    chooseFace();
    setRunning();
    Q_EMIT routeChanged(QStringLiteral("own/%1").arg(name));
}

void DashboardPage::showSaving()
{
    const QString& problem = m_book.problem();
    // Always a line, so that what is below does not jump.
    m_header->setSubtitle(!isOwn()             ? QString()
                          : !problem.isEmpty() ? tr("Not saved yet: %1").arg(problem)
                          : m_book.isSaving()  ? tr("Saving…")
                                               : tr("Saved, %1 tiles").arg(
                                                    m_board->layoutModel().dashboard().tiles.size()));
}

} // namespace gantry::ui
