#include "ui/widgets/measure_bars.h"

#include "ui/widgets/controls.h"

#include <QPainter>

#include <algorithm>

namespace gantry::widgets {

namespace {
constexpr int kBarHeight = 6;
constexpr int kMinBar = 3; // a measure that is not zero can be seen
} // namespace

MeasureBars::MeasureBars(const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
{
    identify(this, objectName, accessibleName);
    setToolTip({});
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void MeasureBars::setBars(std::vector<Bar> bars)
{
    m_bars = std::move(bars);
    QStringList words;
    for (const Bar& bar : m_bars)
        words << bar.label + QStringLiteral(": ") + bar.number;
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

int MeasureBars::lineHeight() const
{
    return fontMetrics().height() + Theme::kSpace;
}

QSize MeasureBars::sizeHint() const
{
    return {320, lineHeight() * static_cast<int>(m_bars.size())};
}

QSize MeasureBars::minimumSizeHint() const
{
    return {240, sizeHint().height()};
}

void MeasureBars::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme& theme = Theme::current();
    int labelWidth = 0;
    int numberWidth = 0;
    for (const Bar& bar : m_bars) {
        labelWidth = std::max(labelWidth, fontMetrics().horizontalAdvance(bar.label));
        numberWidth = std::max(numberWidth, fontMetrics().horizontalAdvance(bar.number));
    }
    const int left = labelWidth + Theme::kMargin;
    const int span = std::max(0, width() - left - numberWidth - Theme::kMargin);
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        const Bar& bar = m_bars[i];
        const QRect line(0, static_cast<int>(i) * lineHeight(), width(), lineHeight());
        painter.setPen(theme.color(Theme::MutedText));
        painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, bar.label);
        painter.setPen(theme.color(Theme::Text));
        painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, bar.number);
        const QRectF groove(left, line.center().y() - kBarHeight / 2.0 + 1, span, kBarHeight);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.color(Theme::Hover));
        painter.drawRoundedRect(groove, 3, 3);
        const double from = std::clamp(bar.from, 0.0, 1.0);
        const double to = std::clamp(bar.to, from, 1.0);
        if (to <= from)
            continue;
        const double length = std::max<double>(kMinBar, (to - from) * span);
        painter.setBrush(theme.color(bar.role));
        painter.drawRoundedRect(QRectF(std::min(left + from * span, left + span - length),
                                       groove.y(), length, kBarHeight),
                                3, 3);
    }
}

} // namespace gantry::widgets
