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

private:
    void follow();
    void replay(const QByteArray& event);

    MonitorPanel* m_panel = nullptr;
    QString m_function;
    bool m_active = false;
};

} // namespace gantry::ui
