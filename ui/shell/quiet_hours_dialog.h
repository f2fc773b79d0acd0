#pragma once

#include "ui/models/quiet_hours.h"

#include <QDialog>

namespace gantry::ui {

// Asks when the desktop is not to be disturbed.
class QuietHoursDialog final : public QDialog {
    Q_OBJECT
public:
    QuietHoursDialog(const models::QuietHours& hours, QWidget* parent);

Q_SIGNALS:
    void chosen(const gantry::models::QuietHours& hours);
};

} // namespace gantry::ui
