#pragma once

#include <QAction>
#include <QIcon>
#include <QList>
#include <QString>
#include <QWidget>

#include <functional>
#include <vector>

namespace gantry::rpc {
class Channel;
class CostApi;
class FunctionsApi;
class MonitorApi;
class PlatformApi;
} // namespace gantry::rpc
namespace gantry::models {
class BudgetWatch;
class FunctionsModel;
class LiveMetrics;
class WatchedDeploys;
} // namespace gantry::models

namespace gantry::ui {

// What a page may use. Made once in ui/shell/console, outlives every page; GUI thread only.
struct Services {
    rpc::Channel* channel = nullptr;
    rpc::FunctionsApi* functionsApi = nullptr;
    rpc::MonitorApi* monitorApi = nullptr;
    rpc::PlatformApi* platformApi = nullptr;
    models::FunctionsModel* functions = nullptr;
    models::LiveMetrics* liveMetrics = nullptr;
    models::WatchedDeploys* watchedDeploys = nullptr;
    rpc::CostApi* costApi = nullptr;
    models::BudgetWatch* budgets = nullptr;
};

// One place of the console. A route is the page's id and, after slashes, what to show on it, e.g.
// "functions/hello/test". The shell owns pages and makes each when it is first opened.
class Page : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;

    using QWidget::show;

    virtual QString title() const = 0;
    // Shows what the rest of a route names; an empty one means the page's start.
    virtual void show(const QString& subRoute) { Q_UNUSED(subRoute) }
    // Pages that are not visible stop repainting and end their streams.
    virtual void activated() {}
    virtual void deactivated() {}
    // Offered by the command palette while the page is open.
    virtual QList<QAction*> commands() const { return {}; }

Q_SIGNALS:
    void openRequested(const QString& route);
    void deployRequested(const QStringList& paths);      // opens the deploy dialog
    void messageRequested(const QString& text, bool isError);  // the shell's message bar
    // The page now shows what this sub-route names; the shell remembers it for back and restart.
    void routeChanged(const QString& subRoute);
    // The shell owns the daemon's process.
    void restartDaemonRequested();
    void stopDaemonRequested();
};

// How a page is offered in the navigation.
struct PageEntry {
    QString id;       // first part of its routes
    QString title;
    QString iconName; // resources/icons/NAME.svg
    QString shortcut; // e.g. Ctrl+1
    std::function<Page*(const Services&, QWidget* parent)> make;
};

// In the order of the navigation. Defined in ui/pages/registry.cpp.
std::vector<PageEntry> allPages();

} // namespace gantry::ui
