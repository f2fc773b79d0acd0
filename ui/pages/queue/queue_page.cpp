#include "ui/pages/queue/queue_page.h"

#include "ui/models/format.h"
#include "ui/pages/queue/message_queues_panel.h"
#include "ui/pages/queue/queue_filter.h"
#include "ui/pages/queue/queue_tone.h"
#include "ui/pages/queue/queued_event_view.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QPainter>
#include <QPushButton>
#include <QSplitter>
#include <QStackedLayout>
#include <QStyledItemDelegate>
#include <QTabWidget>
#include <QTableView>

namespace gantry::ui {

using models::EventQueueModel;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 32;
constexpr int kRetryMs = 1000;
constexpr int kAll = -1;

QString eventsText(qint64 count)
{
    return count == 1 ? QueuePage::tr("1 event")
                      : QueuePage::tr("%1 events").arg(models::formatCount(count));
}

class StateDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyleOptionViewItem bare = option;
        initStyleOption(&bare, index);
        bare.text.clear();
        option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &bare, painter, option.widget);
        const auto state = rpc::QueuedState(index.data(EventQueueModel::StateRole).toInt());
        widgets::Badge::paint(painter, option.rect.adjusted(8, 0, -8, 0), index.data().toString(),
                              toneOf(state));
    }
};

} // namespace

Page* makeQueuePage(const Services& services, QWidget* parent)
{
    return new QueuePage(services, parent);
}

QueuePage::QueuePage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_api(*services.channel), m_filter(new QueueFilter(this)),
      m_detail(new QueuedEventView)
{
    setObjectName(QStringLiteral("queuePage"));
    m_header =
        new widgets::SectionHeader(tr("Event queue"), widgets::SectionHeader::Level::Page, this);
    buildTable();
    m_detail->hide();
    connect(m_detail, &QueuedEventView::closeRequested, m_detail, &QWidget::hide);
    m_empty = new widgets::EmptyState;
    m_empty->setIcon(QStringLiteral("queue"));
    m_empty->setTitle(tr("No events are waiting"));
    m_empty->setText(tr("Events of asynchronous invocations (InvocationType Event) are listed here "
                        "while they wait, run or are tried again, and those that were given up."));

    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(QStringLiteral("queueSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_table);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    m_detail->setMinimumWidth(360);
    auto* stacked = new QWidget;
    m_stack = new QStackedLayout(stacked);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(splitter);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_header);
    column->addWidget(makeTabs(stacked), 1);

    m_retry.setSingleShot(true);
    m_retry.setInterval(kRetryMs);
    connect(&m_retry, &QTimer::timeout, this, &QueuePage::watch);
    showCounts();
}

QueuePage::~QueuePage() = default;

QWidget* QueuePage::makeTabs(QWidget* events)
{
    auto* panel = new QWidget;
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(0, Theme::kMargin, 0, 0);
    column->setSpacing(Theme::kMargin);
    column->addWidget(makeFilterRow());
    column->addWidget(events, 1);
    auto* queues = new MessageQueuesPanel(*m_services.channel);
    connect(queues, &MessageQueuesPanel::messageRequested, this, &Page::messageRequested);
    auto* tabs = new QTabWidget;
    widgets::identify(tabs, QStringLiteral("queueTabs"), tr("What to show of queues"));
    tabs->setToolTip({});
    tabs->setDocumentMode(true);
    tabs->addTab(panel, tr("Asynchronous events"));
    tabs->addTab(queues, tr("Message queues"));
    return tabs;
}

QWidget* QueuePage::makeFilterRow()
{
    auto* row = new QWidget;
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::kSpace);
    m_states = new QButtonGroup(this);
    const std::pair<int, QString> states[] = {
        {kAll, tr("All")},
        {int(rpc::QueuedState::Waiting), tr("Waiting")},
        {int(rpc::QueuedState::Retrying), tr("Retrying")},
        {int(rpc::QueuedState::Running), tr("Running")},
        {int(rpc::QueuedState::Dead), tr("Dead")},
    };
    for (const auto& [state, text] : states) {
        auto* button = widgets::makeButton(QStringLiteral("queueState%1").arg(state), text,
                                           ButtonKind::Flat);
        button->setCheckable(true);
        button->setToolTip(state == kAll ? tr("Events of every state")
                                         : tr("Only events in the state %1").arg(text));
        button->setChecked(state == kAll);
        m_states->addButton(button, state + 1); // ids of a group are not negative
        line->addWidget(button);
    }
    connect(m_states, &QButtonGroup::idClicked, this, [this](int id) {
        m_filter->setState(id - 1 == kAll ? std::nullopt
                                          : std::optional(rpc::QueuedState(id - 1)));
        updateActions();
    });
    m_search = new widgets::SearchField(QStringLiteral("queueSearch"),
                                        tr("Function, request ID or problem"));
    m_search->setAccessibleName(tr("Filter the events"));
    m_search->setMaximumWidth(320);
    connect(m_search, &QLineEdit::textChanged, m_filter,
            &QSortFilterProxyModel::setFilterFixedString);
    line->addSpacing(Theme::kSpace);
    line->addWidget(m_search, 1);
    line->addStretch();
    m_replay = widgets::makeButton(QStringLiteral("replayEvents"), tr("Replay"), ButtonKind::Normal,
                                   QStringLiteral("refresh"));
    m_replay->setToolTip(tr("Send the selected events again: dead ones begin anew, waiting ones are "
                            "delivered now"));
    connect(m_replay, &QPushButton::clicked, this, &QueuePage::replay);
    m_purge = widgets::makeButton(QStringLiteral("purgeEvents"), tr("Remove"), ButtonKind::Danger,
                                  QStringLiteral("trash"));
    m_purge->setToolTip(tr("Remove the selected events for good; running ones stay"));
    connect(m_purge, &QPushButton::clicked, this, &QueuePage::askToPurge);
    line->addWidget(m_replay);
    line->addWidget(m_purge);
    return row;
}

void QueuePage::buildTable()
{
    m_filter->setSourceModel(&m_model);
    m_table = new QTableView;
    widgets::identify(m_table, QStringLiteral("queueTable"), tr("Asynchronous events"));
    m_table->setModel(m_filter);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(EventQueueModel::Accepted, Qt::DescendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setItemDelegateForColumn(EventQueueModel::State, new StateDelegate(m_table));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    static constexpr int kWidths[EventQueueModel::ColumnCount] = {108, 180, 140, 190,
                                                                  92,  88,  260, 280};
    for (int column = 0; column < EventQueueModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setStretchLastSection(true);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &QueuePage::openCurrent);
    connect(m_table, &QTableView::clicked, this, &QueuePage::openCurrent);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &QueuePage::updateActions);
}

void QueuePage::activated()
{
    watch();
}

void QueuePage::deactivated()
{
    m_retry.stop();
    m_stream.reset();
}

void QueuePage::watch()
{
    m_stream = m_api.watch(
        {}, [this](const rpc::QueueFrame& frame) { take(frame); },
        [this](const rpc::Error&) { m_retry.start(); });
}

void QueuePage::take(const rpc::QueueFrame& frame)
{
    m_frame = frame;
    m_model.take(frame.events);
    if (const int row = m_model.rowOf(m_detail->eventId()); m_detail->isVisible() && row >= 0)
        m_detail->setEvent(m_model.at(row));
    showCounts();
}

void QueuePage::showCounts()
{
    const auto set = [this](int state, const QString& text, qint64 count) {
        m_states->button(state + 1)->setText(
            count == 0 ? text : QStringLiteral("%1  %2").arg(text, models::formatCount(count)));
    };
    set(int(rpc::QueuedState::Waiting), tr("Waiting"), m_frame.waiting);
    set(int(rpc::QueuedState::Retrying), tr("Retrying"), m_frame.retrying);
    set(int(rpc::QueuedState::Running), tr("Running"), m_frame.running);
    set(int(rpc::QueuedState::Dead), tr("Dead"), m_frame.dead);
    const qint64 all = m_frame.waiting + m_frame.retrying + m_frame.running + m_frame.dead;
    m_header->setSubtitle(all > m_frame.events.size()
                              ? tr("%1 events, the newest 1,000 of each state are listed")
                                    .arg(models::formatCount(all))
                              : eventsText(all));
    m_stack->setCurrentIndex(all == 0 ? 0 : 1);
    updateActions();
}

void QueuePage::openCurrent()
{
    const QModelIndex current = m_filter->mapToSource(m_table->currentIndex());
    if (!current.isValid())
        return;
    const rpc::QueuedEvent event = m_model.at(current.row());
    const bool another = event.id != m_detail->eventId() || !m_detail->isVisible();
    m_detail->setEvent(event);
    m_detail->show();
    if (!another)
        return;
    m_api.get(event.id, this, [this, id = event.id](const rpc::Result<rpc::QueuedEventDetail>& got) {
        if (m_detail->eventId() != id)
            return; // another one was selected meanwhile
        if (got)
            m_detail->showPayload(got->payload);
        else
            m_detail->showProblem(got.error().message);
    });
}

void QueuePage::updateActions()
{
    const bool any = !selected().isEmpty();
    m_replay->setEnabled(any);
    m_purge->setEnabled(any);
}

QList<qint64> QueuePage::selected() const
{
    QList<qint64> ids;
    for (const QModelIndex& row : m_table->selectionModel()->selectedRows())
        ids.append(row.data(EventQueueModel::EventIdRole).toLongLong());
    return ids;
}

void QueuePage::replay()
{
    m_api.replay(selected(), this, [this](const rpc::Result<qint64>& result) {
        report(tr("%1 will be delivered again").arg(eventsText(result ? *result : 0)),
               result);
    });
}

void QueuePage::askToPurge()
{
    const QList<qint64> ids = selected();
    auto* box = new QMessageBox(
        QMessageBox::Question, tr("Remove events"),
        tr("Remove %1? What is removed is gone for good, with its payload.")
            .arg(eventsText(ids.size())),
        QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* confirm = box->addButton(tr("Remove"), QMessageBox::DestructiveRole);
    connect(confirm, &QAbstractButton::clicked, this, [this, ids] { purge(ids); });
    box->open();
}

void QueuePage::purge(const QList<qint64>& ids)
{
    m_api.purge(ids, this, [this](const rpc::Result<qint64>& result) {
        if (result)
            m_detail->hide();
        report(tr("%1 removed").arg(eventsText(result ? *result : 0)), result);
    });
}

void QueuePage::report(const QString& done, const rpc::Result<qint64>& result)
{
    if (result)
        Q_EMIT messageRequested(done, false);
    else
        Q_EMIT messageRequested(result.error().message, true);
}

} // namespace gantry::ui
