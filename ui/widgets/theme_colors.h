#pragma once

#include "ui/widgets/theme.h"

#include <array>

namespace gantry::widgets {

// One column a theme. Text on its ground keeps 4.5:1, muted text as well (theme_test checks it).
struct ThemeColors {
    std::array<QRgb, Theme::RoleCount> roles;
    std::array<QRgb, Theme::kSeriesCount> series;
};

const ThemeColors& lightColors();
const ThemeColors& darkColors();

// The name of a role in resources/themes/gantry.qss, e.g. "accentSoft".
const char* roleName(Theme::Role role);

} // namespace gantry::widgets
