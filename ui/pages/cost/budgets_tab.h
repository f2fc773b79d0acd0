#pragma once

#include "ui/models/budgets_model.h"
#include "ui/pages/page.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QStackedLayout;
class QTableView;

namespace gantry::ui {

// The budgets with the state of their alarms, and the form that makes and changes one.
class BudgetsTab final : public QWidget {
    Q_OBJECT
public:
    explicit BudgetsTab(const Services& services, QWidget* parent = nullptr);

private:
    QWidget* makeList();
    QWidget* makeForm();
    void showBudget(const rpc::Budget& budget);
    void scopeChosen();
    void save();
    void remove();
    void tell(const QString& problem);
    int currentRow() const;

    Services m_services;
    models::BudgetsModel m_model;
    QTableView* m_table = nullptr;
    QPushButton* m_remove = nullptr;
    QStackedLayout* m_stack = nullptr; // nothing, or the table
    QLineEdit* m_name = nullptr;
    QComboBox* m_scope = nullptr;
    QComboBox* m_value = nullptr;
    QLineEdit* m_limit = nullptr;
    QSpinBox* m_percent = nullptr;
    QCheckBox* m_onForecast = nullptr;
    QLabel* m_problem = nullptr;
};

} // namespace gantry::ui
