#pragma once

#include <QString>

// The keys of what the console remembers (QSettings, ~/.config/gantry/gantry.conf), in one table.
namespace gantry::ui::settings {

inline const QString kGeometry = QStringLiteral("window/geometry");
inline const QString kFolded = QStringLiteral("window/navigationFolded");
inline const QString kRoute = QStringLiteral("window/route");
inline const QString kTheme = QStringLiteral("look/theme");  // system, light, dark
inline const QString kKeepRunning = QStringLiteral("platform/keepRunning");

} // namespace gantry::ui::settings
