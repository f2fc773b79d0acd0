#include "ui/pages/monitor/log_view.h"

#include "ui/models/format.h"
#include "ui/pages/monitor/log_delegate.h"
#include "ui/pages/page.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
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

} // namespace

LogView::LogView(const Services& services, const QString& functionName, QWidget* parent)
    : QWidget(parent), m_channel(*services.channel), m_api(*services.monitorApi),
      m_functionName(functionName), m_list(new QListView(this)), m_status(new QLabel(this))
{
    setObjectName(QStringLiteral("logView"));
    m_status->setObjectName(QStringLiteral("logStatus"));
    m_status->setProperty("muted", true);
    auto* toolbar = new QHBoxLayout;
    toolbar->setSpacing(4);
    buildToolbar(*toolbar);
    buildList();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addLayout(toolbar);
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
    return QWidget::eventFilter(watched, event);
}

void LogView::buildToolbar(QHBoxLayout& row)
{
    m_filter = new widgets::SearchField(QStringLiteral("logFilter"), tr("Filter log"), this);
    m_filter->setAccessibleName(tr("Filter log"));
    m_filter->setMaximumWidth(320);
    connect(m_filter, &QLineEdit::textChanged, this, &LogView::applyFilter);
    row.addWidget(m_filter, 1);

    m_errorsOnly = makeAction(QStringLiteral("logErrorsOnly"), tr("Errors only"),
                              QStringLiteral("error"), true);
    connect(m_errorsOnly, &QAction::toggled, this, &LogView::applyFilter);
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
    QAction* copyAction =
        makeAction(QStringLiteral("logCopy"), tr("Copy log"), QStringLiteral("copy"), false);
    connect(copyAction, &QAction::triggered, this, &LogView::copy);
    QAction* clear =
        makeAction(QStringLiteral("logClear"), tr("Clear log"), QStringLiteral("trash"), false);
    connect(clear, &QAction::triggered, this, [this] {
        m_pending.clear();
        m_dropped = 0;
        m_model.clear();
        describe();
    });
    for (QAction* action : {m_errorsOnly, m_follow, m_pause, copyAction, clear}) {
        auto* button = widgets::makeActionButton(action, this);
        if (action == m_errorsOnly)
            button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        row.addWidget(button);
    }
    row.addStretch();
    row.addWidget(m_status);
}

void LogView::buildList()
{
    m_list->setObjectName(QStringLiteral("logList"));
    m_list->setAccessibleName(tr("Log lines"));
    m_list->setModel(&m_model);
    m_list->setItemDelegate(new LogDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
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
    if (m_active && m_channel.state() == rpc::Channel::State::Connected)
        m_stream = m_api.watchLogs(
            m_functionName, kBacklog, [this](const rpc::LogBatch& batch) { take(batch); },
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

void LogView::copy()
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
    QGuiApplication::clipboard()->setText(m_model.text(rows));
}

void LogView::applyFilter()
{
    m_model.setFilter(m_filter->text().trimmed(), m_errorsOnly->isChecked());
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
