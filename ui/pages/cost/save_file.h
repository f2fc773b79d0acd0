#pragma once

#include <QByteArray>
#include <QString>

#include <functional>

class QWidget;

namespace gantry::ui {

// Asks where to save and writes the file; told what became of it, unless the user thought better.
void saveFile(QWidget* parent, const QString& title, const QString& name, const QByteArray& content,
              std::function<void(const QString& text, bool isError)> told);

// A picture of a widget, twice as fine as the screen.
QByteArray pngOf(QWidget& widget);

} // namespace gantry::ui
