#include "ui/pages/traces/trace_detail.h"

#include "ui/models/format.h"
#include "ui/pages/traces/trace_waterfall.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using models::TimelineSpan;
using models::TraceTimeline;
using widgets::Badge;
using widgets::Theme;

namespace {

void showOutcome(const TraceTimeline& timeline, Badge& badge)
{
    const auto any = [&timeline](bool TimelineSpan::*flag) {
        return std::any_of(timeline.spans.begin(), timeline.spans.end(),
                           [flag](const TimelineSpan& span) { return span.*flag; });
    };
    if (any(&TimelineSpan::fault))
        badge.set(TraceDetail::tr("Fault"), Badge::Tone::Error);
    else if (any(&TimelineSpan::throttle))
        badge.set(TraceDetail::tr("Throttled"), Badge::Tone::Warning);
    else if (any(&TimelineSpan::error))
        badge.set(TraceDetail::tr("Error"), Badge::Tone::Warning);
    else if (any(&TimelineSpan::inProgress))
        badge.set(TraceDetail::tr("In progress"), Badge::Tone::Info);
    else
        badge.set(TraceDetail::tr("OK"), Badge::Tone::Success);
}

} // namespace

TraceDetail::TraceDetail(QWidget* parent)
    : QWidget(parent), m_title(new QLabel(this)), m_facts(new QLabel(this)),
      m_outcome(new Badge({}, Badge::Tone::Neutral, this)), m_waterfall(new TraceWaterfall(this)),
      m_document(new widgets::JsonView(QStringLiteral("traceDocument"), tr("Document of the span"),
                                       widgets::JsonView::Mode::Read, this)),
      m_open(widgets::makeButton(QStringLiteral("openTracedFunction"), tr("Open function"),
                                 widgets::ButtonKind::Normal, QStringLiteral("functions"), this))
{
    setObjectName(QStringLiteral("traceDetail"));
    m_title->setObjectName(QStringLiteral("traceTitle"));
    m_title->setFont(Theme::current().font(Theme::Strong));
    m_title->setTextFormat(Qt::PlainText);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_facts->setObjectName(QStringLiteral("traceFacts"));
    m_facts->setProperty("muted", true);
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setWordWrap(true);
    widgets::identify(m_waterfall, QStringLiteral("traceWaterfall"), tr("Waterfall of the trace"));
    m_open->setToolTip(tr("Shows the invocations of the function that ran here"));
    connect(m_open, &QPushButton::clicked, this, &TraceDetail::openFunction);
    connect(m_waterfall, &TraceWaterfall::spanSelected, this, &TraceDetail::showSpan);
    auto* close = widgets::makeIconButton(QStringLiteral("closeTrace"), QStringLiteral("close"),
                                          tr("Close trace"), this);
    connect(close, &QToolButton::clicked, this, &TraceDetail::closeRequested);

    auto* head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addWidget(m_outcome);
    head->addStretch(1);
    head->addWidget(m_open);
    head->addWidget(close);
    auto* split = new QSplitter(Qt::Vertical, this);
    split->setObjectName(QStringLiteral("traceSplitter"));
    split->setChildrenCollapsible(false);
    split->addWidget(m_waterfall);
    split->addWidget(m_document);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kMargin, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addLayout(head);
    layout->addWidget(m_facts);
    layout->addWidget(split, 1);
}

void TraceDetail::showId(const QString& id)
{
    if (m_id == id)
        return;
    m_id = id;
    m_title->setText(id);
    m_facts->setText(tr("Loading…"));
    m_outcome->hide();
    m_open->hide();
    m_document->setText({});
    m_waterfall->setTimeline({});
}

void TraceDetail::showTrace(const rpc::TraceDocuments& trace)
{
    showId(trace.id);
    const TraceTimeline timeline = TraceTimeline::of(trace.segments);
    if (timeline.spans.isEmpty())
        return showProblem(tr("There is no such trace. Traces are kept for 30 days."));
    showOutcome(timeline, *m_outcome);
    m_outcome->show();
    QStringList facts{
        QLocale().toString(QDateTime::fromMSecsSinceEpoch(timeline.startMs), QLocale::ShortFormat),
        tr("took %1").arg(models::formatMs(timeline.durationMs)),
        tr("%1 spans").arg(timeline.spans.size()),
        tr("solid: the critical path")};
    if (trace.limitExceeded)
        facts.append(tr("some segments were beyond the size of a trace and are missing"));
    m_facts->setText(facts.join(QStringLiteral("  ·  ")));
    m_waterfall->setTimeline(timeline);
}

void TraceDetail::showProblem(const QString& message)
{
    m_facts->setText(message);
    m_outcome->hide();
}

void TraceDetail::showSpan(int index)
{
    const TimelineSpan& span = m_waterfall->timeline().spans.at(index);
    m_document->setText(QString::fromUtf8(QJsonDocument(span.details).toJson()).trimmed());
    const QString arn = span.details.value(QLatin1String("aws"))
                            .toObject()
                            .value(QLatin1String("function_arn"))
                            .toString();
    m_function = arn.section(QLatin1Char(':'), 6, 6);
    m_open->setVisible(!m_function.isEmpty());
}

void TraceDetail::openFunction()
{
    Q_EMIT openRequested(QStringLiteral("functions/%1/monitor").arg(m_function));
}

} // namespace gantry::ui
