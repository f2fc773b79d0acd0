#pragma once

#include "ui/models/deploy_job.h"
#include "ui/pages/deploy/source_panel.h"
#include "ui/pages/page.h"

#include <QDialog>

#include <memory>

class QPushButton;
class QStackedWidget;

namespace gantry::ui {

class DeployProgress;
class SettingsForm;

// From files to a running function: choose the code, look over what was inferred, deploy, see it
// start. Not modal in the way: it is opened with open() and everything in it is asynchronous.
class DeployDialog final : public QDialog {
    Q_OBJECT
public:
    explicit DeployDialog(const Services& services, QWidget* parent = nullptr);
    ~DeployDialog() override;

    // What was dropped; nothing: the user chooses. "blueprint:ID" preselects a blueprint.
    void setPaths(const QStringList& paths);

Q_SIGNALS:
    void deployed(const QString& functionName);  // it runs the new code
    void openRequested(const QString& route);

private:
    QWidget* makeForm();
    QWidget* makeButtons();
    void loadChoices();
    void sourceChanged();
    void inspectPath(const QString& path);
    void inspected(const QString& path, const models::Inference& inference, const QString& summary,
                   const QString& error);
    void checkName(const QString& name);
    void update();
    void deploy();
    void finished(const models::DeployJob::Outcome& outcome);
    void edit();

    Services m_services;
    QList<rpc::RuntimeInfo> m_runtimes;
    SourcePanel* m_source = nullptr;
    SettingsForm* m_settings = nullptr;
    DeployProgress* m_progress = nullptr;
    QStackedWidget* m_steps = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_back = nullptr;
    QPushButton* m_close = nullptr;
    QPushButton* m_test = nullptr;
    QPushButton* m_deploy = nullptr;
    bool m_exists = false;
    bool m_sourceReady = false;
    std::unique_ptr<models::DeployJob> m_job;
};

} // namespace gantry::ui
