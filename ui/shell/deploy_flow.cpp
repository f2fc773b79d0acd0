#include "ui/shell/deploy_flow.h"

#include "ui/models/watched_deploys.h"
#include "ui/pages/deploy/deploy_dialog.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/message_bar.h"

namespace gantry::ui {

using widgets::Badge;

DeployFlow::DeployFlow(const Services& services, MainWindow& window)
    : QObject(&window), m_services(services), m_window(window)
{
    connect(&window, &MainWindow::deployRequested, this, &DeployFlow::open);
    connect(services.watchedDeploys, &models::WatchedDeploys::deployed, this, &DeployFlow::redeployed);
    connect(services.watchedDeploys, &models::WatchedDeploys::problem, this,
            [this](const QString& function, const QString& text) {
                m_window.messages().showMessage(tr("%1 is not redeployed. %2").arg(function, text), Badge::Tone::Error);
            });
}

void DeployFlow::open(const QStringList& paths)
{
    // One at a time: what is dropped while it is open goes into it.
    if (auto* dialog = m_window.findChild<DeployDialog*>()) {
        dialog->setPaths(paths);
        dialog->activateWindow();
        return;
    }
    auto* dialog = new DeployDialog(m_services, &m_window);
    connect(dialog, &DeployDialog::openRequested, &m_window, &MainWindow::openRoute);
    dialog->setPaths(paths);
    dialog->open();
}

void DeployFlow::redeployed(const QString& function, const models::DeployJob::Outcome& outcome)
{
    if (outcome.unchanged)
        return;
    const QString route = QStringLiteral("functions/%1/code").arg(function);
    const auto show = [this, route] { m_window.openRoute(route); };
    if (!outcome.deployed)
        m_window.messages().showMessage(tr("%1 was not redeployed. %2").arg(function, outcome.error), Badge::Tone::Error);
    else if (outcome.check.ok)
        m_window.messages().showMessage(
            tr("%1 was redeployed in %2 ms.").arg(function).arg(outcome.elapsedMs), Badge::Tone::Success);
    else
        m_window.messages().showMessage(
            tr("%1 was redeployed, but does not start: %2").arg(function, outcome.check.errorMessage),
            Badge::Tone::Error, tr("Show"), show);
}

} // namespace gantry::ui
