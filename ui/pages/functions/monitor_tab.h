#pragma once

#include "ui/pages/functions/function_tab.h"

namespace gantry::ui {

class MonitorPanel;

// Puts the monitoring panel of the open function into the detail page.
class MonitorTab final : public FunctionTab {
    Q_OBJECT
public:
    MonitorTab(const Services& services, models::FunctionSession& session);

    void activated() override;
    void deactivated() override;
    // "invocation/REQUEST".
    void show(const QString& subRoute) override;

private:
    void follow();
    void replay(const QByteArray& event);

    MonitorPanel* m_panel = nullptr;
    QString m_function;
    QString m_wanted; // an invocation to open
    bool m_active = false;
};

} // namespace gantry::ui
