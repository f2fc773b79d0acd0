#include "ui/pages/traces/service_map_items.h"

#include "ui/models/format.h"
#include "ui/widgets/theme.h"

#include <QCoreApplication>
#include <QPainter>
#include <QStyleOptionGraphicsItem>

#include <algorithm>
#include <cmath>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr qreal kPadding = 12;
constexpr qreal kRadius = 8;
constexpr qreal kDot = 3.5;
constexpr double kDotSeconds = 1.2; // along the whole call
constexpr double kMostDots = 12;    // a second: more would be a line
constexpr qsizetype kMostOnPath = 40;

QString tr(const char* text)
{
    return QCoreApplication::translate("ServiceMap", text);
}

QString kindOf(const rpc::ServiceNode& service)
{
    if (service.type == QLatin1String("client"))
        return tr("clients");
    if (service.type == QLatin1String("AWS::Lambda"))
        return tr("Lambda service");
    if (service.type == QLatin1String("AWS::Lambda::Function"))
        return tr("Lambda function");
    return service.type.isEmpty() ? tr("service") : service.type;
}

QString countsOf(const rpc::CallCounts& counts)
{
    return counts.total() == 0 ? QString()
                               : tr("%1 calls · mean %2")
                                     .arg(models::formatCount(counts.total()),
                                          models::formatMs(counts.meanMs()));
}

} // namespace

ServiceItem::ServiceItem(rpc::ServiceNode service) : m_service(std::move(service))
{
    setAcceptHoverEvents(true);
    setFlag(ItemIsFocusable);
    setCursor(Qt::PointingHandCursor);
    setZValue(1);
    setService(m_service);
}

void ServiceItem::setService(rpc::ServiceNode service)
{
    m_service = std::move(service);
    const rpc::CallCounts& c = m_service.counts;
    setToolTip(c.total() == 0 ? m_service.name
                              : tr("%1: %2 OK, %3 errors, %4 throttled, %5 faults")
                                    .arg(m_service.name, models::formatCount(c.ok),
                                         models::formatCount(c.errors),
                                         models::formatCount(c.throttles),
                                         models::formatCount(c.faults)));
    update();
}

QRectF ServiceItem::boundingRect() const
{
    return QRectF(0, 0, kWidth, kHeight).adjusted(-2, -2, 2, 2);
}

void ServiceItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    const Theme& theme = Theme::current();
    const bool marked = m_hovered || hasFocus();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(theme.color(marked ? Theme::Accent : Theme::StrongBorder), marked ? 1.5 : 1));
    painter->setBrush(theme.color(Theme::Raised));
    painter->drawRoundedRect(QRectF(0, 0, kWidth, kHeight), kRadius, kRadius);
    const QRectF room(kPadding, 8, kWidth - 2 * kPadding, kHeight - 20);
    painter->setFont(theme.font(Theme::Strong));
    painter->setPen(theme.color(Theme::Text));
    painter->drawText(room, Qt::AlignLeft | Qt::AlignTop,
                      painter->fontMetrics().elidedText(m_service.name, Qt::ElideMiddle,
                                                        int(room.width())));
    painter->setFont(theme.font(Theme::Caption));
    painter->setPen(theme.color(Theme::MutedText));
    const qreal line = painter->fontMetrics().height();
    painter->drawText(room.adjusted(0, line + 3, 0, 4), Qt::AlignLeft | Qt::AlignTop,
                      painter->fontMetrics().elidedText(
                          m_service.counts.total() == 0
                              ? kindOf(m_service)
                              : kindOf(m_service) + u'\n' + countsOf(m_service.counts),
                          Qt::ElideNone, int(room.width())));
    paintShares(*painter);
}

// A line at the foot: how many calls were well, and what became of the others.
void ServiceItem::paintShares(QPainter& painter) const
{
    const rpc::CallCounts& c = m_service.counts;
    if (c.total() == 0)
        return;
    const Theme& theme = Theme::current();
    QPainterPath outline;
    outline.addRoundedRect(QRectF(0, 0, kWidth, kHeight), kRadius, kRadius);
    painter.save();
    painter.setClipPath(outline);
    qreal x = 0;
    const std::pair<qint64, Theme::Role> parts[] = {{c.ok, Theme::Success},
                                                    {c.errors + c.throttles, Theme::Warning},
                                                    {c.faults, Theme::Error}};
    for (const auto& [count, role] : parts) {
        const qreal width = kWidth * qreal(count) / qreal(c.total());
        painter.fillRect(QRectF(x, kHeight - 4, width, 4), theme.color(role));
        x += width;
    }
    painter.restore();
}

void ServiceItem::mouseReleaseEvent(QGraphicsSceneMouseEvent* event)
{
    if (boundingRect().contains(event->pos()))
        Q_EMIT activated();
}

void ServiceItem::hoverEnterEvent(QGraphicsSceneHoverEvent*)
{
    m_hovered = true;
    update();
}

void ServiceItem::hoverLeaveEvent(QGraphicsSceneHoverEvent*)
{
    m_hovered = false;
    update();
}

void ServiceItem::focusInEvent(QFocusEvent*)
{
    update();
}

void ServiceItem::focusOutEvent(QFocusEvent*)
{
    update();
}

CallItem::CallItem(const ServiceItem& from, const ServiceItem& to, rpc::CallCounts counts)
    : m_from(from), m_to(to), m_counts(counts)
{
    const QPointF start = from.pos() + QPointF(ServiceItem::kWidth, ServiceItem::kHeight / 2);
    const QPointF end = to.pos() + QPointF(0, ServiceItem::kHeight / 2);
    m_path.moveTo(start);
    const bool back = end.x() <= start.x(); // a call in a circle goes around below
    const qreal bend = back ? ServiceItem::kHeight * 1.5 : 0;
    const qreal reach = std::max(60.0, std::abs(end.x() - start.x()) / 2);
    m_path.cubicTo(start + QPointF(reach, bend), end + QPointF(-reach, bend), end);
}

void CallItem::setCounts(const rpc::CallCounts& counts)
{
    m_counts = counts;
    update();
}

void CallItem::setRate(double callsPerSecond, bool failing)
{
    m_rate = callsPerSecond;
    m_failing = failing;
}

void CallItem::advanceBy(double seconds)
{
    const bool had = !m_dots.isEmpty();
    for (double& dot : m_dots)
        dot += seconds / kDotSeconds;
    m_dots.erase(std::remove_if(m_dots.begin(), m_dots.end(), [](double at) { return at >= 1; }),
                 m_dots.end());
    m_due += std::min(m_rate, kMostDots) * seconds;
    while (m_due >= 1) {
        m_due -= 1;
        if (m_dots.size() < kMostOnPath)
            m_dots.append(m_due / std::max(m_rate, 1e-3) / kDotSeconds);
    }
    if (had || !m_dots.isEmpty())
        update();
}

QRectF CallItem::boundingRect() const
{
    return m_path.boundingRect().adjusted(-8, -8, 8, 8);
}

void CallItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    const Theme& theme = Theme::current();
    painter->setRenderHint(QPainter::Antialiasing);
    const qreal width = 1 + std::min(3.0, std::log10(1.0 + double(m_counts.total())));
    const bool bad = m_counts.faults * 20 > m_counts.total(); // more than one in twenty
    painter->setPen(QPen(theme.color(bad ? Theme::Error : Theme::StrongBorder), width));
    painter->setBrush(Qt::NoBrush);
    painter->drawPath(m_path);
    painter->setPen(Qt::NoPen);
    painter->setBrush(theme.color(m_failing ? Theme::Error : Theme::Accent));
    for (const double at : m_dots)
        painter->drawEllipse(m_path.pointAtPercent(std::clamp(at, 0.0, 1.0)), kDot, kDot);
}

CallLabel::CallLabel(const CallItem& call, const QList<CallLabel*>& others) : m_call(call)
{
    setZValue(0.5); // above every curve, below the services
    const QFontMetricsF metrics(Theme::current().font(Theme::Caption));
    m_size = QSizeF(metrics.horizontalAdvance(QStringLiteral("88.88 ms")) + 14, metrics.height() + 4);
    // In the middle of its call, or a little further along it where another label is.
    for (const double along : {0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78}) {
        setPos(call.path().pointAtPercent(along));
        const bool free = std::none_of(others.begin(), others.end(), [this](const CallLabel* other) {
            return other->sceneBoundingRect().intersects(sceneBoundingRect());
        });
        if (free)
            return;
    }
    setPos(call.path().pointAtPercent(0.5));
}

QString CallLabel::text() const
{
    return models::formatMs(m_call.counts().meanMs());
}

QRectF CallLabel::boundingRect() const
{
    return QRectF(QPointF(-m_size.width() / 2, -m_size.height() / 2), m_size).adjusted(-2, -2, 2, 2);
}

void CallLabel::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    const Theme& theme = Theme::current();
    const QRectF pill(QPointF(-m_size.width() / 2, -m_size.height() / 2), m_size);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(theme.color(Theme::Border), 1));
    painter->setBrush(theme.color(Theme::Surface));
    painter->drawRoundedRect(pill, pill.height() / 2, pill.height() / 2);
    painter->setPen(theme.color(Theme::MutedText));
    painter->setFont(theme.font(Theme::Caption));
    painter->drawText(pill, Qt::AlignCenter, text());
}

} // namespace gantry::ui
