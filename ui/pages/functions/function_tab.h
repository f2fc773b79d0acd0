#pragma once

#include "ui/pages/page.h"

#include <functional>
#include <vector>

namespace gantry::models {
class FunctionSession;
}

namespace gantry::ui {

// One tab of a function's detail page. It is made once and follows the session from function to
// function; while it is not visible it asks for nothing.
class FunctionTab : public QWidget {
    Q_OBJECT
public:
    using QWidget::show;

    FunctionTab(const Services& services, models::FunctionSession& session)
        : m_services(services), m_session(session)
    {
    }

    virtual void activated() {}
    virtual void deactivated() {}
    // Shows what the rest of a route names.
    virtual void show(const QString& subRoute) { Q_UNUSED(subRoute) }

Q_SIGNALS:
    void messageRequested(const QString& text, bool isError);
    void openRequested(const QString& route); // another page

protected:
    Services m_services;
    models::FunctionSession& m_session;
};

// How a tab is offered.
struct FunctionTabEntry {
    QString id; // second part of the route, e.g. functions/hello/test
    QString title;
    std::function<FunctionTab*(const Services&, models::FunctionSession&)> make;
};

// In their order. To add a tab, add a line in function_tabs.cpp.
std::vector<FunctionTabEntry> functionTabs();

} // namespace gantry::ui
