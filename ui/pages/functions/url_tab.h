#pragma once

#include "ui/pages/functions/function_tab.h"
#include "ui/rpc/urls_types.h"

#include <memory>
#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QPushButton;

namespace gantry::rpc {
class UrlsApi;
}
namespace gantry::widgets {
class CopyLine;
class MessageBar;
} // namespace gantry::widgets

namespace gantry::ui {

class StreamPaceRow;
class UrlSettings;
class UrlTester;

// The function's address for HTTP clients: make it, set it, try it.
class UrlTab final : public FunctionTab {
    Q_OBJECT
public:
    UrlTab(const Services& services, models::FunctionSession& session);
    ~UrlTab() override;

    void activated() override;

private:
    QWidget* makeHead();
    QWidget* makeAddress();
    void openFunction();
    void fillPlaces();
    void reload();
    void showUrl();
    void save();
    void remove();
    const rpc::FunctionUrl* current() const; // null when there is none yet

    std::unique_ptr<rpc::UrlsApi> m_api;
    std::unique_ptr<QObject> m_calls; // context of the calls for the function
    std::vector<rpc::FunctionUrl> m_urls;
    widgets::MessageBar* m_bar;
    QComboBox* m_place;
    QPushButton* m_save;
    QPushButton* m_remove;
    QLabel* m_none;
    QWidget* m_address = nullptr;
    widgets::CopyLine* m_byHost = nullptr;
    widgets::CopyLine* m_byPath = nullptr;
    UrlSettings* m_settings;
    StreamPaceRow* m_pace;
    UrlTester* m_tester;
};

} // namespace gantry::ui
