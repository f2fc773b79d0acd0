#pragma once

#include "ui/models/deploy_job.h"
#include "ui/models/native_files.h"
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
    struct Inspection; // what was read of the files
    static Inspection inspect(const QString& path, const QList<rpc::RuntimeInfo>& runtimes);
    QWidget* makeForm();
    QWidget* makeButtons();
    void loadChoices();
    void sourceChanged();
    void inspectPath(const QString& path);
    void inspected(const QString& path, const Inspection& found);
    void showSummary();
    void checkName(const QString& name);
    void update();
    void deploy();
    void finished(const models::DeployJob::Outcome& outcome);
    void edit();

    Services m_services;
    QStringList m_summary; // of what was chosen; the lines behind the first are warnings
    models::NativeFiles m_natives;
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
