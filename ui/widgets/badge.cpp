#include "ui/widgets/badge.h"

#include <QPainter>

namespace gantry::widgets {

namespace {

constexpr int kPadding = 8;
constexpr int kHeight = 20;

int badgeWidth(const QFont& font, const QString& text)
{
    return QFontMetrics(font).horizontalAdvance(text) + 2 * kPadding;
}

} // namespace

Theme::Role toneRole(Badge::Tone tone)
{
    switch (tone) {
    case Badge::Tone::Accent: return Theme::Accent;
    case Badge::Tone::Success: return Theme::Success;
    case Badge::Tone::Warning: return Theme::Warning;
    case Badge::Tone::Error: return Theme::Error;
    case Badge::Tone::Info: return Theme::Info;
    case Badge::Tone::Neutral: break;
    }
    return Theme::MutedText;
}

Theme::Role toneSoftRole(Badge::Tone tone)
{
    switch (tone) {
    case Badge::Tone::Accent: return Theme::AccentSoft;
    case Badge::Tone::Success: return Theme::SuccessSoft;
    case Badge::Tone::Warning: return Theme::WarningSoft;
    case Badge::Tone::Error: return Theme::ErrorSoft;
    case Badge::Tone::Info: return Theme::InfoSoft;
    case Badge::Tone::Neutral: break;
    }
    return Theme::Hover;
}

QPixmap toneDot(Badge::Tone tone, int size, qreal devicePixelRatio)
{
    QPixmap dot(qRound(size * devicePixelRatio), qRound(size * devicePixelRatio));
    dot.setDevicePixelRatio(devicePixelRatio);
    dot.fill(Qt::transparent);
    QPainter painter(&dot);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(Theme::current().color(toneRole(tone)));
    painter.drawEllipse(QRectF(0.5, 0.5, size - 1, size - 1));
    return dot;
}

Badge::Badge(const QString& text, Tone tone, QWidget* parent) : QLabel(text, parent), m_tone(tone)
{
    setFont(Theme::current().font(Theme::Caption));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void Badge::setTone(Tone tone)
{
    m_tone = tone;
    update();
}

void Badge::set(const QString& text, Tone tone)
{
    setText(text);
    setTone(tone);
    updateGeometry();
}

int Badge::paint(QPainter* painter, const QRect& rect, const QString& text, Tone tone)
{
    const Theme& theme = Theme::current();
    const QFont font = theme.font(Theme::Caption);
    const int width = qMin(rect.width(), badgeWidth(font, text));
    const QRect box(rect.left(), rect.top() + (rect.height() - kHeight) / 2, width, kHeight);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(theme.color(toneSoftRole(tone)));
    painter->drawRoundedRect(box, kHeight / 2.0, kHeight / 2.0);
    painter->setPen(theme.color(toneRole(tone)));
    painter->setFont(font);
    painter->drawText(box, Qt::AlignCenter,
                      QFontMetrics(font).elidedText(text, Qt::ElideRight, width - kPadding));
    painter->restore();
    return width;
}

QSize Badge::sizeHint() const { return {badgeWidth(font(), text()), kHeight}; }

void Badge::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paint(&painter, rect(), text(), m_tone);
}

} // namespace gantry::widgets
