#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QPixmap>

class QApplication;
class QPalette;

namespace gantry::widgets {

// The look of the console: colours by meaning, the type scale, tinted icons, and the style sheet
// made of them. Nothing else names a colour. One instance for the program; GUI thread. A widget that
// paints by itself asks for colours while it paints and repaints on PaletteChange, which every
// change of theme causes.
class Theme final : public QObject {
    Q_OBJECT
public:
    enum class Mode { System, Light, Dark };
    Q_ENUM(Mode)

    enum Role {
        Window,        // behind everything
        Sidebar,       // navigation
        Surface,       // cards, tables, fields
        Raised,        // menus, popups, palette
        Hover,         // under the mouse
        Selected,      // selected row, current page
        Border,        // hairline between areas
        StrongBorder,  // of fields and buttons
        Text,
        MutedText,     // second line, captions: still readable
        FaintText,     // disabled
        Accent,
        AccentHover,
        AccentSoft,    // tinted area
        OnAccent,      // text on Accent
        Success,
        SuccessSoft,
        Warning,
        WarningSoft,
        Error,
        ErrorSoft,
        Info,
        InfoSoft,
        CodeBackground,
        Shadow,        // behind popups and overlays, translucent
        RoleCount
    };

    enum TextStyle { Title, Heading, Strong, Body, Caption, Number, Mono, TextStyleCount };

    // Distances in pixels, multiples of 4.
    static constexpr int kSpace = 8;
    static constexpr int kMargin = 16;
    static constexpr int kPageMargin = 24;
    static constexpr int kRadius = 6;
    static constexpr int kControlHeight = 32;

    static Theme& current();

    // Sets style, font, palette and style sheet of the program, and follows the desktop's colour
    // scheme from now on. Called once, before the first window.
    void install(QApplication& application);

    Mode mode() const { return m_mode; }
    void setMode(Mode mode);
    bool isDark() const { return m_dark; }
    // What the desktop prefers; matters in Mode::System.
    void setSystemDark(bool dark);

    QColor color(Role role) const;
    // The colour of the index-th series of a chart: distinct from its neighbours in both themes.
    QColor series(int index) const;
    static constexpr int kSeriesCount = 8;

    QFont font(TextStyle style) const;

    // resources/icons/NAME.svg, drawn in the role's colour of the theme at the moment of painting.
    QIcon icon(const QString& name, Role role = MutedText) const;
    QPixmap pixmap(const QString& name, int size, Role role, qreal devicePixelRatio) const;

Q_SIGNALS:
    void changed();

private:
    Theme();
    void apply();
    QPalette palette() const;
    QString styleSheet() const;

    Mode m_mode = Mode::System;
    bool m_systemDark = false;
    bool m_dark = false;
    QApplication* m_application = nullptr;
    QFont m_base;
};

} // namespace gantry::widgets
