#pragma once

#include "ui/widgets/theme.h"

#include <QLabel>

namespace gantry::widgets {

// A small rounded mark with a word in it: a state, a count, a kind. Its tone says good or bad, the
// word says what, so that it never depends on colour alone.
class Badge final : public QLabel {
    Q_OBJECT
public:
    enum class Tone { Neutral, Accent, Success, Warning, Error, Info };

    explicit Badge(const QString& text = {}, Tone tone = Tone::Neutral, QWidget* parent = nullptr);

    void setTone(Tone tone);
    void set(const QString& text, Tone tone);

    // For delegates: paints a badge into the left of rect, vertically centred; returns its width.
    static int paint(QPainter* painter, const QRect& rect, const QString& text, Tone tone);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Tone m_tone;
};

// A filled dot in a tone's colour, beside a word (connection light, state of a row).
QPixmap toneDot(Badge::Tone tone, int size, qreal devicePixelRatio);
Theme::Role toneRole(Badge::Tone tone);
Theme::Role toneSoftRole(Badge::Tone tone);

} // namespace gantry::widgets
