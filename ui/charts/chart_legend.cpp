#include "ui/charts/chart_legend.h"

#include "ui/charts/flow_layout.h"

#include <QPainter>

#include <algorithm>

namespace gantry::charts {

namespace {

constexpr int kSwatch = 8;
constexpr int kGap = 6;
constexpr int kHeight = 22;
constexpr int kPadding = 4;
constexpr int kLongestName = 120;
constexpr int kSpacing = 8;

} // namespace

LegendItem::LegendItem(QWidget* parent) : QAbstractButton(parent)
{
    setCheckable(true);
    setChecked(true);
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::TabFocus);
}

void LegendItem::setSeries(const QString& name, const QColor& color, bool compared)
{
    if (name == text() && color == m_color && compared == m_compared)
        return;
    setText(name);
    m_color = color;
    m_compared = compared;
    setToolTip(tr("%1: press to hide or show").arg(name));
    updateGeometry();
    update();
}

void LegendItem::setValue(const QString& value)
{
    if (value == m_value)
        return;
    m_value = value;
    // Only grows, so that the row does not jump while values change.
    const int width = fontMetrics().horizontalAdvance(value);
    if (width > m_valueWidth) {
        m_valueWidth = width;
        updateGeometry();
    }
    update();
}

QSize LegendItem::sizeHint() const
{
    // One more than measured: the measure is rounded, and half a pixel less would elide.
    const int name = std::min(kLongestName, fontMetrics().horizontalAdvance(text()) + 1);
    return {kPadding + kSwatch + kGap + name + kGap + m_valueWidth + kPadding, kHeight};
}

void LegendItem::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor strong = palette().color(QPalette::Text);
    const QColor muted = palette().color(QPalette::PlaceholderText);
    if (hasFocus()) {
        painter.setPen(palette().color(QPalette::Highlight));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
    const QRectF swatch(kPadding, (height() - kSwatch) / 2.0, kSwatch, kSwatch);
    painter.setPen(QPen(isChecked() ? m_color : muted, 1.5));
    painter.setBrush(isChecked() ? QBrush(m_color) : QBrush(Qt::NoBrush));
    if (m_compared) {
        painter.drawLine(QPointF(swatch.left(), swatch.center().y()), QPointF(swatch.left() + 3, swatch.center().y()));
        painter.drawLine(QPointF(swatch.right() - 3, swatch.center().y()), QPointF(swatch.right(), swatch.center().y()));
    } else {
        painter.drawRoundedRect(swatch, 2, 2);
    }

    QFont nameFont = font();
    nameFont.setStrikeOut(!isChecked());
    painter.setFont(nameFont);
    painter.setPen(muted);
    const int left = kPadding + kSwatch + kGap;
    const int nameWidth = width() - left - kGap - m_valueWidth - kPadding;
    painter.drawText(QRect(left, 0, nameWidth, height()), Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(text(), Qt::ElideMiddle, nameWidth));
    if (!isChecked())
        return;
    painter.setFont(font());
    painter.setPen(strong);
    painter.drawText(QRect(left + nameWidth + kGap, 0, m_valueWidth, height()),
                     Qt::AlignVCenter | Qt::AlignLeft, m_value);
}

ChartLegend::ChartLegend(QWidget* parent) : QWidget(parent)
{
    new FlowLayout(kSpacing, this);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void ChartLegend::setSeries(const std::vector<Series>& series)
{
    QStringList ids;
    for (const Series& one : series)
        ids.append(one.id);
    if (ids != m_ids) {
        qDeleteAll(m_items);
        m_items.clear();
        m_ids = ids;
        for (const QString& id : ids) {
            auto* item = new LegendItem(this);
            item->setObjectName(QStringLiteral("legend_%1").arg(id));
            layout()->addWidget(item);
            connect(item, &LegendItem::toggled, this,
                    [this, id](bool visible) { Q_EMIT toggled(id, visible); });
            item->show();
            m_items.append(item);
        }
    }
    for (int i = 0; i < m_items.size(); ++i)
        m_items[i]->setSeries(series[std::size_t(i)].name, series[std::size_t(i)].color,
                              series[std::size_t(i)].compared);
}

void ChartLegend::setValues(const QStringList& values)
{
    for (int i = 0; i < m_items.size() && i < values.size(); ++i) {
        m_items[i]->setValue(values[i]);
        m_items[i]->setAccessibleName(
            tr("%1: %2 %3").arg(accessibleName(), m_items[i]->text(), values[i]));
    }
}

QStringList ChartLegend::values() const
{
    QStringList values;
    for (const LegendItem* item : m_items)
        values.append(item->value());
    return values;
}

} // namespace gantry::charts
