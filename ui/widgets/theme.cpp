#include "ui/widgets/theme.h"

#include "ui/widgets/theme_colors.h"
#include "ui/widgets/tinted_icon_engine.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QToolTip>

#include <algorithm>
#include <vector>

namespace gantry::widgets {

namespace {

const ThemeColors& colorsOf(bool dark) { return dark ? darkColors() : lightColors(); }

// Inter is a screen face with clear figures; without it the desktop's own font serves.
QFont baseFont()
{
    QFont font = QApplication::font();
    if (QFontDatabase::hasFamily(QStringLiteral("Inter")))
        font.setFamily(QStringLiteral("Inter"));
    font.setPointSizeF(9.75);  // 13 px at 96 dpi
    return font;
}

} // namespace

Theme::Theme() = default;

Theme& Theme::current()
{
    static Theme theme;
    return theme;
}

void Theme::install(QApplication& application)
{
    m_application = &application;
    m_base = baseFont();
    application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    application.setFont(m_base);
    m_dark = m_mode == Mode::Dark || (m_mode == Mode::System && m_systemDark);
    apply();
}

void Theme::setMode(Mode mode)
{
    m_mode = mode;
    const bool dark = mode == Mode::Dark || (mode == Mode::System && m_systemDark);
    if (dark == m_dark)
        return;
    m_dark = dark;
    apply();
}

void Theme::setSystemDark(bool dark)
{
    m_systemDark = dark;
    setMode(m_mode);
}

void Theme::apply()
{
    if (m_application) {
        m_application->setPalette(palette());
        QToolTip::setPalette(palette());
        m_application->setStyleSheet(styleSheet());
    }
    Q_EMIT changed();
}

QColor Theme::color(Role role) const
{
    return QColor::fromRgba(colorsOf(m_dark).roles[size_t(role)]);
}

QColor Theme::series(int index) const
{
    return QColor::fromRgba(colorsOf(m_dark).series[size_t(std::abs(index) % kSeriesCount)]);
}

QFont Theme::font(TextStyle style) const
{
    QFont font = m_base;
    switch (style) {
    case Title:
        font.setPointSizeF(15);
        font.setWeight(QFont::DemiBold);
        break;
    case Heading:
        font.setPointSizeF(11.25);
        font.setWeight(QFont::DemiBold);
        break;
    case Strong: font.setWeight(QFont::DemiBold); break;
    case Caption: font.setPointSizeF(9); break;
    case Number:
        font.setPointSizeF(18);
        font.setWeight(QFont::DemiBold);
        break;
    case Mono:
        font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
        font.setPointSizeF(9.75);
        break;
    case Body:
    case TextStyleCount: break;
    }
    return font;
}

QIcon Theme::icon(const QString& name, Role role) const
{
    return QIcon(new TintedIconEngine(name, role));
}

QPixmap Theme::pixmap(const QString& name, int size, Role role, qreal devicePixelRatio) const
{
    const QColor tint = color(role);
    const int side = qMax(1, qRound(size * devicePixelRatio));
    const QString key = QStringLiteral("gantry/%1/%2/%3").arg(name).arg(side).arg(tint.rgba());
    QPixmap drawn;
    if (!QPixmapCache::find(key, &drawn)) {
        QSvgRenderer renderer(QStringLiteral(":/icons/%1.svg").arg(name));
        drawn = QPixmap(side, side);
        drawn.fill(Qt::transparent);
        QPainter painter(&drawn);
        renderer.render(&painter);
        painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
        painter.fillRect(drawn.rect(), tint);
        painter.end();
        QPixmapCache::insert(key, drawn);
    }
    drawn.setDevicePixelRatio(devicePixelRatio);
    return drawn;
}

QPalette Theme::palette() const
{
    QPalette made;
    const std::pair<QPalette::ColorRole, Role> pairs[] = {
        {QPalette::Window, Window},       {QPalette::WindowText, Text},
        {QPalette::Base, Surface},        {QPalette::AlternateBase, Window},
        {QPalette::ToolTipBase, Raised},  {QPalette::ToolTipText, Text},
        {QPalette::PlaceholderText, MutedText}, {QPalette::Text, Text},
        {QPalette::Button, Surface},      {QPalette::ButtonText, Text},
        {QPalette::BrightText, Error},    {QPalette::Link, Accent},
        {QPalette::LinkVisited, Accent},  {QPalette::Highlight, Accent},
        {QPalette::HighlightedText, OnAccent}, {QPalette::Light, Surface},
        {QPalette::Midlight, Hover},      {QPalette::Mid, Border},
        {QPalette::Dark, StrongBorder},   {QPalette::Shadow, Shadow},
    };
    for (const auto& [to, from] : pairs)
        made.setColor(to, color(from));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        made.setColor(QPalette::Disabled, role, color(FaintText));
    made.setColor(QPalette::Disabled, QPalette::Highlight, color(Hover));
    made.setColor(QPalette::Disabled, QPalette::HighlightedText, color(FaintText));
    return made;
}

QString Theme::styleSheet() const
{
    QFile file(QStringLiteral(":/themes/gantry.qss"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString sheet = QString::fromUtf8(file.readAll());
    std::vector<Role> roles(RoleCount);
    for (int i = 0; i < RoleCount; ++i)
        roles[size_t(i)] = Role(i);
    // Longer names first, as @accent begins @accentSoft.
    std::sort(roles.begin(), roles.end(),
              [](Role a, Role b) { return qstrlen(roleName(a)) > qstrlen(roleName(b)); });
    for (const Role role : roles) {
        const QColor value = color(role);
        sheet.replace(QLatin1Char('@') + QLatin1String(roleName(role)),
                      QStringLiteral("rgba(%1,%2,%3,%4)")
                          .arg(value.red()).arg(value.green()).arg(value.blue()).arg(value.alpha()));
    }
    sheet.replace(QStringLiteral("@scheme"), m_dark ? QStringLiteral("dark") : QStringLiteral("light"));
    return sheet;
}

} // namespace gantry::widgets
