#include "ui/pages/traces/traces_page.h"

#include "ui/pages/traces/service_map.h"
#include "ui/pages/traces/trace_detail.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QStackedLayout>
#include <QStyledItemDelegate>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace gantry::ui {

using models::TracesModel;
using widgets::Badge;
using widgets::Theme;

namespace {

constexpr int kPollMs = 2'000;
constexpr int kRowHeight = 32;
constexpr qint64 kMinuteMs = 60'000;
constexpr qint64 kAheadMs = 60'000; // clocks of clients differ
constexpr qint64 kTrafficMs = 10'000;

Badge::Tone toneOf(TracesModel::TraceOutcome outcome)
{
    using Outcome = TracesModel::TraceOutcome;
    return outcome == Outcome::Ok      ? Badge::Tone::Success
           : outcome == Outcome::Fault ? Badge::Tone::Error
                                       : Badge::Tone::Warning;
}

class OutcomeDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyleOptionViewItem bare = option;
        initStyleOption(&bare, index);
        bare.text.clear();
        option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &bare, painter, option.widget);
        const auto outcome =
            TracesModel::TraceOutcome(index.data(TracesModel::OutcomeRole).toInt());
        Badge::paint(painter, option.rect.adjusted(8, 0, -8, 0), index.data().toString(),
                     toneOf(outcome));
    }
};

QString quoted(QString text)
{
    text.replace(u'\\', QLatin1String("\\\\")).replace(u'"', QLatin1String("\\\""));
    return u'"' + text + u'"';
}

} // namespace

Page* makeTracesPage(const Services& services, QWidget* parent)
{
    return new TracesPage(services, parent);
}

TracesPage::TracesPage(const Services& services, QWidget* parent)
    : Page(parent), m_api(*services.channel), m_refresh(new QAction(tr("Refresh traces"), this))
{
    setObjectName(QStringLiteral("tracesPage"));
    m_refresh->setObjectName(QStringLiteral("refreshTracesAction"));
    connect(m_refresh, &QAction::triggered, this, &TracesPage::restart);
    m_header = new widgets::SectionHeader(tr("Traces"), widgets::SectionHeader::Level::Page, this);
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("tracesTabs"));
    m_tabs->setAccessibleName(tr("Ways to look at traces"));
    m_tabs->addTab(makeList(), tr("Traces"));
    m_tabs->addTab(makeMap(), tr("Service map"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_header);
    column->addWidget(makeFilters());
    column->addWidget(m_tabs, 1);
    m_timer.setInterval(kPollMs);
    connect(&m_timer, &QTimer::timeout, this, &TracesPage::poll);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this](int tab) {
        m_map->setActive(m_active && tab == 1);
        poll();
        Q_EMIT routeChanged(tab == 1 ? QStringLiteral("map") : QString());
    });
}

QWidget* TracesPage::makeFilters()
{
    auto* bar = new QWidget(this);
    m_range = new QComboBox(bar);
    widgets::identify(m_range, QStringLiteral("tracesRange"), tr("Time range of traces"));
    for (const auto& [text, minutes] : {std::pair{tr("Last 5 minutes"), 5},
                                        std::pair{tr("Last hour"), 60},
                                        std::pair{tr("Last 6 hours"), 360},
                                        std::pair{tr("Last 24 hours"), 24 * 60 - 2}})
        m_range->addItem(text, minutes);
    m_range->setCurrentIndex(1);
    m_outcome = new QComboBox(bar);
    widgets::identify(m_outcome, QStringLiteral("tracesOutcome"), tr("Outcome of traces"));
    m_outcome->addItem(tr("Every outcome"), QString());
    m_outcome->addItem(tr("Faults"), QStringLiteral("fault"));
    m_outcome->addItem(tr("Errors"), QStringLiteral("error"));
    m_outcome->addItem(tr("Throttled"), QStringLiteral("throttle"));
    m_outcome->addItem(tr("OK"), QStringLiteral("ok"));
    m_outcome->addItem(tr("Cold starts"), QStringLiteral("annotation[ColdStart] = true"));
    m_outcome->addItem(tr("Longer than 1 s"), QStringLiteral("duration > 1"));
    m_expression = new widgets::SearchField(
        QStringLiteral("tracesFilter"),
        tr("X-Ray filter expression: service(\"orders\") { fault } AND annotation.tier = \"gold\""), bar);
    m_expression->setAccessibleName(tr("Filter expression of traces"));
    m_expression->setToolTip(tr("Keywords: ok error fault throttle partial, responsetime duration "
                                "http.status, http.url http.method user message, annotation[key], "
                                "service(\"name\") { … }, edge(\"from\", \"to\") { … }; AND OR ! ( ). "
                                "Enter asks."));
    connect(m_range, &QComboBox::currentIndexChanged, this, &TracesPage::restart);
    connect(m_outcome, &QComboBox::currentIndexChanged, this, &TracesPage::restart);
    connect(m_expression, &QLineEdit::returnPressed, this, &TracesPage::restart);
    connect(m_expression, &QLineEdit::textChanged, this, [this](const QString& text) {
        if (text.isEmpty())
            restart();
    });
    m_problem = new QLabel(bar);
    m_problem->setObjectName(QStringLiteral("tracesProblem"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_range);
    row->addWidget(m_outcome);
    row->addWidget(m_expression, 1);
    auto* column = new QVBoxLayout(bar);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(row);
    column->addWidget(m_problem);
    return bar;
}

void TracesPage::buildTable()
{
    m_table = new QTableView;
    widgets::identify(m_table, QStringLiteral("tracesTable"), tr("List of traces"));
    m_table->setModel(&m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->setItemDelegateForColumn(TracesModel::Outcome, new OutcomeDelegate(m_table));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    static constexpr int kWidths[TracesModel::ColumnCount] = {150, 110, 150, 90, 180, 200, 290};
    for (int column = 0; column < TracesModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setStretchLastSection(true);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &TracesPage::openCurrent);
    connect(m_table, &QTableView::clicked, this, &TracesPage::openCurrent);
    connect(m_table->verticalScrollBar(), &QScrollBar::valueChanged, this, [this](int value) {
        if (value > 0 && value == m_table->verticalScrollBar()->maximum())
            fetchOlder();
    });
}

QWidget* TracesPage::makeList()
{
    buildTable();
    m_detail = new TraceDetail;
    m_detail->setMinimumWidth(420);
    m_detail->hide();
    connect(m_detail, &TraceDetail::closeRequested, this, [this] {
        m_detail->hide();
        Q_EMIT routeChanged({});
    });
    connect(m_detail, &TraceDetail::openRequested, this, &Page::openRequested);
    auto* stacked = new QWidget;
    m_stack = new QStackedLayout(stacked);
    m_stack->addWidget(makeEmpty());
    m_stack->addWidget(m_table);
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(QStringLiteral("tracesSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(stacked);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    return splitter;
}

QWidget* TracesPage::makeMap()
{
    m_map = new ServiceMap;
    widgets::identify(m_map, QStringLiteral("serviceMap"), tr("Service map"),
                      tr("Services and their calls; dots are the traced calls of the last seconds. "
                         "Enter or a click lists a service's traces."));
    connect(m_map, &ServiceMap::serviceActivated, this, &TracesPage::filterByService);
    auto* empty = new widgets::EmptyState;
    empty->setIcon(QStringLiteral("trace"));
    empty->setTitle(tr("No services yet"));
    empty->setText(tr("Services appear as soon as traces of the chosen time range go through them."));
    auto* stacked = new QWidget;
    m_mapStack = new QStackedLayout(stacked);
    m_mapStack->addWidget(empty);
    m_mapStack->addWidget(m_map);
    return stacked;
}

widgets::EmptyState* TracesPage::makeEmpty()
{
    auto* empty = new widgets::EmptyState;
    empty->setIcon(QStringLiteral("trace"));
    empty->setTitle(tr("No traces here"));
    empty->setText(tr("Calls of functions with active tracing are sampled: the first of each second and 5 % of "
                      "the others, unless a sampling rule says otherwise. Switch it on with aws lambda "
                      "update-function-configuration --function-name NAME --tracing-config Mode=Active."));
    QPushButton* functions = empty->addAction(QStringLiteral("tracesToFunctions"), tr("Choose a function"),
                                              QStringLiteral("functions"));
    connect(functions, &QPushButton::clicked, this,
            [this] { Q_EMIT openRequested(QStringLiteral("functions")); });
    return empty;
}

QString TracesPage::filter() const
{
    const QString outcome = m_outcome->currentData().toString();
    const QString expression = m_expression->text().trimmed();
    if (outcome.isEmpty() || expression.isEmpty())
        return outcome + expression;
    return QStringLiteral("%1 AND (%2)").arg(outcome, expression);
}

qint64 TracesPage::fromMs() const
{
    return QDateTime::currentMSecsSinceEpoch() - m_range->currentData().toInt() * kMinuteMs;
}

void TracesPage::activated()
{
    m_active = true;
    m_map->setActive(m_tabs->currentIndex() == 1);
    m_timer.start();
    poll();
}

void TracesPage::deactivated()
{
    m_active = false;
    m_map->setActive(false);
    m_timer.stop();
}

void TracesPage::show(const QString& subRoute)
{
    if (subRoute == QLatin1String("map")) {
        m_tabs->setCurrentIndex(1);
    } else if (subRoute.startsWith(QLatin1String("invocation/"))) {
        m_tabs->setCurrentIndex(0);
        openTraceOf(subRoute.section(QLatin1Char('/'), 1));
    } else if (!subRoute.isEmpty()) {
        m_tabs->setCurrentIndex(0);
        openTrace(subRoute);
    }
}

void TracesPage::restart()
{
    ++m_generation;
    m_extended = false;
    m_fetching = false;
    poll();
}

void TracesPage::poll()
{
    if (!m_active)
        return;
    if (m_tabs->currentIndex() == 1)
        refreshMap();
    else
        refresh();
}

void TracesPage::refresh()
{
    if (m_extended || m_fetching)
        return;
    m_fetching = true;
    rpc::TraceQuery query{fromMs(), QDateTime::currentMSecsSinceEpoch() + kAheadMs, filter(), {}};
    m_api.list(query, this, [this, generation = m_generation](const rpc::Result<rpc::TracePage>& page) {
        if (generation == m_generation)
            takeNewest(page);
    });
}

void TracesPage::takeNewest(const rpc::Result<rpc::TracePage>& page)
{
    m_fetching = false;
    m_problem->setVisible(!page && !page.error().unavailable);
    if (!page) {
        m_problem->setText(page.error().message);
        return;
    }
    const QString current = m_detail->isHidden() ? QString() : m_detail->id();
    m_nextToken = page->nextToken;
    {
        const QSignalBlocker quiet(m_table->selectionModel()); // a row that goes selects no other
        m_model.take(page->traces);
    }
    if (const int row = m_model.rowOf(current); row >= 0 && m_table->currentIndex().row() != row)
        m_table->selectRow(row);
    showCounts();
}

void TracesPage::fetchOlder()
{
    if (m_nextToken.isEmpty() || m_fetching)
        return;
    m_fetching = true;
    m_extended = true;
    rpc::TraceQuery query{fromMs(), QDateTime::currentMSecsSinceEpoch() + kAheadMs, filter(),
                          m_nextToken};
    m_api.list(query, this, [this, generation = m_generation](const rpc::Result<rpc::TracePage>& page) {
        if (generation != m_generation)
            return;
        m_fetching = false;
        if (!page) {
            Q_EMIT messageRequested(page.error().message, true);
            return;
        }
        m_nextToken = page->nextToken;
        m_model.append(page->traces);
        showCounts();
    });
}

void TracesPage::showCounts()
{
    const int count = m_model.rowCount();
    m_stack->setCurrentIndex(count == 0 ? 0 : 1);
    m_header->setSubtitle(count == 0 ? QString()
                          : m_nextToken.isEmpty()
                              ? tr("%1 sampled in this time").arg(count)
                              : tr("The newest %1; scroll down for more").arg(count));
}

void TracesPage::refreshMap()
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    m_api.serviceGraph(fromMs(), now + kAheadMs, this,
                       [this](const rpc::Result<QList<rpc::ServiceNode>>& services) {
                           if (!services)
                               return;
                           m_map->setServices(*services);
                           m_mapStack->setCurrentIndex(services->isEmpty() ? 0 : 1);
                       });
    m_api.serviceGraph(now - kTrafficMs, now + 1, this,
                       [this](const rpc::Result<QList<rpc::ServiceNode>>& recent) {
                           if (recent)
                               m_map->setTraffic(*recent, kTrafficMs / 1000.0);
                       });
}

void TracesPage::openCurrent()
{
    const QModelIndex current = m_table->currentIndex();
    if (current.isValid() && current.row() < m_model.rowCount())
        openTrace(m_model.at(current.row()).id);
}

void TracesPage::openTrace(const QString& id)
{
    if (!m_detail->isHidden() && m_detail->id() == id)
        return;
    m_detail->showId(id);
    m_detail->show();
    m_api.get(id, this, [this, id](const rpc::Result<rpc::TraceDocuments>& trace) {
        if (m_detail->id() != id)
            return;
        if (trace)
            m_detail->showTrace(*trace);
        else
            m_detail->showProblem(trace.error().message);
    });
    if (const int row = m_model.rowOf(id); row >= 0 && m_table->currentIndex().row() != row)
        m_table->selectRow(row);
    Q_EMIT routeChanged(id);
}

void TracesPage::openTraceOf(const QString& requestId)
{
    m_api.traceOf(requestId, this, [this](const rpc::Result<QString>& id) {
        if (id && !id->isEmpty())
            return openTrace(*id);
        Q_EMIT messageRequested(id ? tr("This invocation was not sampled, so it has no trace.")
                                   : id.error().message,
                                !id);
    });
}

void TracesPage::filterByService(const QString& name, const QString& type)
{
    const bool client = type == QLatin1String("client");
    m_expression->setText(client || type.isEmpty()
                              ? QStringLiteral("service(%1)").arg(quoted(name))
                              : QStringLiteral("service(id(name: %1, type: %2))")
                                    .arg(quoted(name), quoted(type)));
    m_tabs->setCurrentIndex(0);
    restart();
}

} // namespace gantry::ui
