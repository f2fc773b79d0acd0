#pragma once

#include "ui/pages/functions/function_tab.h"

namespace gantry::ui {

class AsyncCard;
class LayersCard;

// What belongs to a function beside its configuration: its asynchronous events and its layers.
class EventsTab final : public FunctionTab {
    Q_OBJECT
public:
    EventsTab(const Services& services, models::FunctionSession& session);

    void activated() override;
    void deactivated() override { m_active = false; }

private:
    void openFunction();
    void offerQualifiers();
    void showDetails();

    AsyncCard* m_async;
    LayersCard* m_layers;
    bool m_active = false;
    QString m_opened; // whose asynchronous settings are shown
};

} // namespace gantry::ui
