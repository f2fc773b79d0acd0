#include "ui/pages/traces/trace_waterfall.h"

#include "ui/models/format.h"
#include "ui/widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace gantry::ui {

using models::TimelineSpan;
using widgets::Theme;

namespace {

constexpr int kAxisHeight = 28;
constexpr int kRowHeight = 28;
constexpr int kBarHeight = 12;
constexpr int kIndent = 14;
constexpr int kLabelRoom = 76; // right of the longest bar
constexpr double kLeastBar = 2;
constexpr double kPale = 0.32;

// 1, 2 or 5 times a power of ten, so that about five of them fill the time line.
double tickStep(double durationMs)
{
    const double rough = std::max(durationMs, 1e-3) / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (power * factor >= rough)
            return power * factor;
    }
    return power * 10;
}

QColor pale(QColor color)
{
    color.setAlphaF(float(kPale));
    return color;
}

QString toolTipOf(const TimelineSpan& span)
{
    QStringList lines{span.kind.isEmpty()
                          ? span.name
                          : TraceWaterfall::tr("%1 (%2)").arg(span.name, span.kind),
                      TraceWaterfall::tr("begins after %1").arg(models::formatMs(span.startMs)),
                      span.inProgress
                          ? TraceWaterfall::tr("in progress")
                          : TraceWaterfall::tr("takes %1").arg(models::formatMs(span.durationMs()))};
    if (!span.critical.isEmpty()) {
        double waited = 0;
        for (const auto& [from, to] : span.critical)
            waited += to - from;
        lines.append(TraceWaterfall::tr("of that %1 on the critical path").arg(models::formatMs(waited)));
    }
    if (!span.message.isEmpty())
        lines.append(span.message.left(300));
    return lines.join(u'\n').toHtmlEscaped().replace(u'\n', QLatin1String("<br>"));
}

} // namespace

TraceWaterfall::TraceWaterfall(QWidget* parent) : QAbstractScrollArea(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
}

void TraceWaterfall::setTimeline(models::TraceTimeline timeline)
{
    const QString selected =
        m_current >= 0 ? m_timeline.spans.at(m_current).id : QString();
    m_timeline = std::move(timeline);
    m_series.clear();
    m_current = -1;
    int services = 0;
    int series = 0;
    for (int i = 0; i < m_timeline.spans.size(); ++i) {
        if (m_timeline.spans.at(i).segment)
            series = services++ % Theme::kSeriesCount;
        m_series.insert(i, series);
        if (m_timeline.spans.at(i).id == selected)
            m_current = i;
    }
    setAccessibleDescription(tr("%1 spans in %2")
                                 .arg(m_timeline.spans.size())
                                 .arg(models::formatMs(m_timeline.durationMs)));
    updateScrollBar();
    if (m_current < 0 && !m_timeline.spans.isEmpty())
        select(0);
    viewport()->update();
}

void TraceWaterfall::select(int index)
{
    if (index < 0 || index >= m_timeline.spans.size())
        return;
    m_current = index;
    scrollTo(index);
    viewport()->update();
    Q_EMIT spanSelected(index);
}

int TraceWaterfall::namesWidth() const
{
    return std::clamp(viewport()->width() * 2 / 5, 150, 320);
}

double TraceWaterfall::xOf(double ms) const
{
    const double left = namesWidth();
    const double width = std::max(40.0, viewport()->width() - left - kLabelRoom);
    return left + width * ms / std::max(m_timeline.durationMs, 1e-3);
}

QRectF TraceWaterfall::barBetween(double startMs, double endMs, int index) const
{
    const QRect row = rowOf(index);
    const double x = xOf(startMs);
    return {x, row.top() + (kRowHeight - kBarHeight) / 2.0, std::max(kLeastBar, xOf(endMs) - x),
            double(kBarHeight)};
}

QRectF TraceWaterfall::barOf(int index) const
{
    const TimelineSpan& span = m_timeline.spans.at(index);
    return barBetween(span.startMs, span.endMs, index);
}

QRect TraceWaterfall::rowOf(int index) const
{
    return {0, kAxisHeight + index * kRowHeight - verticalScrollBar()->value(),
            viewport()->width(), kRowHeight};
}

int TraceWaterfall::indexAt(const QPoint& at) const
{
    if (at.y() < kAxisHeight)
        return -1;
    const int index = (at.y() - kAxisHeight + verticalScrollBar()->value()) / kRowHeight;
    return index < m_timeline.spans.size() ? index : -1;
}

QColor TraceWaterfall::colorOf(const TimelineSpan& span) const
{
    const Theme& theme = Theme::current();
    if (span.fault)
        return theme.color(Theme::Error);
    if (span.throttle || span.error)
        return theme.color(Theme::Warning);
    return theme.series(m_series.value(int(&span - m_timeline.spans.constData())));
}

void TraceWaterfall::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(viewport()->rect(), Theme::current().color(Theme::Surface));
    painter.save();
    painter.setClipRect(0, kAxisHeight, viewport()->width(), viewport()->height() - kAxisHeight);
    const int first = std::max(0, verticalScrollBar()->value() / kRowHeight);
    const int last = std::min(int(m_timeline.spans.size()) - 1,
                              first + viewport()->height() / kRowHeight + 1);
    for (int i = first; i <= last; ++i)
        paintRow(painter, i);
    painter.restore();
    paintAxis(painter);
}

void TraceWaterfall::paintAxis(QPainter& painter) const
{
    const Theme& theme = Theme::current();
    painter.setFont(theme.font(Theme::Caption));
    const double step = tickStep(m_timeline.durationMs);
    for (double at = 0; at <= m_timeline.durationMs * 1.0001; at += step) {
        const double x = std::floor(xOf(at)) + 0.5;
        painter.setPen(theme.color(Theme::Border));
        painter.drawLine(QPointF(x, kAxisHeight - 5), QPointF(x, viewport()->height()));
        painter.setPen(theme.color(Theme::MutedText));
        painter.drawText(QRectF(x + 3, 0, 90, kAxisHeight - 4), Qt::AlignLeft | Qt::AlignVCenter,
                         at == 0 ? QStringLiteral("0") : models::formatMs(at));
    }
    painter.setPen(theme.color(Theme::Border));
    painter.drawLine(QPointF(0, kAxisHeight - 0.5), QPointF(viewport()->width(), kAxisHeight - 0.5));
}

void TraceWaterfall::paintRow(QPainter& painter, int index) const
{
    const Theme& theme = Theme::current();
    const TimelineSpan& span = m_timeline.spans.at(index);
    if (index == m_current)
        painter.fillRect(rowOf(index), theme.color(Theme::Selected));
    paintName(painter, index);
    const QColor color = colorOf(span);
    const QRectF bar = barOf(index);
    painter.setPen(Qt::NoPen);
    painter.setBrush(pale(color));
    QPainterPath shape;
    shape.addRoundedRect(bar, 3, 3);
    painter.drawPath(shape);
    painter.save();
    painter.setClipPath(shape, Qt::IntersectClip);
    for (const auto& [from, to] : span.critical)
        painter.fillRect(barBetween(from, to, index), color);
    painter.restore();
    painter.setPen(theme.color(Theme::MutedText));
    painter.setFont(theme.font(Theme::Caption));
    painter.drawText(QRectF(bar.right() + 6, rowOf(index).top(), kLabelRoom, kRowHeight),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     span.inProgress ? tr("in progress") : models::formatMs(span.durationMs()));
}

void TraceWaterfall::paintName(QPainter& painter, int index) const
{
    const Theme& theme = Theme::current();
    const TimelineSpan& span = m_timeline.spans.at(index);
    QRect room = rowOf(index).adjusted(8 + span.depth * kIndent, 0, 0, 0);
    room.setRight(namesWidth() - 8);
    const QFont font = theme.font(span.segment ? Theme::Strong : Theme::Body);
    const QString name = QFontMetrics(font).elidedText(span.name, Qt::ElideRight, room.width());
    painter.setFont(font);
    painter.setPen(span.fault ? theme.color(Theme::Error) : theme.color(Theme::Text));
    painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter, name);
    room.adjust(QFontMetrics(font).horizontalAdvance(name) + 6, 0, 0, 0);
    if (span.kind.isEmpty() || room.width() < 40)
        return;
    painter.setFont(theme.font(Theme::Caption));
    painter.setPen(theme.color(Theme::MutedText));
    painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(span.kind, Qt::ElideRight, room.width()));
}

void TraceWaterfall::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    updateScrollBar();
}

void TraceWaterfall::updateScrollBar()
{
    const int height = int(m_timeline.spans.size()) * kRowHeight;
    const int room = std::max(kRowHeight, viewport()->height() - kAxisHeight);
    verticalScrollBar()->setPageStep(room);
    verticalScrollBar()->setSingleStep(kRowHeight);
    verticalScrollBar()->setRange(0, std::max(0, height - room));
}

void TraceWaterfall::scrollTo(int index)
{
    QScrollBar* bar = verticalScrollBar();
    const int top = index * kRowHeight;
    bar->setValue(std::clamp(bar->value(), top + kRowHeight - bar->pageStep(), top));
}

void TraceWaterfall::mousePressEvent(QMouseEvent* event)
{
    select(indexAt(event->pos()));
}

void TraceWaterfall::keyPressEvent(QKeyEvent* event)
{
    const int last = int(m_timeline.spans.size()) - 1;
    switch (event->key()) {
    case Qt::Key_Up:
        return select(std::max(0, m_current - 1));
    case Qt::Key_Down:
        return select(std::min(last, m_current + 1));
    case Qt::Key_Home:
        return select(0);
    case Qt::Key_End:
        return select(last);
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

bool TraceWaterfall::viewportEvent(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QAbstractScrollArea::viewportEvent(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int index = indexAt(help->pos());
    QToolTip::showText(help->globalPos(),
                       index >= 0 ? toolTipOf(m_timeline.spans.at(index)) : QString(), viewport(),
                       index >= 0 ? rowOf(index) : QRect());
    return true;
}

void TraceWaterfall::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        viewport()->update();
}

} // namespace gantry::ui
