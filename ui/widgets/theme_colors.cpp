#include "ui/widgets/theme_colors.h"

#include <iterator>

namespace gantry::widgets {

namespace {

struct Row {
    Theme::Role role;
    const char* name;
    QRgb light;
    QRgb dark;
};

constexpr QRgb opaque(QRgb rgb) { return 0xff000000u | rgb; }

constexpr Row kRows[] = {
    {Theme::Window, "window", opaque(0xf6f7f9), opaque(0x15171c)},
    {Theme::Sidebar, "sidebar", opaque(0xeef0f4), opaque(0x101216)},
    {Theme::Surface, "surface", opaque(0xffffff), opaque(0x1b1e24)},
    {Theme::Raised, "raised", opaque(0xffffff), opaque(0x23272f)},
    {Theme::Hover, "hover", opaque(0xe9ecf1), opaque(0x262a33)},
    {Theme::Selected, "selected", opaque(0xe3e8fd), opaque(0x2a3050)},
    {Theme::Border, "border", opaque(0xe2e5ea), opaque(0x2a2e37)},
    {Theme::StrongBorder, "strongBorder", opaque(0xc8cdd6), opaque(0x3d434f)},
    {Theme::Text, "text", opaque(0x1a1d24), opaque(0xe7e9ee)},
    {Theme::MutedText, "mutedText", opaque(0x5a6270), opaque(0xa0a7b4)},
    {Theme::FaintText, "faintText", opaque(0x9aa1ad), opaque(0x666d7a)},
    {Theme::Accent, "accent", opaque(0x4356d6), opaque(0x8794ff)},
    {Theme::AccentHover, "accentHover", opaque(0x3547bd), opaque(0x9aa5ff)},
    {Theme::AccentSoft, "accentSoft", opaque(0xeceffd), opaque(0x232842)},
    {Theme::OnAccent, "onAccent", opaque(0xffffff), opaque(0x11131a)},
    {Theme::Success, "success", opaque(0x157a43), opaque(0x4cc38a)},
    {Theme::SuccessSoft, "successSoft", opaque(0xe3f4ea), opaque(0x173226)},
    {Theme::Warning, "warning", opaque(0x96600a), opaque(0xe2a94a)},
    {Theme::WarningSoft, "warningSoft", opaque(0xfcf1dc), opaque(0x3a2d15)},
    {Theme::Error, "error", opaque(0xc02f36), opaque(0xff7b7f)},
    {Theme::ErrorSoft, "errorSoft", opaque(0xfce8e8), opaque(0x3e1f22)},
    {Theme::Info, "info", opaque(0x1f66c7), opaque(0x6bb0ff)},
    {Theme::InfoSoft, "infoSoft", opaque(0xe5effc), opaque(0x182c45)},
    {Theme::CodeBackground, "codeBackground", opaque(0xf4f5f8), opaque(0x14161b)},
    {Theme::Shadow, "shadow", 0x33101828u, 0x99000000u},
};
static_assert(std::size(kRows) == Theme::RoleCount);

constexpr std::array<QRgb, Theme::kSeriesCount> kLightSeries{
    opaque(0x4356d6), opaque(0x0e9384), opaque(0xd9822b), opaque(0xc2417c),
    opaque(0x2e90d9), opaque(0x7a5bd0), opaque(0x6b8e23), opaque(0x8a6d4f)};
constexpr std::array<QRgb, Theme::kSeriesCount> kDarkSeries{
    opaque(0x8794ff), opaque(0x3fc7b5), opaque(0xf0a65a), opaque(0xee7fae),
    opaque(0x63b6f5), opaque(0xb39af5), opaque(0xa8c95f), opaque(0xc7a888)};

ThemeColors makeColors(bool dark)
{
    ThemeColors colors{};
    for (const Row& row : kRows)
        colors.roles[size_t(row.role)] = dark ? row.dark : row.light;
    colors.series = dark ? kDarkSeries : kLightSeries;
    return colors;
}

} // namespace

const ThemeColors& lightColors()
{
    static const ThemeColors colors = makeColors(false);
    return colors;
}

const ThemeColors& darkColors()
{
    static const ThemeColors colors = makeColors(true);
    return colors;
}

const char* roleName(Theme::Role role)
{
    for (const Row& row : kRows) {
        if (row.role == role)
            return row.name;
    }
    return "";
}

} // namespace gantry::widgets
