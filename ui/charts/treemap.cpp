#include "ui/charts/treemap.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <numeric>

namespace gantry::charts {

namespace {

constexpr double kGap = 2;
constexpr double kPadding = 8;

// The worst ratio of sides that a row of areas with this sum would have along `side`.
double worst(double smallest, double largest, double sum, double side)
{
    const double square = side * side;
    return std::max(square * largest / (sum * sum), sum * sum / (square * smallest));
}

// Cuts a row off the area's shorter side and fills it with values[from, to).
void layRow(const std::vector<double>& values, std::size_t from, std::size_t to, double scale,
            QRectF& area, std::vector<QRectF>& rects)
{
    const double sum = scale * std::accumulate(values.begin() + std::ptrdiff_t(from),
                                               values.begin() + std::ptrdiff_t(to), 0.0);
    const bool upright = area.width() >= area.height(); // the row is a column at the left
    const double side = upright ? area.height() : area.width();
    const double thick = side > 0 ? sum / side : 0;
    double along = 0;
    for (std::size_t i = from; i < to; ++i) {
        const double length = thick > 0 ? scale * values[i] / thick : 0;
        rects.push_back(upright ? QRectF(area.left(), area.top() + along, thick, length)
                                : QRectF(area.left() + along, area.top(), length, thick));
        along += length;
    }
    if (upright)
        area.setLeft(area.left() + thick);
    else
        area.setTop(area.top() + thick);
}

// Black or white, whichever is easier to read on a colour.
QColor textOn(const QColor& color)
{
    const double light = 0.299 * color.redF() + 0.587 * color.greenF() + 0.114 * color.blueF();
    return light > 0.58 ? QColor(20, 22, 28) : QColor(255, 255, 255);
}

} // namespace

std::vector<QRectF> squarified(const std::vector<double>& values, const QRectF& area)
{
    std::vector<QRectF> rects;
    const double total = std::accumulate(values.begin(), values.end(), 0.0);
    if (total <= 0 || area.isEmpty())
        return std::vector<QRectF>(values.size());
    const double scale = area.width() * area.height() / total;
    QRectF rest = area;
    for (std::size_t from = 0; from < values.size();) {
        const double side = std::max(std::min(rest.width(), rest.height()), 1e-9);
        std::size_t to = from + 1;
        double sum = values[from] * scale;
        double ratio = worst(sum, sum, sum, side);
        while (to < values.size()) {
            const double next = sum + values[to] * scale;
            const double with = worst(values[to] * scale, values[from] * scale, next, side);
            if (with > ratio)
                break;
            sum = next;
            ratio = with;
            ++to;
        }
        layRow(values, from, to, scale, rest, rects);
        from = to;
    }
    return rects;
}

Treemap::Treemap(const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
{
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    setToolTip(tr("Pick a part by click, or with the arrow keys and Enter"));
    setFocusPolicy(Qt::StrongFocus);
    setMinimumHeight(160);
}

void Treemap::setItems(QList<Item> items)
{
    items.removeIf([](const Item& item) { return !(item.value > 0); });
    std::stable_sort(items.begin(), items.end(),
                     [](const Item& a, const Item& b) { return a.value > b.value; });
    m_items = std::move(items);
    m_current = std::clamp(m_current, 0, std::max(int(m_items.size()) - 1, 0));
    QStringList spoken;
    for (const Item& item : m_items)
        spoken.append(tr("%1 %2").arg(item.name, item.text));
    setAccessibleDescription(spoken.join(QStringLiteral(", ")));
    arrange();
    update();
}

QRectF Treemap::rectOf(const QString& id) const
{
    for (int i = 0; i < m_items.size(); ++i) {
        if (m_items[i].id == id)
            return m_rects[std::size_t(i)];
    }
    return {};
}

QImage Treemap::toImage(double scale)
{
    QImage image(size() * scale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    image.fill(palette().color(QPalette::Base));
    render(&image, {}, {}, QWidget::DrawChildren);
    return image;
}

void Treemap::arrange()
{
    std::vector<double> values;
    for (const Item& item : m_items)
        values.push_back(item.value);
    m_rects = squarified(values, QRectF(rect()));
}

int Treemap::itemAt(const QPointF& place) const
{
    for (std::size_t i = 0; i < m_rects.size(); ++i) {
        if (m_rects[i].contains(place))
            return int(i);
    }
    return -1;
}

void Treemap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_items.isEmpty()) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    const QFontMetrics metrics(font());
    for (int i = 0; i < m_items.size(); ++i) {
        const Item& item = m_items[i];
        const QRectF box = m_rects[std::size_t(i)].adjusted(kGap / 2, kGap / 2, -kGap / 2, -kGap / 2);
        painter.setPen(Qt::NoPen);
        painter.setBrush(item.color);
        painter.drawRoundedRect(box, 4, 4);
        const QRectF inner = box.adjusted(kPadding, kPadding / 2, -kPadding, -kPadding / 2);
        if (inner.width() > 36 && inner.height() >= metrics.height()) {
            painter.setPen(textOn(item.color));
            const QString name =
                metrics.elidedText(item.name, Qt::ElideRight, int(inner.width()));
            painter.drawText(inner, Qt::AlignLeft | Qt::AlignTop, name);
            if (inner.height() >= 2 * metrics.height())
                painter.drawText(inner.adjusted(0, metrics.height(), 0, 0),
                                 Qt::AlignLeft | Qt::AlignTop,
                                 metrics.elidedText(item.text, Qt::ElideRight, int(inner.width())));
        }
        if (hasFocus() && i == m_current) {
            painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4);
        }
    }
}

void Treemap::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

void Treemap::mousePressEvent(QMouseEvent* event)
{
    const int at = itemAt(event->position());
    if (event->button() != Qt::LeftButton || at < 0)
        return;
    m_current = at;
    update();
    Q_EMIT picked(m_items[at].id);
}

void Treemap::keyPressEvent(QKeyEvent* event)
{
    const int last = int(m_items.size()) - 1;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Up:
        m_current = std::max(m_current - 1, 0);
        break;
    case Qt::Key_Right:
    case Qt::Key_Down:
        m_current = std::min(m_current + 1, std::max(last, 0));
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (last >= 0)
            Q_EMIT picked(m_items[m_current].id);
        return;
    default:
        return QWidget::keyPressEvent(event);
    }
    update();
}

void Treemap::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void Treemap::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

bool Treemap::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int at = itemAt(help->pos());
        if (at >= 0) {
            QToolTip::showText(help->globalPos(), QStringLiteral("%1\n%2").arg(m_items[at].name, m_items[at].text),
                               this, m_rects[std::size_t(at)].toRect());
            return true;
        }
    }
    return QWidget::event(event);
}

} // namespace gantry::charts
