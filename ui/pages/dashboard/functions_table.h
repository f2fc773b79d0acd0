#pragma once

#include "ui/models/function_totals_model.h"

#include <QWidget>

class QSortFilterProxyModel;
class QTableView;

namespace gantry::ui {

// What each function did in the dashboard's range, sortable, with its invocations over time drawn
// small. Opening a row opens the function.
class FunctionsTable final : public QWidget {
    Q_OBJECT
public:
    // Fit: as high as its rows, up to a dozen. Fill: as high as there is room, and without a heading.
    enum class Height { Fit, Fill };

    FunctionsTable(const models::MetricsWindow& window, Height height, QWidget* parent);

    void refresh();
    bool isEmpty() const { return m_model.rowCount() == 0; }
    QTableView* view() { return m_view; }

Q_SIGNALS:
    void opened(const QString& functionName);

private:
    void fitHeight();

    Height m_height;
    models::FunctionTotalsModel m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_view;
};

} // namespace gantry::ui
