#include "ui/pages/functions/code_tab.h"

#include "ui/rpc/functions_api.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/find_bar.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QFutureWatcher>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <QtConcurrent>

namespace gantry::ui {
namespace {

constexpr qint64 kMostUnzipped = 262'144'000;
constexpr int kPathRole = Qt::UserRole;

struct Unzipped {
    std::optional<std::map<QString, models::ZipContent>> files;
    QString error;
};

Unzipped unzipPackage(const QByteArray& zip)
{
    Unzipped result;
    result.files = models::unzip(zip, kMostUnzipped, &result.error);
    return result;
}

// The file that someone who opens the tab wants to see.
QString firstToOpen(const QStringList& paths)
{
    for (const char* stem : {"app.", "index.", "lambda_function.", "main.", "handler.", "bootstrap"}) {
        for (const QString& path : paths) {
            if (path.startsWith(QLatin1String(stem)))
                return path;
        }
    }
    return paths.value(0);
}

} // namespace

CodeTab::CodeTab(const Services& services, const QString& functionName, QWidget* parent)
    : QWidget(parent), m_services(services), m_functionName(functionName)
{
    auto* split = new QSplitter(this);
    split->setObjectName(QStringLiteral("codeSplitter"));
    split->setChildrenCollapsible(false);
    split->addWidget(makeTree());
    split->addWidget(makeEditor());
    split->setStretchFactor(1, 1);
    split->setSizes({220, 800});

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, widgets::Theme::kMargin, 0, 0);
    layout->setSpacing(widgets::Theme::kSpace);
    layout->addWidget(makeToolbar());
    layout->addWidget(split, 1);

    connect(&m_workspace, &models::CodeWorkspace::filesChanged, this, &CodeTab::fillTree);
    connect(&m_workspace, &models::CodeWorkspace::fileChanged, this, &CodeTab::decorate);
    updateButtons();
    refresh();
}

QWidget* CodeTab::makeToolbar()
{
    auto* bar = new QWidget(this);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    m_status = widgets::makeCaption({}, bar);
    m_status->setObjectName(QStringLiteral("codeStatus"));
    m_status->setWordWrap(false);
    m_deploy = widgets::makeButton(QStringLiteral("deployCode"), tr("Deploy"), widgets::ButtonKind::Primary,
                                   QStringLiteral("deploy"), bar);
    m_deploy->setToolTip(tr("Deploy the changed files (Ctrl+S)"));
    connect(m_deploy, &QPushButton::clicked, this, &CodeTab::deploy);
    layout->addWidget(m_status, 1);
    layout->addWidget(m_deploy);

    auto* save = new QAction(tr("Deploy changes"), this);
    save->setShortcut(QKeySequence::Save);
    save->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(save, &QAction::triggered, this, &CodeTab::deploy);
    addAction(save);
    return bar;
}

QWidget* CodeTab::makeTree()
{
    auto* panel = new QWidget(this);
    m_tree = new QTreeWidget(panel);
    widgets::identify(m_tree, QStringLiteral("codeFiles"), tr("Files of the function"));
    m_tree->setHeaderHidden(true);
    m_tree->setUniformRowHeights(true);
    connect(m_tree, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        if (item && !item->data(0, kPathRole).toString().isEmpty())
            open(item->data(0, kPathRole).toString());
        updateButtons();
    });

    auto* add = widgets::makeIconButton(QStringLiteral("addFile"), QStringLiteral("plus"), tr("New file"), panel);
    auto* rename = widgets::makeIconButton(QStringLiteral("renameFile"), QStringLiteral("edit"), tr("Rename file"), panel);
    auto* remove = widgets::makeIconButton(QStringLiteral("removeFile"), QStringLiteral("trash"), tr("Remove file"), panel);
    connect(add, &QToolButton::clicked, this, &CodeTab::addFile);
    connect(rename, &QToolButton::clicked, this, &CodeTab::renameFile);
    connect(remove, &QToolButton::clicked, this, &CodeTab::removeFile);
    m_renameButton = rename;
    m_removeButton = remove;

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(add);
    buttons->addWidget(rename);
    buttons->addWidget(remove);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_tree, 1);
    layout->addLayout(buttons);
    return panel;
}

QWidget* CodeTab::makeEditor()
{
    auto* panel = new QWidget(this);
    m_editor = new widgets::CodeEditor(panel);
    m_editor->setIdentity(QStringLiteral("codeEditor"), tr("Code"));
    connect(m_editor, &widgets::CodeEditor::textChanged, this, [this] {
        if (!m_openPath.isEmpty())
            m_workspace.setContent(m_openPath, m_editor->text().toUtf8());
    });
    m_findBar = new widgets::FindBar(panel);
    connect(m_findBar, &widgets::FindBar::findRequested, this, [this](const QString& text, bool forward) {
        m_findBar->setFound(m_editor->find(text, forward));
    });
    connect(m_findBar, &widgets::FindBar::closed, m_editor, [this] { m_editor->setFocus(); });
    auto* find = new QAction(tr("Find in file"), this);
    find->setShortcut(QKeySequence::Find);
    find->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(find, &QAction::triggered, this, [this] { m_findBar->open({}); });
    addAction(find);

    m_notice = widgets::makeCaption(tr("Loading the code…"), panel);
    m_notice->setAlignment(Qt::AlignCenter);
    m_stack = new QStackedWidget(panel);
    m_stack->addWidget(m_notice);
    m_stack->addWidget(m_editor);
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_findBar);
    layout->addWidget(m_stack, 1);
    return panel;
}

void CodeTab::refresh()
{
    if (hasChanges())
        return;
    m_services.functionsApi->getPackage(m_functionName, {}, this, [this](const rpc::Result<rpc::Package>& result) {
        if (result)
            load(result->zip);
        else
            m_notice->setText(tr("The code cannot be shown. %1").arg(result.error().message));
    });
}

void CodeTab::load(const QByteArray& zip)
{
    auto* future = new QFutureWatcher<Unzipped>(this);
    connect(future, &QFutureWatcher<Unzipped>::finished, this, [this, future] {
        future->deleteLater();
        const Unzipped unzipped = future->result();
        if (!unzipped.files)
            m_notice->setText(unzipped.error);
        else if (!hasChanges())
            m_workspace.load(*unzipped.files);
    });
    future->setFuture(QtConcurrent::run(&unzipPackage, zip));
}

void CodeTab::fillTree()
{
    const QString current = m_workspace.contains(m_openPath) ? m_openPath : firstToOpen(m_workspace.paths());
    m_openPath.clear();
    m_items.clear();
    m_tree->clear();
    const widgets::Theme& theme = widgets::Theme::current();
    std::map<QString, QTreeWidgetItem*> folders;
    for (const QString& path : m_workspace.paths()) {
        QTreeWidgetItem* parent = m_tree->invisibleRootItem();
        const QStringList parts = path.split(u'/');
        for (int depth = 1; depth < parts.size(); ++depth) {
            QTreeWidgetItem*& folder = folders[parts.mid(0, depth).join(u'/')];
            if (!folder) {
                folder = new QTreeWidgetItem(parent, {parts[depth - 1]});
                folder->setIcon(0, theme.icon(QStringLiteral("folder")));
            }
            parent = folder;
        }
        auto* item = new QTreeWidgetItem(parent, {parts.last()});
        item->setData(0, kPathRole, path);
        item->setIcon(0, theme.icon(QStringLiteral("file")));
        m_items[path] = item;
        decorate(path);
    }
    if (m_items.size() <= 60)
        m_tree->expandAll();
    if (const auto found = m_items.find(current); found != m_items.end())
        m_tree->setCurrentItem(found->second);
    updateButtons();
}

void CodeTab::open(const QString& path)
{
    if (path == m_openPath)
        return;
    m_openPath.clear();  // so that filling the editor is no edit
    if (!m_workspace.isEditable(path)) {
        m_notice->setText(tr("%1 is not text, or larger than 2 MB. It is deployed as it is.").arg(path));
        m_stack->setCurrentWidget(m_notice);
        return;
    }
    m_editor->setLanguageFor(path);
    m_editor->setText(QString::fromUtf8(m_workspace.content(path)));
    m_openPath = path;
    m_stack->setCurrentWidget(m_editor);
}

void CodeTab::decorate(const QString& path)
{
    if (const auto found = m_items.find(path); found != m_items.end()) {
        const bool changed = m_workspace.isChanged(path);
        found->second->setText(0, path.section(u'/', -1) + (changed ? QStringLiteral(" •") : QString()));
        found->second->setToolTip(0, changed ? tr("%1, not deployed yet").arg(path) : path);
    }
    if (!m_job && m_workspace.hasChanges())
        m_status->setText(tr("There are changes that are not deployed yet."));
    updateButtons();
}

void CodeTab::askForName(const QString& title, const QString& value, std::function<void(const QString&)> done)
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->setLabelText(tr("Path in the package:"));
    dialog->setTextValue(value);
    connect(dialog, &QInputDialog::textValueSelected, this, [done](const QString& text) { done(text.trimmed()); });
    dialog->open();
}

void CodeTab::addFile()
{
    askForName(tr("New file"), {}, [this](const QString& path) {
        QString error;
        if (!m_workspace.addFile(path, &error)) {
            Q_EMIT messageRequested(error, true);
            return;
        }
        m_tree->setCurrentItem(m_items[path]);
        m_editor->setFocus();
    });
}

void CodeTab::renameFile()
{
    const QString from = m_openPath;
    askForName(tr("Rename file"), from, [this, from](const QString& to) {
        QString error;
        if (from == to)
            return;
        if (!m_workspace.rename(from, to, &error))
            Q_EMIT messageRequested(error, true);
        else
            m_tree->setCurrentItem(m_items[to]);
    });
}

void CodeTab::removeFile()
{
    const QString path = m_openPath;
    auto* box = new QMessageBox(QMessageBox::Question, tr("Remove file"),
                                tr("Remove %1 from the function? It is gone with the next deploy.").arg(path),
                                QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* confirm = box->addButton(tr("Remove"), QMessageBox::DestructiveRole);
    connect(confirm, &QAbstractButton::clicked, this, [this, path] { m_workspace.remove(path); });
    box->open();
}

void CodeTab::deploy()
{
    if (m_job || !hasChanges())
        return;
    models::DeployPlan plan;
    plan.inputs = m_workspace.inputs();
    plan.function.name = m_functionName;
    plan.function.architecture.clear();  // stays as it is
    plan.update = true;
    m_sent = m_workspace.snapshot();
    m_editor->clearError();
    m_job = std::make_unique<models::DeployJob>(*m_services.functionsApi, plan);
    connect(m_job.get(), &models::DeployJob::finished, this, &CodeTab::deployed);
    m_status->setText(tr("Deploying…"));
    updateButtons();
    m_job->start();
}

void CodeTab::deployed(const models::DeployJob::Outcome& outcome)
{
    m_job.release()->deleteLater();  // it is the sender
    if (!outcome.deployed) {
        m_status->setText(tr("Not deployed."));
        Q_EMIT messageRequested(tr("%1 was not deployed. %2").arg(m_functionName, outcome.error), true);
    } else {
        m_workspace.markDeployed(m_sent);
        if (outcome.check.ok)
            m_status->setText(tr("Deployed in %1 ms. Init took %2 ms.")
                                  .arg(outcome.elapsedMs)
                                  .arg(outcome.check.initMs, 0, 'f', 1));
        else
            showError(outcome.check);
    }
    updateButtons();
}

void CodeTab::showError(const rpc::InitCheck& check)
{
    const QString text = check.errorType.isEmpty()
                             ? check.errorMessage
                             : QStringLiteral("%1: %2").arg(check.errorType, check.errorMessage);
    m_status->setText(tr("Deployed, but it does not start."));
    const auto item = m_items.find(check.errorFile);
    if (item == m_items.end()) {
        Q_EMIT messageRequested(text, true);
        return;
    }
    m_tree->setCurrentItem(item->second);
    m_editor->showError(check.errorLine, text);
}

void CodeTab::updateButtons()
{
    const bool changes = hasChanges();
    m_deploy->setEnabled(changes && !m_job);
    m_renameButton->setEnabled(!m_openPath.isEmpty());
    m_removeButton->setEnabled(!m_openPath.isEmpty() && m_workspace.paths().size() > 1);
    Q_EMIT changesChanged(changes);
}

} // namespace gantry::ui
