#include "ui/pages/monitor/invocation_detail_view.h"

#include "ui/models/format.h"
#include "ui/models/invocation_timeline.h"
#include "ui/models/invocations_model.h"
#include "ui/pages/page.h"
#include "ui/pages/permissions/denial_bar.h"
#include "ui/pages/traces/trace_waterfall.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using rpc::InvocationDetail;
using rpc::InvocationSummary;
using widgets::Theme;

namespace {

// Formatting megabytes would hold the window up.
constexpr qsizetype kLongestPretty = 512 * 1024;

QString factsOf(const InvocationSummary& summary)
{
    QStringList facts{
        QLocale().toString(QDateTime::fromMSecsSinceEpoch(summary.startedAtMs), QStringLiteral("d MMM HH:mm:ss.zzz")),
        InvocationDetailView::tr("Duration %1").arg(models::formatMs(summary.durationMs)),
        InvocationDetailView::tr("billed %1 ms").arg(models::formatCount(summary.billedMs)),
        summary.restoreMs > 0 ? InvocationDetailView::tr("cold start, restored in %1")
                                    .arg(models::formatMs(summary.restoreMs))
        : summary.coldStart
            ? InvocationDetailView::tr("cold start, init %1").arg(models::formatMs(summary.initMs))
            : InvocationDetailView::tr("warm"),
        InvocationDetailView::tr("memory %1 of %2")
            .arg(models::formatBytes(summary.memoryUsedBytes),
                 models::formatMemory(summary.memorySizeMb)),
        InvocationDetailView::tr("waited %1").arg(models::formatMs(summary.queueMs)),
        InvocationDetailView::tr("cost %1").arg(models::formatUsd(summary.costUsd)),
        InvocationDetailView::tr("version %1").arg(summary.version),
    };
    if (!summary.alias.isEmpty())
        facts.append(InvocationDetailView::tr("alias %1").arg(summary.alias));
    if (!summary.logStream.isEmpty())
        facts.append(InvocationDetailView::tr("environment %1").arg(summary.logStream));
    if (summary.emulated)
        facts.append(
            InvocationDetailView::tr("for %1, which this host is not: times are not comparable")
                .arg(summary.architecture));
    return facts.join(QStringLiteral("  ·  "));
}

} // namespace

QString prettyJson(const QByteArray& bytes)
{
    if (bytes.size() <= kLongestPretty) {
        const QJsonDocument document = QJsonDocument::fromJson(bytes);
        if (!document.isNull())
            return QString::fromUtf8(document.toJson()).trimmed();
    }
    return QString::fromUtf8(bytes);
}

InvocationDetailView::InvocationDetailView(const Services& services, QWidget* parent)
    : QWidget(parent), m_traces(*services.channel), m_title(new QLabel(this)),
      m_facts(new QLabel(this)), m_timelineOf(widgets::makeCaption({}, this)),
      m_waterfall(new TraceWaterfall(this)),
      m_trace(widgets::makeButton(QStringLiteral("openTrace"), tr("Trace"),
                                  widgets::ButtonKind::Normal, QStringLiteral("trace"), this)),
      m_replay(widgets::makeButton(QStringLiteral("monitorReplay"), tr("Run again"),
                                   widgets::ButtonKind::Normal, QStringLiteral("refresh"), this)),
      m_debug(widgets::makeButton(QStringLiteral("monitorDebug"), tr("Debug"),
                                  widgets::ButtonKind::Normal, QStringLiteral("debug"), this)),
      m_wide(widgets::makeIconButton(QStringLiteral("widenInvocation"), QStringLiteral("sidebar"),
                                     tr("Whole width for the invocation"), this)),
      m_denied(new DenialBar(QStringLiteral("invocationWhy"), this))
{
    setObjectName(QStringLiteral("invocationDetail"));
    m_facts->setObjectName(QStringLiteral("invocationFacts"));
    m_facts->setProperty("muted", true);
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_facts->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kMargin, Theme::kSpace, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(makeHead());
    layout->addWidget(m_facts);
    layout->addWidget(m_denied);
    layout->addWidget(makeBody(), 1);
    connect(m_denied, &DenialBar::openRequested, this, &InvocationDetailView::openRequested);
}

QWidget* InvocationDetailView::makeHead()
{
    m_title->setObjectName(QStringLiteral("invocationTitle"));
    m_title->setFont(Theme::current().font(Theme::Strong));
    m_title->setTextFormat(Qt::PlainText);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setWordWrap(true);
    m_replay->setToolTip(tr("Sends the same event again"));
    m_debug->setToolTip(tr("Sends the same event again and waits for your debugger"));
    m_trace->setToolTip(tr("Shows the way of this request through everything that took part"));
    m_wide->setCheckable(true);
    connect(m_trace, &QPushButton::clicked, this, [this] {
        Q_EMIT openRequested(QStringLiteral("traces/invocation/") + m_requestId);
    });
    connect(m_debug, &QPushButton::clicked, this, [this] {
        Q_EMIT openRequested(QStringLiteral("functions/%1/test/debug/%2").arg(m_function, m_requestId));
    });
    connect(m_replay, &QPushButton::clicked, this, [this] { Q_EMIT replayRequested(m_event, m_function); });
    connect(m_wide, &QToolButton::clicked, this, &InvocationDetailView::wideRequested);
    auto* close = widgets::makeIconButton(QStringLiteral("closeInvocation"),
                                          QStringLiteral("close"), tr("Close invocation"), this);
    connect(close, &QToolButton::clicked, this, &InvocationDetailView::closeRequested);
    auto* head = new QWidget(this);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_title, 1);
    for (QWidget* control : {static_cast<QWidget*>(m_trace), static_cast<QWidget*>(m_replay),
                             static_cast<QWidget*>(m_debug), static_cast<QWidget*>(m_wide),
                             static_cast<QWidget*>(close)})
        row->addWidget(control);
    return head;
}

QWidget* InvocationDetailView::makeBody()
{
    m_timelineOf->setObjectName(QStringLiteral("invocationTimelineOf"));
    widgets::identify(m_waterfall, QStringLiteral("invocationWaterfall"),
                      tr("Waterfall of the invocation"));
    m_waterfall->setMinimumHeight(120);
    auto* times = new QWidget(this);
    auto* column = new QVBoxLayout(times);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(m_timelineOf);
    column->addWidget(m_waterfall, 1);
    auto* payloads = new QSplitter(Qt::Horizontal, this);
    payloads->setObjectName(QStringLiteral("invocationPayloads"));
    payloads->setChildrenCollapsible(false);
    payloads->setHandleWidth(Theme::kSpace);
    payloads->addWidget(makeText(m_eventText, QStringLiteral("invocationEvent"), tr("Event")));
    payloads->addWidget(makeText(m_response, QStringLiteral("invocationResponse"), tr("Response")));
    auto* body = new QSplitter(Qt::Vertical, this);
    body->setObjectName(QStringLiteral("invocationBody"));
    body->setChildrenCollapsible(false);
    body->addWidget(times);
    body->addWidget(payloads);
    body->addWidget(makeText(m_log, QStringLiteral("invocationLog"), tr("Log")));
    body->setHandleWidth(Theme::kSpace);
    body->setSizes({210, 170, 220});
    return body;
}

QWidget* InvocationDetailView::makeText(QPlainTextEdit*& text, const QString& name,
                                        const QString& title)
{
    auto* part = new QWidget(this);
    text = new QPlainTextEdit(part);
    widgets::identify(text, name, tr("Invocation %1").arg(title.toLower()), title);
    text->setReadOnly(true);
    text->setFont(Theme::current().font(Theme::Mono));
    text->setLineWrapMode(QPlainTextEdit::NoWrap);
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(widgets::makeCaption(title, part));
    column->addWidget(text, 1);
    return part;
}

void InvocationDetailView::setWide(bool wide)
{
    m_wide->setChecked(wide);
}

void InvocationDetailView::showSummary(const InvocationSummary& summary)
{
    m_requestId = summary.requestId;
    m_function = summary.functionName;
    m_event.clear();
    const QString outcome = summary.errorMessage.isEmpty()
                                ? models::statusText(summary)
                                : tr("%1: %2").arg(summary.errorType, summary.errorMessage);
    m_title->setText(tr("%1\n%2").arg(outcome, summary.requestId));
    m_facts->setText(factsOf(summary));
    m_trace->setEnabled(false);
    m_replay->setEnabled(false);
    m_debug->setEnabled(false);
    m_timelineOf->setText(tr("Loading…"));
    m_waterfall->setTimeline({});
    for (QPlainTextEdit* text : {m_response, m_eventText, m_log})
        text->setPlainText(tr("Loading…"));
    showDenials();
}

void InvocationDetailView::showDetail(const InvocationDetail& detail)
{
    showSummary(detail.summary);
    m_event = detail.event;
    m_replay->setEnabled(detail.eventKept);
    m_debug->setEnabled(detail.eventKept);
    m_eventText->setPlainText(detail.eventKept ? prettyJson(detail.event)
                                               : tr("The event was too large to keep."));
    m_response->setPlainText(detail.responseKept ? prettyJson(detail.response)
                                                 : tr("The response was not kept."));
    QStringList lines;
    for (const rpc::LogLine& line : detail.log)
        lines.append(line.message.endsWith(u'\n') ? line.message.chopped(1) : line.message);
    m_log->setPlainText(lines.isEmpty() ? tr("It wrote nothing.") : lines.join(u'\n'));
    showTimeline(detail);
    showDenials();
}

// Of its trace where there is one; until that is read, and else, of the record.
void InvocationDetailView::showTimeline(const InvocationDetail& detail)
{
    m_waterfall->setTimeline(models::timelineOf(detail));
    m_timelineOf->setText(tr("Where the time went, from its record"));
    m_traces.traceOf(m_requestId, this, [this, request = m_requestId](const rpc::Result<QString>& id) {
        if (request != m_requestId || !id)
            return;
        m_trace->setEnabled(!id->isEmpty());
        if (id->isEmpty())
            m_timelineOf->setText(tr("Where the time went, from its record; it was not traced"));
        else
            loadTrace(*id);
    });
}

void InvocationDetailView::loadTrace(const QString& id)
{
    m_traces.get(id, this, [this, id, request = m_requestId](const rpc::Result<rpc::TraceDocuments>& trace) {
        if (request != m_requestId || !trace)
            return;
        auto timeline = models::TraceTimeline::of(trace->segments);
        if (timeline.spans.isEmpty())
            return;
        m_timelineOf->setText(tr("Trace %1; solid: the critical path").arg(id));
        m_waterfall->setTimeline(std::move(timeline));
    });
}

void InvocationDetailView::showDenials()
{
    m_denied->setText(m_title->text() + u'\n' + m_response->toPlainText() + u'\n' + m_log->toPlainText());
}

void InvocationDetailView::showProblem(const QString& message)
{
    m_timelineOf->setText(message);
    for (QPlainTextEdit* text : {m_response, m_eventText, m_log})
        text->setPlainText(message);
}

} // namespace gantry::ui
