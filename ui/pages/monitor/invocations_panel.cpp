#include "ui/pages/monitor/invocations_panel.h"

#include "ui/charts/axis_ticks.h"
#include "ui/models/format.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/monitor/invocation_detail_view.h"
#include "ui/pages/page.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using models::InvocationsModel;
using widgets::Badge;
using widgets::Theme;

namespace {

constexpr int kPageSize = 100;
constexpr int kRefreshMs = 1000;
constexpr int kRowHeight = 32;

// The outcome as a badge.
class StatusDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyleOptionViewItem bare = option;
        initStyleOption(&bare, index);
        bare.text.clear();
        option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &bare, painter, option.widget);
        const bool failed = index.data(InvocationsModel::FailedRole).toBool();
        Badge::paint(painter, option.rect.adjusted(8, 0, -8, 0), index.data().toString(),
                     failed ? Badge::Tone::Error : Badge::Tone::Success);
    }
};

} // namespace

InvocationsPanel::InvocationsPanel(const Services& services, const QString& functionName,
                                   QWidget* parent)
    : QWidget(parent), m_api(*services.monitorApi), m_cells(*services.channel), m_live(*services.liveMetrics),
      m_functionName(functionName), m_sorted(new QSortFilterProxyModel(this)),
      m_table(new QTableView(this)), m_notice(new QLabel(this)),
      m_filterBar(new QFrame(this)), m_list(new QWidget(this)),
      m_detail(new InvocationDetailView(services, this))
{
    setObjectName(QStringLiteral("invocationsPanel"));
    buildTable();
    m_notice->setObjectName(QStringLiteral("invocationNotice"));
    m_notice->setProperty("muted", true);
    m_notice->setAlignment(Qt::AlignCenter);
    m_notice->setMinimumHeight(48);
    m_detail->hide();
    connect(m_detail, &InvocationDetailView::closeRequested, this, [this] {
        m_detail->hide();
        widen(false);
    });
    connect(m_detail, &InvocationDetailView::openRequested, this, &InvocationsPanel::openRequested);
    connect(m_detail, &InvocationDetailView::replayRequested, this,
            &InvocationsPanel::replayRequested);

    connect(m_detail, &InvocationDetailView::wideRequested, this, &InvocationsPanel::widen);

    auto* leftLayout = new QVBoxLayout(m_list);
    leftLayout->setContentsMargins(0, 0, 0, 0);
    leftLayout->addWidget(makeFilterBar());
    leftLayout->addWidget(m_notice);
    leftLayout->addWidget(m_table, 1);
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setObjectName(QStringLiteral("invocationSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_list);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({440, 640});
    m_list->setMinimumWidth(360);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);

    m_timer.setInterval(kRefreshMs);
    connect(&m_timer, &QTimer::timeout, this, &InvocationsPanel::refresh);
    connect(&m_live, &models::LiveMetrics::updated, this, &InvocationsPanel::onLiveUpdated);
    connect(&m_live, &models::LiveMetrics::liveChanged, this, [this] { m_stale = true; });
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, [this] { describe({}); });
    connect(&m_model, &QAbstractItemModel::modelReset, this, [this] { describe({}); });
    describe({});
}

void InvocationsPanel::setActive(bool active)
{
    if (m_active == active)
        return;
    m_active = active;
    m_stale = true;
    if (active) {
        m_timer.start();
        refresh();
    } else {
        m_timer.stop();
    }
}

QWidget* InvocationsPanel::makeFilterBar()
{
    m_filterBar->setObjectName(QStringLiteral("cellFilter"));
    m_filterBar->setProperty("chip", true);
    m_filter = new QLabel(m_filterBar);
    m_filter->setObjectName(QStringLiteral("cellFilterText"));
    m_filter->setTextFormat(Qt::PlainText);
    m_filter->setWordWrap(true);
    auto* clear = widgets::makeIconButton(QStringLiteral("clearCellFilter"), QStringLiteral("close"),
                                          tr("Show all invocations again"), m_filterBar);
    connect(clear, &QToolButton::clicked, this, &InvocationsPanel::clearCell);
    auto* row = new QHBoxLayout(m_filterBar);
    row->setContentsMargins(Theme::kSpace, 2, 2, 2);
    row->addWidget(m_filter, 1);
    row->addWidget(clear);
    m_filterBar->hide();
    return m_filterBar;
}

void InvocationsPanel::showCell(const rpc::CellQuery& cell, qint64 count)
{
    m_cell = cell;
    m_cellCount = count;
    m_filter->setText(tr("Finished %1 to %2, took more than %3, up to %4%5")
                          .arg(charts::formatTime(cell.finishedFromMs, 1000),
                               charts::formatTime(cell.finishedToMs, 1000),
                               models::formatMs(cell.durationAboveMs),
                               models::formatMs(cell.durationToMs),
                               cell.qualifier.isEmpty() ? QString() : tr(", called as %1").arg(cell.qualifier)));
    m_filterBar->show();
    m_detail->hide();
    widen(false);
    ask();
}

void InvocationsPanel::clearCell()
{
    m_cell.reset();
    m_filterBar->hide();
    ask();
}

// Another question: what is there answers it no more.
void InvocationsPanel::ask()
{
    ++m_question;
    m_fetching = false;
    m_stale = true;
    m_model.clear();
    refresh();
}

// An answer to another question is dropped.
void InvocationsPanel::list(qint64 beforeMs,
                            std::function<void(rpc::Result<QList<rpc::InvocationSummary>>)> done)
{
    const auto take = [this, question = m_question,
                       done = std::move(done)](const rpc::Result<QList<rpc::InvocationSummary>>& found) {
        if (question != m_question)
            return;
        m_fetching = false;
        done(found);
    };
    m_fetching = true;
    if (m_cell)
        m_cells.invocationsOf(*m_cell, kPageSize, beforeMs, this, take);
    else
        m_api.listInvocations({m_functionName, kPageSize, beforeMs}, this, take);
}

// The list makes room for the invocation that is open.
void InvocationsPanel::widen(bool wide)
{
    m_list->setHidden(wide);
    m_detail->setWide(wide);
}

void InvocationsPanel::open(const QString& requestId)
{
    if (const int row = m_model.rowOf(requestId); row >= 0) {
        m_detail->showSummary(m_model.at(row));
    } else {
        rpc::InvocationSummary unknown;
        unknown.requestId = requestId;
        m_detail->showSummary(unknown);
    }
    m_detail->show();
    m_api.getInvocation(requestId, this,
                        [this, requestId](const rpc::Result<rpc::InvocationDetail>& detail) {
                            if (m_detail->requestId() != requestId)
                                return; // another one was selected meanwhile
                            if (detail)
                                m_detail->showDetail(*detail);
                            else
                                m_detail->showProblem(detail.error().message);
                        });
}

void InvocationsPanel::buildTable()
{
    m_sorted->setSourceModel(&m_model);
    m_sorted->setSortRole(InvocationsModel::SortRole);
    m_table->setModel(m_sorted);
    m_table->setObjectName(QStringLiteral("monitorInvocations"));
    m_table->setAccessibleName(tr("Latest invocations"));
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(InvocationsModel::Time, Qt::DescendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setItemDelegateForColumn(InvocationsModel::Status, new StatusDelegate(m_table));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    static constexpr int kWidths[InvocationsModel::ColumnCount] = {168, 150, 160, 96, 80, 120,
                                                                   148, 132, 96, 280};
    for (int column = 0; column < InvocationsModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setStretchLastSection(true);
    m_table->setColumnHidden(InvocationsModel::Function, !m_functionName.isEmpty());
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &InvocationsPanel::openCurrent);
    connect(m_table, &QTableView::clicked, this, &InvocationsPanel::openCurrent);
    connect(m_table->verticalScrollBar(), &QScrollBar::valueChanged, this, [this](int value) {
        if (value > 0 && value == m_table->verticalScrollBar()->maximum())
            fetchOlder();
    });
}

void InvocationsPanel::refresh()
{
    if (!m_stale || m_fetching)
        return;
    m_stale = false;
    list(0, [this](const auto& newest) { takeNewest(newest); });
}

void InvocationsPanel::takeNewest(const rpc::Result<QList<rpc::InvocationSummary>>& newest)
{
    if (newest) {
        m_model.take(*newest);
        describe({});
    } else {
        m_stale = true;
        describe(newest.error().message);
    }
}

void InvocationsPanel::fetchOlder()
{
    if (m_fetching || m_model.rowCount() == 0 || m_model.rowCount() >= InvocationsModel::kMaxRows)
        return;
    const qint64 before = m_model.at(m_model.rowCount() - 1).startedAtMs;
    list(before, [this](const rpc::Result<QList<rpc::InvocationSummary>>& older) {
        if (older)
            m_model.append(*older);
    });
}

void InvocationsPanel::onLiveUpdated()
{
    if (!m_active)
        return;
    const models::MetricSeries& series =
        m_functionName.isEmpty() ? m_live.account() : m_live.function(m_functionName);
    const rpc::MetricsPoint* last = series.lastWithInvocations();
    if (!last || (last->startMs == m_seenStartMs && last->invocations == m_seenCount))
        return;
    m_seenStartMs = last->startMs;
    m_seenCount = last->invocations;
    m_stale = true;
}

void InvocationsPanel::openCurrent()
{
    const QModelIndex current = m_sorted->mapToSource(m_table->currentIndex());
    if (!current.isValid())
        return;
    const QString requestId = m_model.at(current.row()).requestId;
    if (m_detail->isVisible() && m_detail->requestId() == requestId)
        return;
    open(requestId);
}

void InvocationsPanel::describe(const QString& problem)
{
    const bool empty = m_model.rowCount() == 0;
    m_table->setVisible(!empty);
    m_notice->setVisible(empty || !problem.isEmpty());
    m_notice->setText(!problem.isEmpty() ? problem
                      : !m_cell          ? tr("No invocations yet")
                      : m_fetching       ? tr("Loading…")
                                         : tr("%1 were counted here. None of them is kept in full any more: of "
                                              "each function, the newest 10,000 are.")
                                               .arg(models::formatCount(m_cellCount)));
}

} // namespace gantry::ui
