#pragma once

#include "ui/models/dashboard_book.h"
#include "ui/pages/page.h"

class QComboBox;
class QMenu;
class QStackedWidget;
class QToolButton;

namespace gantry::rpc {
struct CellQuery;
}
namespace gantry::widgets {
class SectionHeader;
}

namespace gantry::ui {

class BoardToolbar;
class DashboardBoard;
class FunctionsTable;
class MetricsBoard;
class MetricsToolbar;

// The account at a glance: what runs now, what it did, how long it took and what it costs, live.
// Beside this overview stand the dashboards of one's own.
class DashboardPage final : public Page {
    Q_OBJECT
public:
    DashboardPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Dashboard"); }
    void activated() override;
    void deactivated() override;
    QList<QAction*> commands() const override;
    // A range's id, e.g. "5m", of the overview; "own/NAME" of an own dashboard; "overview".
    void show(const QString& subRoute) override;

    // Makes a dashboard of a file; asks for a name.
    void openFile(const QString& path);
    void saveFile(const QString& path);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* makeFirstRun();
    QWidget* makeContent();
    QWidget* makeOverview();
    void makeOwnActions();
    QAction* addOwnAction(const QString& name, const QString& text, const QString& iconName,
                          std::function<void()> run);
    void showCell(const rpc::CellQuery& cell, qint64 count);
    void chooseFace();
    void fillChooser();
    void chooseOverview();
    void choose(const QString& name);
    void take(const QString& name, const models::Dashboard& dashboard);
    void showSaving();
    void askForName(const QString& title, const QString& suggestion,
                    std::function<void(const QString&)> done);
    void create(const QString& name, const models::Dashboard& dashboard);
    void rename(const QString& name);
    void askToDelete();
    void askForFile(bool save, const QString& suffix, std::function<void(const QString&)> done);
    void exportAs(const QString& suffix);
    bool isOwn() const { return !m_name.isEmpty(); }
    void setRunning();

    Services m_services;
    models::DashboardBook m_book;
    QString m_name;   // of the own dashboard that is shown; empty: the overview
    QString m_wanted; // that is being loaded
    bool m_active = false;
    QStackedWidget* m_faces;
    QWidget* m_firstRun;
    MetricsBoard* m_overview;
    MetricsToolbar* m_toolbar;
    FunctionsTable* m_table;
    DashboardBoard* m_board;
    BoardToolbar* m_boardToolbar;
    widgets::SectionHeader* m_header = nullptr;
    QComboBox* m_chooser = nullptr;
    QStackedWidget* m_bodies = nullptr;
    QWidget* m_tableCard = nullptr;
    QList<QAction*> m_ownActions;    // of the shown dashboard
    QList<QAction*> m_alwaysActions; // of dashboards
    QMenu* m_menu = nullptr;
};

} // namespace gantry::ui
