#pragma once

#include "ui/models/deploy_job.h"
#include "ui/pages/page.h"

#include <QObject>

namespace gantry::ui {

class MainWindow;

// What happens when files are dropped or a watched folder is saved: opens the deploy dialog, and
// says in the message bar how each deploy went.
class DeployFlow final : public QObject {
    Q_OBJECT
public:
    DeployFlow(const Services& services, MainWindow& window);

private:
    void open(const QStringList& paths);
    void redeployed(const QString& function, const models::DeployJob::Outcome& outcome);

    Services m_services;
    MainWindow& m_window;
};

} // namespace gantry::ui
