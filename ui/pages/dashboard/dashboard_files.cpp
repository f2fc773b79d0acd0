// What DashboardPage does with whole dashboards: new, rename, duplicate, delete, files, export.
#include "ui/pages/dashboard/dashboard_page.h"

#include "ui/pages/dashboard/board_toolbar.h"
#include "ui/pages/dashboard/dashboard_board.h"
#include "ui/pages/dashboard/name_dialog.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSaveFile>

namespace gantry::ui {

using widgets::Theme;

QAction* DashboardPage::addOwnAction(const QString& name, const QString& text,
                                     const QString& iconName, std::function<void()> run)
{
    auto* action = m_menu->addAction(Theme::current().icon(iconName), text);
    action->setObjectName(name);
    connect(action, &QAction::triggered, this, run);
    return action;
}

void DashboardPage::makeOwnActions()
{
    m_menu = new QMenu(this);
    m_alwaysActions = {
        addOwnAction(QStringLiteral("newDashboard"), tr("New dashboard…"), QStringLiteral("plus"),
                     [this] {
                         askForName(tr("New dashboard"), QStringLiteral("dashboard"),
                                    [this](const QString& name) {
                                        create(name, models::starterDashboard());
                                    });
                     }),
        addOwnAction(QStringLiteral("loadDashboard"), tr("Load from a file…"),
                     QStringLiteral("folder"),
                     [this] {
                         askForFile(false, QStringLiteral("json"),
                                    [this](const QString& path) { openFile(path); });
                     }),
    };
    m_ownActions = {
        m_menu->addSeparator(),
        addOwnAction(QStringLiteral("saveDashboard"), tr("Save as a file…"), QStringLiteral("save"),
                     [this] {
                         askForFile(true, QStringLiteral("json"),
                                    [this](const QString& path) { saveFile(path); });
                     }),
        addOwnAction(QStringLiteral("renameDashboard"), tr("Rename…"), QStringLiteral("edit"),
                     [this] {
                         askForName(tr("Rename dashboard"), m_name,
                                    [this](const QString& name) { rename(name); });
                     }),
        addOwnAction(QStringLiteral("duplicateDashboard"), tr("Duplicate…"), QStringLiteral("copy"),
                     [this] {
                         askForName(tr("Duplicate dashboard"), m_name, [this](const QString& name) {
                             create(name, m_board->layoutModel().dashboard());
                         });
                     }),
        m_menu->addSeparator(),
    };
    for (const char* suffix : {"png", "svg", "pdf", "csv"})
        m_ownActions.append(addOwnAction(
            QStringLiteral("exportDashboard_") + QLatin1String(suffix),
            tr("Export %1…").arg(QString(QLatin1String(suffix)).toUpper()),
            QStringLiteral("export"), [this, suffix] { exportAs(QLatin1String(suffix)); }));
    m_ownActions.append(m_menu->addSeparator());
    m_ownActions.append(addOwnAction(QStringLiteral("deleteDashboard"), tr("Delete…"),
                                     QStringLiteral("trash"), [this] { askToDelete(); }));
}

void DashboardPage::askForName(const QString& title, const QString& suggestion,
                               std::function<void(const QString&)> done)
{
    auto* dialog = new NameDialog(title, suggestion, m_book.names(), this);
    connect(dialog, &NameDialog::chosen, this, std::move(done));
    dialog->open();
}

void DashboardPage::create(const QString& name, const models::Dashboard& dashboard)
{
    m_book.save(name, dashboard, [this, name, dashboard](const rpc::Result<rpc::Nothing>& done) {
        if (!done)
            return Q_EMIT messageRequested(done.error().message, true);
        m_wanted.clear();
        take(name, dashboard);
    });
}

// The new one is there before the old one goes.
void DashboardPage::rename(const QString& name)
{
    const QString old = m_name;
    const models::Dashboard dashboard = m_board->layoutModel().dashboard();
    m_book.save(name, dashboard,
                [this, name, old, dashboard](const rpc::Result<rpc::Nothing>& done) {
                    if (!done)
                        return Q_EMIT messageRequested(done.error().message, true);
                    take(name, dashboard);
                    m_book.remove(old, [this](const rpc::Result<rpc::Nothing>& removed) {
                        if (!removed)
                            Q_EMIT messageRequested(removed.error().message, true);
                    });
                });
}

void DashboardPage::askToDelete()
{
    auto* box = new QMessageBox(QMessageBox::Question, tr("Delete dashboard"),
                                tr("Delete the dashboard “%1”? This cannot be undone.").arg(m_name),
                                QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* confirm = box->addButton(tr("Delete"), QMessageBox::DestructiveRole);
    confirm->setObjectName(QStringLiteral("confirmDeleteDashboard"));
    connect(confirm, &QAbstractButton::clicked, this, [this, name = m_name] {
        m_book.remove(name, [this, name](const rpc::Result<rpc::Nothing>& done) {
            if (!done)
                Q_EMIT messageRequested(done.error().message, true);
            else if (m_name == name)
                chooseOverview();
        });
    });
    box->open();
}

void DashboardPage::askForFile(bool save, const QString& suffix,
                               std::function<void(const QString&)> done)
{
    auto* dialog = new QFileDialog(this, save ? tr("Save the dashboard") : tr("Load a dashboard"));
    dialog->setObjectName(QStringLiteral("dashboardFileDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(save ? QFileDialog::AcceptSave : QFileDialog::AcceptOpen);
    dialog->setFileMode(save ? QFileDialog::AnyFile : QFileDialog::ExistingFile);
    dialog->setDefaultSuffix(suffix);
    dialog->setNameFilter(tr("%1 file (*.%2)").arg(suffix.toUpper(), suffix));
    if (save)
        dialog->selectFile(QStringLiteral("%1.%2").arg(m_name, suffix));
    connect(dialog, &QFileDialog::fileSelected, this, std::move(done));
    dialog->open();
}

void DashboardPage::openFile(const QString& path)
{
    QFile file(path);
    const auto refuse = [this, &path](const QString& reason) {
        Q_EMIT messageRequested(tr("%1 was not loaded. %2").arg(QFileInfo(path).fileName(), reason),
                                true);
    };
    if (!file.open(QIODevice::ReadOnly))
        return refuse(file.errorString());
    QString problem;
    // One byte more than allowed shows that there are too many, without reading them all.
    const auto dashboard =
        models::readDashboard(file.read(models::kMostDashboardBytes + 1), &problem);
    if (!dashboard)
        return refuse(problem);
    askForName(tr("Load dashboard"), QFileInfo(path).completeBaseName(),
               [this, dashboard](const QString& name) { create(name, *dashboard); });
}

void DashboardPage::saveFile(const QString& path)
{
    const QByteArray json = models::writeDashboard(m_board->layoutModel().dashboard());
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(json) == json.size() && file.commit())
        return Q_EMIT messageRequested(tr("Saved as %1").arg(path), false);
    Q_EMIT messageRequested(tr("%1 cannot be written: %2.").arg(path, file.errorString()), true);
}

void DashboardPage::exportAs(const QString& suffix)
{
    askForFile(true, suffix, [this](const QString& path) {
        QString problem;
        const bool done = m_board->exportTo(path, &problem);
        Q_EMIT messageRequested(done ? tr("Exported as %1").arg(path) : problem, !done);
    });
}

} // namespace gantry::ui
