#include "ui/pages/monitor/invocation_detail_view.h"

#include "ui/models/format.h"
#include "ui/models/invocations_model.h"
#include "ui/pages/permissions/denial_bar.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QJsonDocument>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
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

InvocationDetailView::InvocationDetailView(QWidget* parent)
    : QWidget(parent), m_title(new QLabel(this)), m_facts(new QLabel(this)),
      m_tabs(new QTabWidget(this)),
      m_response(addTab(QStringLiteral("invocationResponse"), tr("Response"))),
      m_eventText(addTab(QStringLiteral("invocationEvent"), tr("Event"))),
      m_log(addTab(QStringLiteral("invocationLog"), tr("Log"))),
      m_trace(widgets::makeButton(QStringLiteral("openTrace"), tr("Trace"),
                                  widgets::ButtonKind::Normal, QStringLiteral("trace"), this)),
      m_replay(widgets::makeButton(QStringLiteral("monitorReplay"), tr("Run again"),
                                   widgets::ButtonKind::Normal, QStringLiteral("refresh"), this)),
      m_denied(new DenialBar(QStringLiteral("invocationWhy"), this))
{
    setObjectName(QStringLiteral("invocationDetail"));
    m_title->setObjectName(QStringLiteral("invocationTitle"));
    m_title->setFont(Theme::current().font(Theme::Strong));
    m_title->setTextFormat(Qt::PlainText);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setWordWrap(true);
    m_facts->setObjectName(QStringLiteral("invocationFacts"));
    m_facts->setProperty("muted", true);
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setWordWrap(true);
    m_tabs->setObjectName(QStringLiteral("invocationTabs"));
    m_replay->setToolTip(tr("Sends the same event again"));
    m_trace->setToolTip(tr("Shows the way of this request through everything that took part"));
    connect(m_trace, &QPushButton::clicked, this, [this] {
        Q_EMIT openRequested(QStringLiteral("traces/invocation/") + m_requestId);
    });
    auto* close = widgets::makeIconButton(QStringLiteral("closeInvocation"),
                                          QStringLiteral("close"), tr("Close invocation"), this);
    connect(close, &QToolButton::clicked, this, &InvocationDetailView::closeRequested);
    connect(m_denied, &DenialBar::openRequested, this, &InvocationDetailView::openRequested);
    connect(m_replay, &QPushButton::clicked, this, [this] { Q_EMIT replayRequested(m_event); });

    auto* head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    head->addWidget(m_trace);
    head->addWidget(m_replay);
    head->addWidget(close);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kMargin, Theme::kSpace, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addLayout(head);
    layout->addWidget(m_facts);
    layout->addWidget(m_denied);
    layout->addWidget(m_tabs, 1);
}

void InvocationDetailView::showSummary(const InvocationSummary& summary)
{
    m_requestId = summary.requestId;
    m_event.clear();
    const QString outcome = summary.errorMessage.isEmpty()
                                ? models::statusText(summary)
                                : tr("%1: %2").arg(summary.errorType, summary.errorMessage);
    m_title->setText(tr("%1\n%2").arg(outcome, summary.requestId));
    m_facts->setText(factsOf(summary));
    m_replay->setEnabled(false);
    for (QPlainTextEdit* text : {m_response, m_eventText, m_log})
        text->setPlainText(tr("Loading…"));
    showDenials();
}

void InvocationDetailView::showDetail(const InvocationDetail& detail)
{
    showSummary(detail.summary);
    m_event = detail.event;
    m_replay->setEnabled(detail.eventKept);
    m_eventText->setPlainText(detail.eventKept ? prettyJson(detail.event)
                                               : tr("The event was too large to keep."));
    m_response->setPlainText(detail.responseKept ? prettyJson(detail.response)
                                                 : tr("The response was not kept."));
    QStringList lines;
    for (const rpc::LogLine& line : detail.log)
        lines.append(line.message.endsWith(u'\n') ? line.message.chopped(1) : line.message);
    m_log->setPlainText(lines.isEmpty() ? tr("It wrote nothing.") : lines.join(u'\n'));
    showDenials();
}

void InvocationDetailView::showDenials()
{
    m_denied->setText(m_title->text() + u'\n' + m_response->toPlainText() + u'\n' + m_log->toPlainText());
}

void InvocationDetailView::showProblem(const QString& message)
{
    for (QPlainTextEdit* text : {m_response, m_eventText, m_log})
        text->setPlainText(message);
}

QPlainTextEdit* InvocationDetailView::addTab(const QString& name, const QString& title)
{
    auto* text = new QPlainTextEdit(m_tabs);
    widgets::identify(text, name, tr("Invocation %1").arg(title.toLower()), title);
    text->setReadOnly(true);
    text->setFont(Theme::current().font(Theme::Mono));
    text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_tabs->addTab(text, title);
    return text;
}

} // namespace gantry::ui
