#include "ui/pages/logs/insights_view.h"

#include "ui/charts/live_chart.h"
#include "ui/models/format.h"
#include "ui/pages/permissions/denial_bar.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDateTime>
#include <QFrame>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kEditorHeight = 120;
constexpr int kChartHeight = 220;
constexpr int kColumnWidth = 420; // at most, until the user makes it wider
constexpr qint64 kHourMs = 3'600'000;

struct Example {
    const char* name;
    const char* query;
};

constexpr Example kExamples[] = {
    {QT_TRANSLATE_NOOP("InsightsView", "Newest lines"),
     "fields @timestamp, @log, @message\n| sort @timestamp desc\n| limit 100"},
    {QT_TRANSLATE_NOOP("InsightsView", "Errors over time"),
     "filter @message like /ERROR|Exception|Task timed out/\n| stats count(*) as errors by bin(1m)"},
    {QT_TRANSLATE_NOOP("InsightsView", "Slowest invocations"),
     "filter @type = \"REPORT\"\n| fields @requestId, @log, @duration, @maxMemoryUsed / 1048576 as "
     "memoryMB\n| sort @duration desc\n| limit 20"},
    {QT_TRANSLATE_NOOP("InsightsView", "Duration percentiles over time"),
     "filter @type = \"REPORT\"\n| stats pct(@duration, 50) as p50, pct(@duration, 99) as p99 by "
     "bin(1m)"},
    {QT_TRANSLATE_NOOP("InsightsView", "Cold starts by function"),
     "filter @type = \"REPORT\"\n| stats count(@initDuration) as coldStarts, count(*) as "
     "invocations, avg(@initDuration) as avgInit by @log\n| sort coldStarts desc"},
};

QStringList completions()
{
    return {QStringLiteral("@timestamp"),     QStringLiteral("@message"),
            QStringLiteral("@log"),           QStringLiteral("@logStream"),
            QStringLiteral("@requestId"),     QStringLiteral("@ingestionTime"),
            QStringLiteral("@type"),          QStringLiteral("@duration"),
            QStringLiteral("@billedDuration"), QStringLiteral("@initDuration"),
            QStringLiteral("@memorySize"),    QStringLiteral("@maxMemoryUsed"),
            QStringLiteral("fields"),         QStringLiteral("filter"),
            QStringLiteral("stats"),          QStringLiteral("sort"),
            QStringLiteral("limit"),          QStringLiteral("parse"),
            QStringLiteral("display"),        QStringLiteral("dedup"),
            QStringLiteral("count"),          QStringLiteral("count_distinct"),
            QStringLiteral("sum"),            QStringLiteral("avg"),
            QStringLiteral("min"),            QStringLiteral("max"),
            QStringLiteral("pct"),            QStringLiteral("stddev"),
            QStringLiteral("earliest"),       QStringLiteral("latest"),
            QStringLiteral("bin"),            QStringLiteral("like"),
            QStringLiteral("not"),            QStringLiteral("ispresent"),
            QStringLiteral("isempty"),        QStringLiteral("coalesce"),
            QStringLiteral("concat"),         QStringLiteral("strlen"),
            QStringLiteral("strcontains"),    QStringLiteral("substr"),
            QStringLiteral("replace"),        QStringLiteral("tolower"),
            QStringLiteral("toupper"),        QStringLiteral("datefloor"),
            QStringLiteral("greatest"),       QStringLiteral("least"),
            QStringLiteral("desc"),           QStringLiteral("asc")};
}

} // namespace

InsightsView::InsightsView(rpc::Channel& channel, QWidget* parent)
    : QWidget(parent), m_api(channel), m_sorted(new QSortFilterProxyModel(this))
{
    setObjectName(QStringLiteral("insightsView"));
    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeEditor());
    splitter->addWidget(makeResults());
    splitter->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    loadExample(0);
    setRunning(false);
}

InsightsView::~InsightsView() = default;

void InsightsView::setGroups(const QStringList& groups)
{
    m_groups = groups;
}

QWidget* InsightsView::makeEditor()
{
    auto* box = new QWidget(this);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    auto* frame = new QFrame(box);
    frame->setProperty("card", true);
    auto* frameLayout = new QVBoxLayout(frame);
    frameLayout->setContentsMargins(1, 1, 1, 1);
    m_editor = new widgets::CodeEditor(frame);
    m_editor->setIdentity(QStringLiteral("insightsQuery"), tr("Insights query"));
    m_editor->setCompletions(completions());
    m_editor->setMinimumHeight(kEditorHeight);
    frameLayout->addWidget(m_editor);
    layout->addWidget(frame, 1);
    layout->addWidget(makeBar());
    return box;
}

QWidget* InsightsView::makeBar()
{
    auto* bar = new QWidget(this);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    m_run = widgets::makeButton(QStringLiteral("insightsRun"), tr("Run query"),
                                widgets::ButtonKind::Primary, QStringLiteral("play"), bar);
    m_run->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    m_run->setToolTip(tr("Run query (Ctrl+Return)"));
    connect(m_run, &QPushButton::clicked, this, &InsightsView::run);
    m_stop = widgets::makeButton(QStringLiteral("insightsStop"), tr("Stop query"),
                                 widgets::ButtonKind::Normal, QStringLiteral("stop"), bar);
    connect(m_stop, &QPushButton::clicked, this, &InsightsView::stop);
    m_range = new QComboBox(bar);
    widgets::identify(m_range, QStringLiteral("insightsRange"), tr("Time range of the query"));
    m_range->addItem(tr("Last 15 minutes"), kHourMs / 4);
    m_range->addItem(tr("Last hour"), kHourMs);
    m_range->addItem(tr("Last 6 hours"), 6 * kHourMs);
    m_range->addItem(tr("Last day"), 24 * kHourMs);
    m_range->addItem(tr("Last week"), 7 * 24 * kHourMs);
    m_range->addItem(tr("All that is kept"), 0);
    m_range->setCurrentIndex(1);
    m_examples = new QComboBox(bar);
    widgets::identify(m_examples, QStringLiteral("insightsExamples"), tr("Example queries"));
    for (const Example& example : kExamples)
        m_examples->addItem(tr(example.name));
    connect(m_examples, &QComboBox::activated, this, &InsightsView::loadExample);
    m_status = new QLabel(bar);
    m_status->setObjectName(QStringLiteral("insightsStatus"));
    m_status->setProperty("muted", true);
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse);
    row->addWidget(m_run);
    row->addWidget(m_stop);
    row->addWidget(m_range);
    row->addWidget(m_examples);
    row->addWidget(m_status, 1);
    for (const bool json : {false, true}) {
        auto* action = new QAction(
            Theme::current().icon(json ? QStringLiteral("code") : QStringLiteral("copy")),
            json ? tr("Copy result as JSON") : tr("Copy result"), this);
        action->setObjectName(json ? QStringLiteral("insightsCopyJson")
                                   : QStringLiteral("insightsCopy"));
        connect(action, &QAction::triggered, this, [this, json] { copy(json); });
        row->addWidget(widgets::makeActionButton(action, bar));
    }
    return bar;
}

QWidget* InsightsView::makeResults()
{
    auto* box = new QWidget(this);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, Theme::kSpace, 0, 0);
    layout->setSpacing(Theme::kSpace);
    m_chart = new charts::LiveChart(QStringLiteral("insights"), tr("Result over time"),
                                    charts::Unit::Count, m_group, box);
    m_chart->setFixedHeight(kChartHeight);
    m_chart->hide();
    m_table = new QTableView(box);
    widgets::identify(m_table, QStringLiteral("insightsResult"), tr("Result of the query"));
    m_sorted->setSourceModel(&m_model);
    m_sorted->setSortRole(models::InsightsModel::SortRole);
    m_table->setModel(m_sorted);
    m_table->setSortingEnabled(true);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setWordWrap(false);
    m_table->setFont(Theme::current().font(Theme::Mono));
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_denied = new DenialBar(QStringLiteral("insightsWhy"));
    connect(m_denied, &DenialBar::openRequested, this, &InsightsView::openRequested);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &InsightsView::showDenials);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &InsightsView::showDenials);
    layout->addWidget(m_chart);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_denied);
    return box;
}

void InsightsView::loadExample(int index)
{
    m_editor->replaceText(QString::fromLatin1(kExamples[index].query));
    m_editor->clearError();
}

void InsightsView::run()
{
    rpc::InsightsQuery query;
    query.groups = m_groups;
    query.text = m_editor->text();
    query.toMs = QDateTime::currentMSecsSinceEpoch();
    const qint64 range = m_range->currentData().toLongLong();
    query.fromMs = range > 0 ? query.toMs - range : 0;
    m_editor->clearError();
    m_queryId.clear();
    m_elapsed.start();
    setRunning(true);
    m_status->setText(tr("Running…"));
    m_api.runQuery(
        query, this,
        [this, number = ++m_runs](const rpc::Result<rpc::InsightsResult>& result) {
            if (number == m_runs)
                showResult(result);
        },
        [this, number = m_runs](const QString& id) {
            if (number == m_runs)
                m_queryId = id;
        });
}

void InsightsView::stop()
{
    if (!m_queryId.isEmpty())
        m_api.stopQuery(m_queryId, this);
}

void InsightsView::setRunning(bool running)
{
    m_run->setEnabled(!running);
    m_stop->setEnabled(running);
}

void InsightsView::showResult(const rpc::Result<rpc::InsightsResult>& result)
{
    setRunning(false);
    if (!result) {
        m_status->setText(result.error().name == QLatin1String("MalformedQueryException")
                              ? tr("The query has a mistake")
                              : result.error().message);
        if (result.error().name == QLatin1String("MalformedQueryException"))
            m_editor->showError(1, result.error().message);
        return;
    }
    m_sorted->sort(-1); // as the query sorted
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_model.show(*result);
    m_table->resizeColumnsToContents();
    for (int column = 0; column < m_model.columnCount(); ++column)
        m_table->setColumnWidth(column, std::min(m_table->columnWidth(column), kColumnWidth));
    const QLocale locale;
    QString text = tr("%1 rows · %2 lines matched of %3 read (%4)")
                       .arg(models::formatCount(m_model.rowCount()),
                            models::formatCount(result->recordsMatched),
                            models::formatCount(result->recordsScanned),
                            locale.formattedDataSize(result->bytesScanned, 1));
    if (m_elapsed.isValid())
        text += tr(" in %1 ms").arg(models::formatCount(m_elapsed.elapsed()));
    m_status->setText(text);
    drawChart();
}

void InsightsView::drawChart()
{
    const models::InsightsSeries series = models::seriesOf(m_model.result());
    m_chart->setVisible(series.binMs > 0);
    if (series.binMs == 0)
        return;
    charts::ChartData data;
    data.startMs = series.startMs;
    data.binMs = series.binMs;
    data.bins = int(series.values.value(0).size());
    for (int i = 0; i < series.names.size(); ++i)
        data.series.push_back({QStringLiteral("insights%1").arg(i), series.names[i],
                               Theme::current().series(i), charts::Shape::Line,
                               {series.values[i].begin(), series.values[i].end()}});
    m_group.setLiveView({double(data.startMs), double(data.endMs())});
    m_group.resetZoom();
    m_chart->setSubtitle(series.left > 0 ? tr("the first %1 of %2 series")
                                               .arg(series.names.size())
                                               .arg(series.names.size() + series.left)
                                         : QString());
    m_chart->setData(std::move(data));
}

// Of the current row.
void InsightsView::showDenials()
{
    const QModelIndex current = m_sorted->mapToSource(m_table->currentIndex());
    m_denied->setText(current.isValid() ? m_model.text({current.row()}) : QString());
}

// The selected rows, or all, in the order that the table shows.
void InsightsView::copy(bool json)
{
    QList<int> rows;
    const QModelIndexList selected = m_table->selectionModel()->selectedRows();
    for (int row = 0; row < m_sorted->rowCount(); ++row) {
        const QModelIndex index = m_sorted->index(row, 0);
        if (selected.isEmpty() || selected.contains(index))
            rows.append(m_sorted->mapToSource(index).row());
    }
    QGuiApplication::clipboard()->setText(json ? m_model.json(rows) : m_model.text(rows));
}

} // namespace gantry::ui
