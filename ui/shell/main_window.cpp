#include "ui/shell/main_window.h"

#include "ui/shell/action_collection.h"
#include "ui/shell/navigation.h"
#include "ui/shell/page_stack.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
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
    makeActions();
    makeLayout();
    connect(m_pages, &PageStack::pageMade, this, &MainWindow::adopt);
    connect(m_pages, &PageStack::moved, this, &MainWindow::showMoved);
    restoreState();
}

MainWindow::~MainWindow() = default;

void MainWindow::makeActions()
{
    m_actions->add({QStringLiteral("goBack"), tr("Back"), QStringLiteral("arrow-left"),
                    QKeySequence(Qt::ALT | Qt::Key_Left)},
                   [this] { m_pages->back(); });
    m_actions->add({QStringLiteral("goForward"), tr("Forward"), QStringLiteral("arrow-right"),
                    QKeySequence(Qt::ALT | Qt::Key_Right)},
                   [this] { m_pages->forward(); });
    m_actions->add({QStringLiteral("reloadPage"), tr("Reload the page"), QStringLiteral("refresh"),
                    QKeySequence(Qt::Key_F5)},
                   [this] { m_pages->reload(); });
    m_actions->add({QStringLiteral("foldNavigation"), tr("Fold the navigation"),
                    QStringLiteral("sidebar"), QKeySequence(Qt::CTRL | Qt::Key_B)},
                   [this] { m_navigation->setFolded(!m_navigation->isFolded()); });
    m_actions->add({QStringLiteral("switchTheme"), tr("Switch between light and dark"),
                    QStringLiteral("moon"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_T)},
                   [] {
                       Theme& theme = Theme::current();
                       theme.setMode(theme.isDark() ? Theme::Mode::Light : Theme::Mode::Dark);
                   });
    m_actions->add({QStringLiteral("newFunction"), tr("New function…"), QStringLiteral("plus"),
                    QKeySequence(Qt::CTRL | Qt::Key_N)},
                   [this] { Q_EMIT deployRequested({}); });
    m_actions->add({QStringLiteral("quit"), tr("Quit"), {}, QKeySequence(Qt::CTRL | Qt::Key_Q)},
                   [this] { close(); });
}

void MainWindow::makeLayout()
{
    m_navigation = new Navigation(this);
    for (const PageEntry& entry : m_pages->entries()) {
        QAction* open = m_actions->add({QStringLiteral("open-") + entry.id, entry.title,
                                        entry.iconName, QKeySequence(entry.shortcut)},
                                       [this, id = entry.id] { m_pages->open(id); });
        open->setCheckable(true);
        m_navigation->addPage(open);
    }

    m_messages = new widgets::MessageBar(this);
    auto* main = new QVBoxLayout;
    main->setContentsMargins(0, 0, 0, 0);
    main->setSpacing(0);
    main->addWidget(makeTopBar());
    main->addWidget(m_messages);
    main->addWidget(m_pages, 1);

    auto* central = new QWidget(this);
    auto* row = new QHBoxLayout(central);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_navigation);
    row->addLayout(main, 1);
    setCentralWidget(central);
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
    for (const char* id : {"newFunction", "reloadPage", "switchTheme"})
        row->addWidget(widgets::makeActionButton(m_actions->action(QLatin1String(id)), bar));
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
    connect(page, &Page::restartDaemonRequested, this, &MainWindow::restartDaemonRequested);
    connect(page, &Page::stopDaemonRequested, this, &MainWindow::stopDaemonRequested);
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

void MainWindow::restoreState()
{
    const QSettings settings;
    if (!restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray()))
        resize(1280, 800);
    m_navigation->setFolded(settings.value(QStringLiteral("window/folded")).toBool());
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    QSettings settings;
    settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
    settings.setValue(QStringLiteral("window/folded"), m_navigation->isFolded());
    settings.setValue(QStringLiteral("window/route"), m_pages->currentRoute());
    QMainWindow::closeEvent(event);
}

} // namespace gantry::ui
