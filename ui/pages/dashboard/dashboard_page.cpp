#include "ui/pages/dashboard/dashboard_page.h"

#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/dashboard/functions_table.h"
#include "ui/pages/monitor/cell_dialog.h"
#include "ui/pages/monitor/metrics_board.h"
#include "ui/pages/monitor/metrics_toolbar.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QFrame>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
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
    : Page(parent), m_services(services), m_faces(new QStackedWidget(this)),
      m_firstRun(makeFirstRun()), m_board(new MetricsBoard(services, QString(), this)),
      m_toolbar(new MetricsToolbar(*m_board, true, this)),
      m_table(new FunctionsTable(m_board->window(), this))
{
    setObjectName(QStringLiteral("dashboardPage"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_faces);
    m_faces->addWidget(m_firstRun);
    m_faces->addWidget(makeContent());

    connect(&m_board->window(), &models::MetricsWindow::functionsChanged, m_table,
            &FunctionsTable::refresh);
    connect(m_table, &FunctionsTable::opened, this, [this](const QString& name) {
        Q_EMIT openRequested(QStringLiteral("functions/%1/monitor").arg(name));
    });
    connect(m_board, &MetricsBoard::alarmRequested, this, &Page::openRequested);
    connect(m_board, &MetricsBoard::openRequested, this, &Page::openRequested);
    connect(m_board, &MetricsBoard::cellChosen, this,
            [this](const rpc::CellQuery& cell, qint64 count) {
                auto* dialog = new CellDialog(m_services, cell, count, this);
                connect(dialog, &CellDialog::openRequested, this, &Page::openRequested);
                connect(dialog, &CellDialog::messageRequested, this, &Page::messageRequested);
                dialog->QDialog::show();
            });
    if (m_services.functions) {
        const FunctionsModel* functions = m_services.functions;
        connect(functions, &QAbstractItemModel::rowsInserted, this, &DashboardPage::chooseFace);
        connect(functions, &QAbstractItemModel::rowsRemoved, this, &DashboardPage::chooseFace);
        connect(functions, &QAbstractItemModel::modelReset, this, &DashboardPage::chooseFace);
    }
    connect(m_services.liveMetrics, &models::LiveMetrics::liveChanged, this,
            &DashboardPage::chooseFace);
    chooseFace();
}

void DashboardPage::activated()
{
    chooseFace();
    m_board->window().setActive(true);
}

void DashboardPage::deactivated()
{
    m_board->window().setActive(false);
}

QList<QAction*> DashboardPage::commands() const
{
    return m_toolbar->commands();
}

void DashboardPage::show(const QString& subRoute)
{
    m_board->window().setRange(subRoute);
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

QWidget* DashboardPage::makeContent()
{
    auto* header = new SectionHeader(tr("Dashboard"), SectionHeader::Level::Page, this);
    header->addControl(m_toolbar);

    auto* tableCard = new QFrame(this);
    tableCard->setProperty("card", true);
    auto* tableLayout = new QVBoxLayout(tableCard);
    tableLayout->setContentsMargins(Theme::kMargin, 12, Theme::kMargin, 12);
    tableLayout->addWidget(m_table);

    auto* inside = new QWidget(this);
    inside->setProperty("page", true);
    auto* column = new QVBoxLayout(inside);
    column->setContentsMargins(Theme::kPageMargin, Theme::kMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(header);
    column->addSpacing(Theme::kSpace);
    column->addWidget(m_board, 1);
    column->addWidget(tableCard);

    auto* scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("dashboardScroll"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(inside);
    return scroll;
}

void DashboardPage::keyPressEvent(QKeyEvent* event)
{
    if (!m_toolbar->handleKey(*event))
        Page::keyPressEvent(event);
}

void DashboardPage::chooseFace()
{
    const FunctionsModel* functions = m_services.functions;
    const qint64 now = m_services.liveMetrics->nowMs();
    const bool nothing = functions && functions->isLoaded() && functions->rowCount() == 0 &&
                         m_services.liveMetrics->account().totals(0, now).invocations == 0;
    m_faces->setCurrentIndex(nothing ? 0 : 1);
}

} // namespace gantry::ui
