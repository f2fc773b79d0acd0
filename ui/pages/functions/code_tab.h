#pragma once

#include "ui/models/code_workspace.h"
#include "ui/models/deploy_job.h"
#include "ui/pages/page.h"

#include <QWidget>

#include <map>
#include <memory>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTreeWidget;
class QTreeWidgetItem;

namespace gantry::widgets {
class CodeEditor;
class FindBar;
} // namespace gantry::widgets

namespace gantry::ui {

// The function's files: a tree, an editor, and Ctrl+S that deploys what was changed and says how
// its init went, with the error at its line when it did not start.
class CodeTab final : public QWidget {
    Q_OBJECT
public:
    CodeTab(const Services& services, const QString& functionName, QWidget* parent = nullptr);

    // Fetches the package again, unless there are changes that would be lost.
    void refresh();
    bool hasChanges() const { return m_workspace.hasChanges(); }

Q_SIGNALS:
    void changesChanged(bool hasChanges);  // undeployed ones
    void messageRequested(const QString& text, bool isError);

private:
    QWidget* makeToolbar();
    QWidget* makeTree();
    QWidget* makeEditor();
    void load(const QByteArray& zip);
    void fillTree();
    void open(const QString& path);
    void decorate(const QString& path);
    void askForName(const QString& title, const QString& value,
                    std::function<void(const QString&)> done);
    void addFile();
    void renameFile();
    void removeFile();
    void deploy();
    void deployed(const models::DeployJob::Outcome& outcome);
    void showError(const rpc::InitCheck& check);
    void updateButtons();

    Services m_services;
    QString m_functionName;
    models::CodeWorkspace m_workspace;
    QString m_openPath;
    std::unique_ptr<models::DeployJob> m_job;
    std::map<QString, QByteArray> m_sent;  // what the running job deploys

    QStackedWidget* m_stack = nullptr;  // editor, or why there is none
    QLabel* m_notice = nullptr;
    QTreeWidget* m_tree = nullptr;
    std::map<QString, QTreeWidgetItem*> m_items;
    widgets::CodeEditor* m_editor = nullptr;
    widgets::FindBar* m_findBar = nullptr;
    QPushButton* m_deploy = nullptr;
    QLabel* m_status = nullptr;
    QWidget* m_removeButton = nullptr;
    QWidget* m_renameButton = nullptr;
};

} // namespace gantry::ui
