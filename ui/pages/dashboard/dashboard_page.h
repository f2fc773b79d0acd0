#pragma once

#include "ui/pages/page.h"

class QStackedWidget;

namespace gantry::ui {

class FunctionsTable;
class MetricsBoard;
class MetricsToolbar;

// The account at a glance: what runs now, what it did, how long it took and what it costs, live.
class DashboardPage final : public Page {
    Q_OBJECT
public:
    DashboardPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Dashboard"); }
    void activated() override;
    void deactivated() override;
    QList<QAction*> commands() const override;
    // A range's id, e.g. "5m".
    void show(const QString& subRoute) override;

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* makeFirstRun();
    QWidget* makeContent();
    void chooseFace();

    Services m_services;
    QStackedWidget* m_faces;
    QWidget* m_firstRun;
    MetricsBoard* m_board;
    MetricsToolbar* m_toolbar;
    FunctionsTable* m_table;
};

} // namespace gantry::ui
