#include "ui/pages/monitor/invocations_panel.h"

#include "ui/models/live_metrics.h"
#include "ui/pages/monitor/invocation_detail_view.h"
#include "ui/pages/page.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTableView>
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
    : QWidget(parent), m_api(*services.monitorApi), m_live(*services.liveMetrics),
      m_functionName(functionName), m_sorted(new QSortFilterProxyModel(this)),
      m_table(new QTableView(this)), m_notice(new QLabel(this)),
      m_detail(new InvocationDetailView(this))
{
    setObjectName(QStringLiteral("invocationsPanel"));
    buildTable();
    m_notice->setObjectName(QStringLiteral("invocationNotice"));
    m_notice->setProperty("muted", true);
    m_notice->setAlignment(Qt::AlignCenter);
    m_notice->setMinimumHeight(48);
    m_detail->hide();
    connect(m_detail, &InvocationDetailView::closeRequested, m_detail, &QWidget::hide);
    connect(m_detail, &InvocationDetailView::openRequested, this, &InvocationsPanel::openRequested);
    connect(m_detail, &InvocationDetailView::replayRequested, this,
            &InvocationsPanel::replayRequested);

    auto* left = new QWidget(this);
    auto* leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(0, 0, 0, 0);
    leftLayout->addWidget(m_notice);
    leftLayout->addWidget(m_table, 1);
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setObjectName(QStringLiteral("invocationSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(left);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({500, 500});
    left->setMinimumWidth(440);
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
    static constexpr int kWidths[InvocationsModel::ColumnCount] = {168, 160, 96, 80, 120,
                                                                   148, 132, 96, 280};
    for (int column = 0; column < InvocationsModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setStretchLastSection(true);
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
    m_fetching = true;
    m_api.listInvocations({m_functionName, kPageSize, 0}, this,
                          [this](const auto& newest) { takeNewest(newest); });
}

void InvocationsPanel::takeNewest(const rpc::Result<QList<rpc::InvocationSummary>>& newest)
{
    m_fetching = false;
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
    m_fetching = true;
    const qint64 before = m_model.at(m_model.rowCount() - 1).startedAtMs;
    m_api.listInvocations({m_functionName, kPageSize, before}, this,
                          [this](const rpc::Result<QList<rpc::InvocationSummary>>& older) {
                              m_fetching = false;
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
    m_notice->setText(!problem.isEmpty() ? problem : tr("No invocations yet"));
}

} // namespace gantry::ui
