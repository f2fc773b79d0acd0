#pragma once

#include "ui/rpc/durations_api.h"

#include <QDialog>

namespace gantry::ui {

struct Services;

// The invocations of one cell of a heat map, of any function, in a window of its own beside the page.
class CellDialog final : public QDialog {
    Q_OBJECT
public:
    CellDialog(const Services& services, const rpc::CellQuery& cell, qint64 count,
               QWidget* parent);

Q_SIGNALS:
    void openRequested(const QString& route); // another page
    void messageRequested(const QString& text, bool isError);
};

} // namespace gantry::ui
