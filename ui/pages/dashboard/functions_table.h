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
    FunctionsTable(const models::MetricsWindow& window, QWidget* parent);

    void refresh();

Q_SIGNALS:
    void opened(const QString& functionName);

private:
    void fitHeight();

    models::FunctionTotalsModel m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_view;
};

} // namespace gantry::ui
