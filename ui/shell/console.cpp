#include "ui/shell/console.h"

#include "ui/models/demo.h"
#include "ui/shell/deploy_flow.h"
#include "ui/widgets/message_bar.h"

namespace gantry::ui {

Console::Console(const BackendProcess::Config& config)
    : m_platformApi(m_channel), m_functionsApi(m_channel), m_monitorApi(m_channel),
      m_liveMetrics(m_channel, m_monitorApi), m_functions(m_channel, m_monitorApi, &m_liveMetrics),
      m_watchedDeploys(m_functionsApi), m_backend(m_channel, m_platformApi, config),
      m_window(services(), allPages())
{
    m_window.attach(m_backend);
    new DeployFlow(services(), m_window);  // the window's
}

Services Console::services()
{
    return {&m_channel,   &m_functionsApi, &m_monitorApi,    &m_platformApi,
            &m_functions, &m_liveMetrics,  &m_watchedDeploys};
}

void Console::start()
{
    m_backend.ensureRunning();
    m_watchedDeploys.restore();
}

void Console::startDemo()
{
    auto* demo = new models::Demo(m_channel, m_functionsApi, m_platformApi, &m_window);
    QObject::connect(demo, &models::Demo::failed, &m_window, [this](const QString& text) {
        m_window.messages().showMessage(text, widgets::Badge::Tone::Warning);
    });
}

} // namespace gantry::ui
