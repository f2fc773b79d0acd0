#pragma once

#include <QLineEdit>

namespace gantry::widgets {

// A field that filters what is below it: a magnifying glass, a clear button, Escape empties it.
class SearchField final : public QLineEdit {
    Q_OBJECT
public:
    SearchField(const QString& objectName, const QString& placeholder, QWidget* parent = nullptr);

protected:
    void keyPressEvent(QKeyEvent* event) override;
};

} // namespace gantry::widgets
