#pragma once

#include "ui/pages/page.h"

class QComboBox;
class QStackedLayout;
class QTabWidget;
class QTimer;

namespace gantry::ui {

class BudgetsTab;
class CalculatorTab;
class CompareTab;
class OverviewTab;
class PricesTab;

// What the functions here would cost on AWS: the bill, budgets, other ways to run them, a
// calculator and the prices. Routes: cost/overview, cost/budgets, cost/compare/FUNCTION,
// cost/calculator, cost/prices.
class CostPage final : public Page {
    Q_OBJECT
public:
    CostPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Cost"); }
    void show(const QString& subRoute) override;
    void activated() override;
    void deactivated() override;

private:
    QWidget* makeHeader();
    QWidget* makeTabs();
    QWidget* scrolled(QWidget* content) const;
    void load();
    void loadPrices();
    void fillMonths();

    Services m_services;
    QTimer* m_refresh = nullptr;
    QStackedLayout* m_stack = nullptr;
    QComboBox* m_month = nullptr;
    QTabWidget* m_tabs = nullptr;
    OverviewTab* m_overview = nullptr;
    BudgetsTab* m_budgets = nullptr;
    CompareTab* m_compare = nullptr;
    CalculatorTab* m_calculator = nullptr;
    PricesTab* m_prices = nullptr;
};

} // namespace gantry::ui
