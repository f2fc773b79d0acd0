// The actions of the main window: what the menu, the top bar, the palette and the keys offer.
#include "ui/shell/action_collection.h"
#include "ui/shell/command_palette.h"
#include "ui/shell/main_window.h"
#include "ui/shell/page_stack.h"
#include "ui/shell/settings.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QActionGroup>
#include <QMenu>
#include <QMessageBox>
#include <QSettings>

namespace gantry::ui {

using widgets::Badge;
using widgets::Theme;

namespace {

struct ThemeChoice {
    const char* id;
    const char* stored;
    Theme::Mode mode;
};

constexpr ThemeChoice kThemes[] = {
    {"themeSystem", "system", Theme::Mode::System},
    {"themeLight", "light", Theme::Mode::Light},
    {"themeDark", "dark", Theme::Mode::Dark},
};

} // namespace

QAction* MainWindow::addAction(const char* id, const QString& text, const QString& iconName,
                               const QKeySequence& shortcut, std::function<void()> run)
{
    return m_actions->add({QLatin1String(id), text, iconName, shortcut}, std::move(run));
}

void MainWindow::makeActions()
{
    addAction("openPalette", tr("Search or run a command"), QStringLiteral("search"),
              QKeySequence(Qt::CTRL | Qt::Key_K), [this] { palette().open(); });
    addAction("createFunction", tr("New function…"), QStringLiteral("plus"),
              QKeySequence(Qt::CTRL | Qt::Key_N), [this] { Q_EMIT deployRequested({}); });
    addAction("deployFolder", tr("Deploy a folder…"), QStringLiteral("deploy"),
              QKeySequence(Qt::CTRL | Qt::Key_O), [this] { chooseDeployFolder(); });
    addAction("goBack", tr("Back"), QStringLiteral("arrow-left"),
              QKeySequence(Qt::ALT | Qt::Key_Left), [this] { m_pages->back(); })
        ->setEnabled(false);
    addAction("goForward", tr("Forward"), QStringLiteral("arrow-right"),
              QKeySequence(Qt::ALT | Qt::Key_Right), [this] { m_pages->forward(); })
        ->setEnabled(false);
    addAction("reloadPage", tr("Reload the page"), QStringLiteral("refresh"),
              QKeySequence(Qt::Key_F5), [this] { m_pages->reload(); });
    addAction("foldNavigation", tr("Fold or unfold the navigation"), QStringLiteral("sidebar"),
              QKeySequence(Qt::CTRL | Qt::Key_B), [this] { foldNavigation(); });
    addAction("fullScreen", tr("Full screen"), {}, QKeySequence(Qt::Key_F11),
              [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    makeThemeActions();
    makePlatformActions();
    addAction("closeMessage", tr("Close the message"), {},
              QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M), [this] { m_messages->dismiss(); });
    addAction("about", tr("About Gantry"), {}, {}, [this] {
        auto* box = new QMessageBox(QMessageBox::NoIcon, tr("About Gantry"),
                                    tr("Gantry %1\nA console and a platform for functions.")
                                        .arg(QStringLiteral(GANTRY_VERSION)),
                                    QMessageBox::Close, this);
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->open();
    });
    addAction("quit", tr("Quit"), {}, QKeySequence(Qt::CTRL | Qt::Key_Q), [this] { close(); });
}

void MainWindow::makeThemeActions()
{
    const QString texts[] = {tr("Theme of the desktop"), tr("Light theme"), tr("Dark theme")};
    auto* group = new QActionGroup(this);
    const QString stored = QSettings().value(settings::kTheme, QStringLiteral("system")).toString();
    for (size_t i = 0; i < std::size(kThemes); ++i) {
        const ThemeChoice& choice = kThemes[i];
        QAction* action = addAction(choice.id, texts[i], {}, {}, [choice] {
            Theme::current().setMode(choice.mode);
            QSettings().setValue(settings::kTheme, QLatin1String(choice.stored));
        });
        action->setCheckable(true);
        group->addAction(action);
        if (stored == QLatin1String(choice.stored)) {
            action->setChecked(true);
            Theme::current().setMode(choice.mode);
        }
    }
    QAction* toggle = addAction(
        "switchTheme", tr("Switch between light and dark"), QStringLiteral("moon"),
        QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_L), [this] {
            const char* other = Theme::current().isDark() ? "themeLight" : "themeDark";
            m_actions->action(QLatin1String(other))->trigger();
        });
    const auto showIcon = [toggle] {
        const bool dark = Theme::current().isDark();
        toggle->setIcon(Theme::current().icon(dark ? QStringLiteral("sun") : QStringLiteral("moon")));
    };
    connect(&Theme::current(), &Theme::changed, toggle, showIcon);
    showIcon();
}

void MainWindow::makePlatformActions()
{
    addAction("restartPlatform", tr("Restart the platform"), QStringLiteral("refresh"), {}, [this] {
        if (m_backend)
            m_backend->restart();
    });
    addAction("stopPlatform", tr("Stop the platform"), QStringLiteral("power"), {}, [this] {
        if (m_backend)
            m_backend->stop();
    });
    QAction* keep = addAction("keepRunning", tr("Keep the platform running after quitting"), {}, {},
                              [] {});
    keep->setCheckable(true);
    keep->setChecked(QSettings().value(settings::kKeepRunning).toBool());
    connect(keep, &QAction::toggled, this, [this](bool on) {
        QSettings().setValue(settings::kKeepRunning, on);
        if (m_backend)
            m_backend->setKeepRunning(on);
    });
}

QMenu* MainWindow::makeMenu()
{
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("mainMenu"));
    const auto add = [this](QMenu* to, std::initializer_list<const char*> ids) {
        for (const char* id : ids)
            to->addAction(m_actions->action(QLatin1String(id)));
    };
    add(menu, {"createFunction", "deployFolder", "openPalette"});
    menu->addSeparator();
    QMenu* pages = menu->addMenu(tr("Go to"));
    for (const PageEntry& entry : m_pages->entries())
        pages->addAction(m_actions->action(QStringLiteral("open-") + entry.id));
    pages->addSeparator();
    add(pages, {"goBack", "goForward", "reloadPage"});
    QMenu* view = menu->addMenu(tr("View"));
    add(view, {"themeSystem", "themeLight", "themeDark", "switchTheme"});
    view->addSeparator();
    add(view, {"foldNavigation", "fullScreen", "closeMessage"});
    QMenu* platform = menu->addMenu(tr("Platform"));
    add(platform, {"restartPlatform", "stopPlatform"});
    platform->addSeparator();
    add(platform, {"keepRunning"});
    menu->addSeparator();
    add(menu, {"about", "quit"});
    return menu;
}

} // namespace gantry::ui
