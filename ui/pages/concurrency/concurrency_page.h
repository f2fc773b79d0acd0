#pragma once

#include "ui/models/concurrency_board.h"
#include "ui/pages/page.h"

class QComboBox;
class QLabel;
class QPushButton;
class QStackedLayout;
class QTableWidget;

namespace gantry::ui {

class ConcurrencyBar;
class ConcurrencyEditor;
class EnvironmentGrid;
class ScalingCard;

// How the account's concurrency is shared out, to be changed where it is seen, and every live
// environment in it.
class ConcurrencyPage final : public Page {
    Q_OBJECT
public:
    ConcurrencyPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Concurrency and scaling"); }
    void show(const QString& subRoute) override; // a function's name: it is chosen
    void activated() override;
    void deactivated() override;

private:
    QWidget* makeContent();
    QWidget* makeShares();
    QWidget* makeEnvironments();
    QWidget* makeLegend();
    void offerFunctions();
    void showFrame();
    void showTable();
    void showChosen();

    Services m_services;
    models::ConcurrencyBoard m_board;
    QStackedLayout* m_stack = nullptr;
    ConcurrencyBar* m_bar = nullptr;
    QTableWidget* m_table = nullptr;
    QComboBox* m_function = nullptr;
    ConcurrencyEditor* m_editor = nullptr;
    EnvironmentGrid* m_grid = nullptr;
    ScalingCard* m_scaling = nullptr;
    QLabel* m_summary = nullptr;
    QLabel* m_chosen = nullptr;
    QPushButton* m_end = nullptr;
};

} // namespace gantry::ui
