#pragma once

#include <QWidget>

namespace gantry::models {
class MetricsWindow;
}

namespace gantry::ui {

// The time ranges of a MetricsWindow side by side. A route or a command may choose one as well.
class RangeButtons final : public QWidget {
    Q_OBJECT
public:
    // id: what the names of the buttons begin with.
    RangeButtons(const QString& id, models::MetricsWindow& window, QWidget* parent);
};

} // namespace gantry::ui
