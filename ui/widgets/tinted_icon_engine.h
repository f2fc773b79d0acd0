#pragma once

#include "ui/widgets/theme.h"

#include <QIconEngine>

namespace gantry::widgets {

// Draws one of our outline icons in a colour of the theme as it is at the time of painting, so that
// icons set once follow a change of theme. Disabled icons are faint.
class TintedIconEngine final : public QIconEngine {
public:
    TintedIconEngine(QString name, Theme::Role role) : m_name(std::move(name)), m_role(role) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override;
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override;
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state,
                         qreal scale) override;
    QIconEngine* clone() const override { return new TintedIconEngine(m_name, m_role); }
    QString key() const override { return QStringLiteral("gantry-tinted"); }
    bool isNull() override { return m_name.isEmpty(); }

private:
    Theme::Role roleFor(QIcon::Mode mode) const;

    QString m_name;
    Theme::Role m_role;
};

} // namespace gantry::widgets
