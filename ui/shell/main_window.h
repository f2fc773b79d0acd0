#pragma once

#include "ui/pages/page.h"
#include "ui/shell/backend_process.h"

#include <QMainWindow>

namespace gantry::widgets {
class MessageBar;
}

class QFrame;
class QLabel;
class QMenu;
class QStackedWidget;

namespace gantry::ui {

class ActionCollection;
class CommandPalette;
class Navigation;
class PageStack;
class ProblemView;
class StatusBar;

// The console's window: navigation, pages, message bar, status bar. Everything in it is made when it
// is first needed; the window itself needs no daemon and paints before one answers.
class MainWindow final : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(const Services& services, std::vector<PageEntry> pages, QWidget* parent = nullptr);
    ~MainWindow() override;

    // Shows this process's state and lets the user command it; it must outlive the window.
    void attach(BackendProcess& backend);

    // Opens the page that a route names; the first page when there is none.
    void openRoute(const QString& route);
    PageStack& pages() { return *m_pages; }
    ActionCollection& actions() { return *m_actions; }
    widgets::MessageBar& messages() { return *m_messages; }
    // Ctrl+K's; made when it is first asked for.
    CommandPalette& palette();
    // How much of a page asks to be looked at, in the navigation.
    void showCount(const QString& pageId, int count);

Q_SIGNALS:
    // The one hook for deploying: files dropped anywhere on the window, or an empty list for a new
    // function. Pages and menus end here as well.
    void deployRequested(const QStringList& paths);

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void makeActions();
    void makePlatformActions();
    void makeThemeActions();
    QAction* addAction(const char* id, const QString& text, const QString& iconName,
                       const QKeySequence& shortcut, std::function<void()> run);
    void makeLayout();
    void makeNavigation();
    QWidget* makeTopBar();
    QMenu* makeMenu();
    void adopt(Page* page);
    void showMoved();
    void showBackend(BackendProcess::State state);
    void showOutdated(const QString& version);
    void chooseDeployFolder();
    void foldNavigation();
    void restoreState();
    QList<QAction*> commandActions() const;

    Services m_services;
    BackendProcess* m_backend = nullptr;
    ActionCollection* m_actions = nullptr;
    Navigation* m_navigation = nullptr;
    PageStack* m_pages = nullptr;
    QStackedWidget* m_body = nullptr;
    ProblemView* m_problem = nullptr;
    StatusBar* m_status = nullptr;
    CommandPalette* m_palette = nullptr;
    widgets::MessageBar* m_messages = nullptr;
    QLabel* m_title = nullptr;
    bool m_recovering = false;  // the platform died and is being started again
};

} // namespace gantry::ui
