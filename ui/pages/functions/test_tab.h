#pragma once

#include "ui/pages/functions/function_tab.h"
#include "ui/rpc/functions_types.h"
#include "ui/rpc/result.h"

#include <memory>
#include <optional>

class QComboBox;
class QLineEdit;
class QPushButton;

namespace gantry::models {
class DebugRun;
class StreamedInvocation;
}
namespace gantry::rpc {
class DebugApi;
class UrlsApi;
}

namespace gantry::ui {

class EventPanel;
class InvocationHistory;
class ResultPanel;

// Sends one event to the function and shows what came of it, beside the invocations before.
class TestTab final : public FunctionTab {
    Q_OBJECT
public:
    TestTab(const Services& services, models::FunctionSession& session);
    ~TestTab() override;

    void activated() override;
    void deactivated() override;
    // "debug/REQUEST": the event of that invocation again, under a debugger.
    void show(const QString& subRoute) override;

private:
    QWidget* makeSender();
    QWidget* makeColumns();
    void openFunction();
    void fillQualifiers();
    void showTenant();
    void invoke();
    std::optional<rpc::InvokeRequest> makeRequest();
    void debug();
    void showDebug();
    void showStream();
    void invoked(const rpc::Result<rpc::InvokeReply>& result);
    void showRecord(const QString& requestId, int attempt);
    void copyCommand();

    EventPanel* m_event;
    ResultPanel* m_result;
    InvocationHistory* m_history;
    QComboBox* m_qualifier;
    QComboBox* m_type;
    QPushButton* m_invoke;
    QPushButton* m_debug;
    QLineEdit* m_tenant;
    std::unique_ptr<rpc::UrlsApi> m_streams;
    models::StreamedInvocation* m_streamed;
    std::unique_ptr<rpc::DebugApi> m_debugger;
    models::DebugRun* m_debugged;
    std::unique_ptr<QObject> m_call; // context of the running invocation
};

// Versions and aliases to choose from, $LATEST first; keeps the choice. Item data: the qualifier.
void fillQualifiers(QComboBox& choices, const models::FunctionSession& session);

} // namespace gantry::ui
