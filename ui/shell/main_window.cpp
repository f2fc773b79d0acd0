#include "ui/shell/main_window.h"

#include "ui/rpc/platform_types.h"
#include "ui/shell/action_collection.h"
#include "ui/shell/command_palette.h"
#include "ui/shell/command_source.h"
#include "ui/shell/drop_overlay.h"
#include "ui/shell/navigation.h"
#include "ui/shell/page_stack.h"
#include "ui/shell/problem_view.h"
#include "ui/shell/settings.h"
#include "ui/shell/status_bar.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Badge;
using widgets::Theme;

MainWindow::MainWindow(const Services& services, std::vector<PageEntry> pages, QWidget* parent)
    : QMainWindow(parent), m_services(services), m_actions(new ActionCollection(this)),
      m_pages(new PageStack(std::move(pages), services))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Gantry"));
    setWindowIcon(Theme::current().icon(QStringLiteral("gantry"), Theme::Accent));
    setMinimumSize(880, 560);
    makeActions();
    makeLayout();
    auto* overlay = new DropOverlay(this);
    connect(overlay, &DropOverlay::dropped, this, &MainWindow::deployRequested);
    connect(m_pages, &PageStack::pageMade, this, &MainWindow::adopt);
    connect(m_pages, &PageStack::moved, this, &MainWindow::showMoved);
    restoreState();
}

MainWindow::~MainWindow() = default;

void MainWindow::makeLayout()
{
    makeNavigation();
    m_messages = new widgets::MessageBar(this);
    m_body = new QStackedWidget(this);
    m_body->addWidget(m_pages);

    auto* main = new QVBoxLayout;
    main->setContentsMargins(0, 0, 0, 0);
    main->setSpacing(0);
    main->addWidget(makeTopBar());
    main->addWidget(m_messages);
    main->addWidget(m_body, 1);

    auto* central = new QWidget(this);
    auto* row = new QHBoxLayout(central);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_navigation);
    row->addLayout(main, 1);
    setCentralWidget(central);

    m_status = new StatusBar(m_services.liveMetrics, this);
    connect(m_status, &StatusBar::platformClicked, this,
            [this] { m_pages->open(QStringLiteral("platform")); });
    setStatusBar(m_status);
}

void MainWindow::makeNavigation()
{
    m_navigation = new Navigation(this);
    for (const PageEntry& entry : m_pages->entries()) {
        QAction* open = m_actions->add({QStringLiteral("open-") + entry.id, entry.title,
                                        entry.iconName, QKeySequence(entry.shortcut)},
                                       [this, id = entry.id] { m_pages->open(id); });
        open->setCheckable(true);
        m_navigation->addPage(open);
    }
}

void MainWindow::showCount(const QString& pageId, int count)
{
    if (QAction* open = m_actions->action(QStringLiteral("open-") + pageId))
        m_navigation->setCount(open, count);
}

QWidget* MainWindow::makeTopBar()
{
    auto* bar = new QFrame(this);
    bar->setObjectName(QStringLiteral("topBar"));
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(12, 8, 12, 8);
    row->setSpacing(4);
    for (const char* id : {"foldNavigation", "goBack", "goForward"})
        row->addWidget(widgets::makeActionButton(m_actions->action(QLatin1String(id)), bar));
    m_title = new QLabel(bar);
    m_title->setObjectName(QStringLiteral("pageTitle"));
    m_title->setFont(Theme::current().font(Theme::Strong));
    row->addSpacing(8);
    row->addWidget(m_title, 1);

    const QAction* find = m_actions->action(QStringLiteral("openPalette"));
    auto* search = widgets::makeButton(QStringLiteral("searchButton"),
                                       tr("Search or run a command"), widgets::ButtonKind::Normal,
                                       QStringLiteral("search"), bar);
    search->setText(QLatin1Char(' ') + search->text());
    auto* keys = new QLabel(find->shortcut().toString(QKeySequence::NativeText), search);
    keys->setProperty("muted", true);
    keys->setAttribute(Qt::WA_TransparentForMouseEvents);
    auto* inside = new QHBoxLayout(search);
    inside->setContentsMargins(0, 0, 10, 0);
    inside->addWidget(keys, 0, Qt::AlignRight);
    search->setToolTip(widgets::toolTipFor(*find));
    search->setMinimumWidth(320);
    connect(search, &QPushButton::clicked, find, &QAction::trigger);
    row->addWidget(search);
    row->addSpacing(8);
    for (const char* id : {"createFunction", "reloadPage", "switchTheme"})
        row->addWidget(widgets::makeActionButton(m_actions->action(QLatin1String(id)), bar));

    auto* menu = widgets::makeIconButton(QStringLiteral("mainMenuButton"), QStringLiteral("menu"),
                                         tr("Main menu"), bar);
    menu->setPopupMode(QToolButton::InstantPopup);
    menu->setMenu(makeMenu());
    menu->setShortcut(QKeySequence(Qt::Key_F10));
    menu->setToolTip(tr("Main menu (F10)"));
    row->addWidget(menu);
    return bar;
}

void MainWindow::openRoute(const QString& route)
{
    if (m_pages->open(route) || m_pages->entries().empty())
        return;
    m_pages->open(m_pages->entries().front().id);
}

void MainWindow::adopt(Page* page)
{
    connect(page, &Page::deployRequested, this, &MainWindow::deployRequested);
    connect(page, &Page::restartDaemonRequested, this, [this] {
        m_actions->action(QStringLiteral("restartPlatform"))->trigger();
    });
    connect(page, &Page::stopDaemonRequested, this,
            [this] { m_actions->action(QStringLiteral("stopPlatform"))->trigger(); });
    connect(page, &Page::messageRequested, this, [this](const QString& text, bool isError) {
        m_messages->showMessage(text, isError ? Badge::Tone::Error : Badge::Tone::Success);
    });
}

void MainWindow::showMoved()
{
    const QString id = m_pages->currentId();
    for (const PageEntry& entry : m_pages->entries())
        m_actions->action(QStringLiteral("open-") + entry.id)->setChecked(entry.id == id);
    m_actions->action(QStringLiteral("goBack"))->setEnabled(m_pages->canGoBack());
    m_actions->action(QStringLiteral("goForward"))->setEnabled(m_pages->canGoForward());
    const QString title = m_pages->currentPage()->title();
    m_title->setText(title);
    setWindowTitle(tr("%1 – Gantry").arg(title));
}

CommandPalette& MainWindow::palette()
{
    if (!m_palette) {
        m_palette = new CommandPalette(this);
        m_palette->addSource(std::make_unique<PageSource>(*m_pages));
        m_palette->addSource(std::make_unique<ActionSource>([this] { return commandActions(); }));
        if (m_services.functions)
            m_palette->addSource(std::make_unique<FunctionSource>(*m_services.functions, *m_pages));
    }
    return *m_palette;
}

QList<QAction*> MainWindow::commandActions() const
{
    QList<QAction*> offered = m_pages->currentPage() ? m_pages->currentPage()->commands()
                                                     : QList<QAction*>();
    for (QAction* action : m_actions->actions()) {
        // Pages have entries of their own.
        if (!action->objectName().startsWith(QLatin1String("open")))
            offered.append(action);
    }
    return offered;
}

void MainWindow::attach(BackendProcess& backend)
{
    m_backend = &backend;
    connect(m_backend, &BackendProcess::stateChanged, this, &MainWindow::showBackend);
    connect(m_backend, &BackendProcess::outdated, this, &MainWindow::showOutdated);
    connect(m_backend, &BackendProcess::identified, this, [this](const rpc::PlatformInfo& platform) {
        m_status->showEngine(platform.engine, platform.awsEndpoint);
    });
    m_backend->setKeepRunning(QSettings().value(settings::kKeepRunning).toBool());
    showBackend(m_backend->state());
}

void MainWindow::showBackend(BackendProcess::State state)
{
    using State = BackendProcess::State;
    m_status->showState(state);
    if (state == State::Waiting && !m_recovering) {
        m_recovering = true;
        m_messages->showMessage(tr("The platform ended unexpectedly and is being started again. "
                                   "What it had accepted is kept."),
                                Badge::Tone::Warning);
    } else if (state == State::Running && m_recovering) {
        m_recovering = false;
        m_messages->showMessage(tr("The platform runs again."), Badge::Tone::Success);
    } else if (state == State::Failed) {
        m_recovering = false;
        m_messages->dismiss();
        if (!m_problem) {
            m_problem = new ProblemView(m_body);
            m_body->addWidget(m_problem);
            connect(m_problem, &ProblemView::retryRequested, m_backend,
                    &BackendProcess::ensureRunning);
            connect(m_problem, &ProblemView::freePortRequested, m_backend,
                    &BackendProcess::startOnFreePort);
        }
        m_problem->showProblem(m_backend->problem());
        m_body->setCurrentWidget(m_problem);
    }
    if (state == State::Running || state == State::Stopped)
        m_body->setCurrentWidget(m_pages);
}

void MainWindow::showOutdated(const QString& version)
{
    m_messages->showMessage(
        tr("The platform that runs (version %1) is too old for this console.").arg(version),
        Badge::Tone::Warning, tr("Restart it with this version"), [this] { m_backend->restart(); });
}

void MainWindow::chooseDeployFolder()
{
    auto* dialog = new QFileDialog(this, tr("Deploy a folder"));
    dialog->setObjectName(QStringLiteral("deployFolderDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::filesSelected, this, &MainWindow::deployRequested);
    dialog->open();
}

void MainWindow::foldNavigation() { m_navigation->setFolded(!m_navigation->isFolded()); }

void MainWindow::restoreState()
{
    const QSettings stored;
    if (!restoreGeometry(stored.value(settings::kGeometry).toByteArray()))
        resize(1280, 800);
    m_navigation->setFolded(stored.value(settings::kFolded).toBool());
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    QSettings stored;
    stored.setValue(settings::kGeometry, saveGeometry());
    stored.setValue(settings::kFolded, m_navigation->isFolded());
    stored.setValue(settings::kRoute, m_pages->currentRoute());
    QMainWindow::closeEvent(event);
}

} // namespace gantry::ui
