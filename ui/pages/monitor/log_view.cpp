#include "ui/pages/monitor/log_view.h"

#include "ui/models/denial.h"
#include "ui/models/format.h"
#include "ui/pages/monitor/log_delegate.h"
#include "ui/pages/page.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QListView>
#include <QMouseEvent>
#include <QPushButton>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using models::LogModel;
using widgets::Theme;

namespace {

constexpr int kBacklog = 500;
constexpr int kFlushMs = 100;
constexpr int kRetryMs = 1000;
constexpr int kMostFound = 10'000;

} // namespace

LogView::LogView(const Services& services, const QStringList& functionNames, QWidget* parent)
    : QWidget(parent), m_channel(*services.channel), m_api(*services.monitorApi),
      m_functions(functionNames), m_toolbar(new QWidget(this)), m_list(new QListView(this)),
      m_status(new QLabel(this))
{
    setObjectName(QStringLiteral("logView"));
    m_status->setObjectName(QStringLiteral("logStatus"));
    m_status->setProperty("muted", true);
    auto* toolbar = new QHBoxLayout(m_toolbar);
    toolbar->setContentsMargins(0, 0, 0, 0);
    toolbar->setSpacing(4);
    buildToolbar(*toolbar);
    buildList();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(m_toolbar);
    layout->addWidget(m_list, 1);

    m_flushTimer.setInterval(kFlushMs);
    connect(&m_flushTimer, &QTimer::timeout, this, &LogView::flush);
    m_retryTimer.setInterval(kRetryMs);
    m_retryTimer.setSingleShot(true);
    connect(&m_retryTimer, &QTimer::timeout, this, &LogView::restart);
    connect(&m_channel, &rpc::Channel::stateChanged, this, &LogView::restart);
    describe();
}

LogView::~LogView() = default;

void LogView::setActive(bool active)
{
    if (m_active == active)
        return;
    m_active = active;
    restart();
}

void LogView::setBare(const QString& objectName, const QString& accessibleName)
{
    m_toolbar->hide();
    m_list->setObjectName(objectName);
    m_list->setAccessibleName(accessibleName);
}

QString LogView::status() const
{
    return m_status->text();
}

void LogView::take(const rpc::LogBatch& batch)
{
    m_dropped += batch.dropped;
    for (const rpc::LogLine& line : batch.lines) {
        if (line.id <= m_lastId)
            continue;
        m_lastId = line.id;
        m_pending.append(line);
    }
    // Paused for long: what the view could not keep need not wait.
    if (m_pending.size() > 2 * LogModel::kMaxLines)
        m_pending.remove(0, m_pending.size() - LogModel::kMaxLines);
    if (!m_flushTimer.isActive())
        m_flushTimer.start();
}

bool LogView::eventFilter(QObject* watched, QEvent* event)
{
    // Whoever scrolls wants to read: following would pull the text away.
    if (event->type() == QEvent::Wheel || event->type() == QEvent::MouseButtonPress)
        QTimer::singleShot(0, this, [this] {
            const QScrollBar* bar = m_list->verticalScrollBar();
            if (bar->value() < bar->maximum())
                m_follow->setChecked(false);
        });
    if (event->type() == QEvent::MouseMove && watched == m_list->viewport()) {
        const QPoint at = static_cast<const QMouseEvent*>(event)->pos();
        const QModelIndex index = m_list->indexAt(at);
        const auto* delegate = static_cast<const LogDelegate*>(m_list->itemDelegate());
        const bool over = index.isValid() && delegate->whyRect(m_list->visualRect(index), index).contains(at);
        m_list->viewport()->setCursor(over ? Qt::PointingHandCursor : Qt::ArrowCursor);
    }
    return QWidget::eventFilter(watched, event);
}

void LogView::setFunctions(const QStringList& names, const QStringList& order)
{
    static_cast<LogDelegate*>(m_list->itemDelegate())->showFunctions(order);
    m_list->viewport()->update();
    if (names == m_functions)
        return;
    m_functions = names;
    m_pending.clear();
    m_model.clear();
    m_lastId = -1;
    if (m_searched.isNull())
        restart();
    else
        searchStored(m_searched);
}

void LogView::buildToolbar(QHBoxLayout& row)
{
    m_filter = new widgets::SearchField(QStringLiteral("logFilter"), tr("Filter log"), this);
    m_filter->setAccessibleName(tr("Filter log"));
    m_filter->setToolTip(tr("Shows the lines with this text. Enter looks through all stored lines"));
    m_filter->setMaximumWidth(320);
    connect(m_filter, &QLineEdit::textChanged, this, &LogView::applyFilter);
    connect(m_filter, &QLineEdit::returnPressed, this,
            [this] { searchStored(m_filter->text().trimmed()); });
    row.addWidget(m_filter, 1);
    m_level = new QComboBox(this);
    widgets::identify(m_level, QStringLiteral("logLevel"), tr("Lowest level shown"));
    m_level->addItem(tr("All levels"), int(models::LogLevel::Debug));
    m_level->addItem(tr("Info and above"), int(models::LogLevel::Info));
    m_level->addItem(tr("Warnings and errors"), int(models::LogLevel::Warning));
    m_level->addItem(tr("Errors only"), int(models::LogLevel::Error));
    connect(m_level, &QComboBox::currentIndexChanged, this, &LogView::applyFilter);
    row.addWidget(m_level);
    m_live = widgets::makeButton(QStringLiteral("logBackToLive"), tr("Back to live"),
                                 widgets::ButtonKind::Normal, QStringLiteral("play"), this);
    m_live->hide();
    connect(m_live, &QPushButton::clicked, this, &LogView::backToLive);
    row.addWidget(m_live);
    for (QAction* action : makeActions())
        row.addWidget(widgets::makeActionButton(action, this));
    row.addStretch();
    row.addWidget(m_status);
}

QList<QAction*> LogView::makeActions()
{
    m_onlyMatches = makeAction(QStringLiteral("logOnlyMatches"), tr("Hide lines without a match"),
                               QStringLiteral("filter"), true);
    m_onlyMatches->setChecked(true);
    connect(m_onlyMatches, &QAction::toggled, this, &LogView::applyFilter);
    m_follow = makeAction(QStringLiteral("logFollow"), tr("Follow log"),
                          QStringLiteral("chevron-down"), true);
    m_follow->setChecked(true);
    connect(m_follow, &QAction::toggled, this, [this](bool on) {
        if (on)
            scrollToEnd();
    });
    m_pause =
        makeAction(QStringLiteral("logPause"), tr("Pause log"), QStringLiteral("pause"), true);
    connect(m_pause, &QAction::toggled, this, &LogView::setPaused);
    QAction* copyText =
        makeAction(QStringLiteral("logCopy"), tr("Copy log"), QStringLiteral("copy"), false);
    connect(copyText, &QAction::triggered, this, [this] { copy(false); });
    QAction* copyJson =
        makeAction(QStringLiteral("logCopyJson"), tr("Copy log as JSON"), QStringLiteral("code"),
                   false);
    connect(copyJson, &QAction::triggered, this, [this] { copy(true); });
    m_why = makeAction(QStringLiteral("logWhy"), tr("Why was this denied?"), QStringLiteral("key"),
                       false);
    m_why->setEnabled(false);
    connect(m_why, &QAction::triggered, this, [this] { openReason(m_list->currentIndex()); });
    QAction* clear =
        makeAction(QStringLiteral("logClear"), tr("Clear log"), QStringLiteral("trash"), false);
    connect(clear, &QAction::triggered, this, [this] {
        m_pending.clear();
        m_dropped = 0;
        m_model.clear();
        describe();
    });
    return {m_onlyMatches, m_follow, m_pause, m_why, copyText, copyJson, clear};
}

void LogView::buildList()
{
    m_list->setObjectName(QStringLiteral("logList"));
    m_list->setAccessibleName(tr("Log lines"));
    m_list->setModel(&m_model);
    auto* delegate = new LogDelegate(m_list);
    m_list->setItemDelegate(delegate);
    connect(delegate, &LogDelegate::whyRequested, this, &LogView::openReason);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& current) {
                m_why->setEnabled(current.data(LogModel::DeniedRole).toBool());
            });
    m_list->setUniformItemSizes(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setToolTip(tr("Double-click a line for its invocation"));
    connect(m_list, &QListView::activated, this, &LogView::openInvocation);
    m_list->viewport()->setMouseTracking(true);
    m_list->viewport()->installEventFilter(this);
    m_list->verticalScrollBar()->installEventFilter(this);
}

QAction* LogView::makeAction(const QString& name, const QString& text, const QString& iconName,
                             bool checkable)
{
    auto* action = new QAction(Theme::current().icon(iconName), text, this);
    action->setObjectName(name);
    action->setCheckable(checkable);
    return action;
}

void LogView::restart()
{
    m_stream.reset();
    m_retryTimer.stop();
    if (m_active && m_searched.isNull() && m_channel.state() == rpc::Channel::State::Connected)
        m_stream = m_api.watchLogs(
            m_functions, kBacklog, [this](const rpc::LogBatch& batch) { take(batch); },
            [this](const rpc::Error&) { m_retryTimer.start(); });
    describe();
}

void LogView::flush()
{
    if (m_pause->isChecked() || m_pending.isEmpty()) {
        m_flushTimer.stop();
        describe();
        return;
    }
    m_model.append(m_pending);
    m_pending.clear();
    auto* delegate = static_cast<LogDelegate*>(m_list->itemDelegate());
    if (delegate->growTo(m_model.longestRow()))
        m_list->doItemsLayout();
    if (m_follow->isChecked())
        scrollToEnd();
    describe();
}

void LogView::setPaused(bool paused)
{
    m_pause->setText(paused ? tr("Resume log") : tr("Pause log"));
    m_pause->setIcon(
        Theme::current().icon(paused ? QStringLiteral("play") : QStringLiteral("pause")));
    if (!paused)
        flush();
    describe();
}

// All that is stored, instead of what comes.
void LogView::searchStored(const QString& text)
{
    if (text.isEmpty())
        return;
    m_searched = text;
    restart(); // ends the stream
    rpc::LogQuery query;
    query.functionNames = m_functions;
    query.contains = text;
    query.limit = kMostFound;
    m_status->setText(tr("Looking through all stored lines…"));
    m_api.queryLogs(query, this, [this, text](const rpc::Result<rpc::LogBatch>& found) {
        if (m_searched == text)
            showFound(text, found);
    });
}

void LogView::showFound(const QString& text, const rpc::Result<rpc::LogBatch>& found)
{
    m_searched = text;
    m_pending.clear();
    m_model.clear();
    m_live->show();
    if (found) {
        m_dropped = 0;
        m_pending = found->lines;
        m_model.append(m_pending);
        m_pending.clear();
        auto* delegate = static_cast<LogDelegate*>(m_list->itemDelegate());
        if (delegate->growTo(m_model.longestRow()))
            m_list->doItemsLayout();
        scrollToEnd();
    }
    describe();
    if (!found)
        m_status->setText(found.error().message);
}

void LogView::backToLive()
{
    m_searched = QString();
    m_live->hide();
    m_model.clear();
    m_lastId = -1;
    m_filter->clear();
    restart();
}

QList<int> LogView::chosenRows() const
{
    QList<int> rows;
    const QModelIndexList selected = m_list->selectionModel()->selectedRows();
    for (const QModelIndex& index : selected)
        rows.append(index.row());
    std::sort(rows.begin(), rows.end());
    if (rows.isEmpty()) {
        for (int row = 0; row < m_model.rowCount(); ++row)
            rows.append(row);
    }
    return rows;
}

// The selected lines, or all that are shown.
void LogView::copy(bool json)
{
    const QList<int> rows = chosenRows();
    QGuiApplication::clipboard()->setText(json ? m_model.json(rows) : m_model.text(rows));
}

void LogView::openInvocation(const QModelIndex& index)
{
    const QString request = index.data(LogModel::RequestIdRole).toString();
    if (!request.isEmpty())
        Q_EMIT invocationRequested(request, index.data(LogModel::FunctionRole).toString());
}

void LogView::openReason(const QModelIndex& index)
{
    const QList<models::Denial> denials = models::denialsIn(index.data().toString());
    if (!denials.isEmpty())
        Q_EMIT openRequested(models::routeToReason(denials.first()));
}

void LogView::applyFilter()
{
    const QString text = m_filter->text().trimmed();
    m_model.setFilter(m_onlyMatches->isChecked() ? text : QString(),
                      models::LogLevel(m_level->currentData().toInt()));
    static_cast<LogDelegate*>(m_list->itemDelegate())->setHighlight(text);
    m_list->viewport()->update();
    if (m_follow->isChecked())
        scrollToEnd();
    describe();
}

void LogView::describe()
{
    const int all = m_model.lineCount();
    const int shown = m_model.rowCount();
    QString text =
        shown == all
            ? tr("%1 lines").arg(models::formatCount(all))
            : tr("%1 of %2 lines").arg(models::formatCount(shown), models::formatCount(all));
    if (m_pause->isChecked())
        text = tr("Paused, %1 waiting").arg(models::formatCount(m_pending.size()));
    else if (!m_searched.isNull())
        text = tr("%1 found in all stored lines, the newest").arg(models::formatCount(all));
    else if (all == 0)
        text = m_channel.state() == rpc::Channel::State::Connected ? tr("Waiting for log lines")
                                                                   : tr("Not connected");
    if (m_dropped > 0)
        text += tr(", %1 skipped").arg(models::formatCount(m_dropped));
    m_status->setText(text);
}

void LogView::scrollToEnd()
{
    m_list->scrollToBottom();
}

} // namespace gantry::ui
