#pragma once

#include "ui/pages/page.h"

#include <QMainWindow>

namespace gantry::widgets {
class MessageBar;
}

class QLabel;
class QToolButton;

namespace gantry::ui {

class ActionCollection;
class Navigation;
class PageStack;

// The console's window: navigation, pages, message bar, status bar. Everything in it is made when it
// is first needed; the window itself needs no daemon and paints before one answers.
class MainWindow final : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(const Services& services, std::vector<PageEntry> pages, QWidget* parent = nullptr);
    ~MainWindow() override;

    // Opens the page that a route names; the first page when there is none.
    void openRoute(const QString& route);
    PageStack& pages() { return *m_pages; }
    ActionCollection& actions() { return *m_actions; }
    widgets::MessageBar& messages() { return *m_messages; }

Q_SIGNALS:
    // The one hook for deploying: files dropped anywhere on the window, or an empty list for a new
    // function. Pages and menus end here as well.
    void deployRequested(const QStringList& paths);
    void restartDaemonRequested();
    void stopDaemonRequested();

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void makeActions();
    void makeLayout();
    QWidget* makeTopBar();
    void adopt(Page* page);
    void showMoved();
    void restoreState();

    Services m_services;
    ActionCollection* m_actions = nullptr;
    Navigation* m_navigation = nullptr;
    PageStack* m_pages = nullptr;
    widgets::MessageBar* m_messages = nullptr;
    QLabel* m_title = nullptr;
};

} // namespace gantry::ui
