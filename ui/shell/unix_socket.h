#pragma once

#include <QByteArray>

namespace gantry::ui {

// Whether somebody accepts connections on a Unix socket; abstract ones have no file. Returns at
// once: a local connect either succeeds or fails.
bool socketAnswers(const QByteArray& path, bool abstract = false);

} // namespace gantry::ui
