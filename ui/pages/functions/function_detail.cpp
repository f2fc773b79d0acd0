#include "ui/pages/functions/function_detail.h"

#include "ui/models/function_session.h"
#include "ui/pages/functions/function_header.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using widgets::Theme;

FunctionDetail::FunctionDetail(const Services& services, QWidget* parent)
    : QWidget(parent), m_services(services),
      m_session(new models::FunctionSession(*services.functionsApi, *services.platformApi,
                                            *services.functions, this)),
      m_entries(functionTabs()), m_made(m_entries.size(), nullptr),
      m_header(new FunctionHeader(services, *m_session)), m_tabs(new QTabWidget)
{
    widgets::identify(m_tabs, QStringLiteral("functionTabs"), tr("Parts of the function"));
    m_tabs->setToolTip({});
    m_tabs->tabBar()->setObjectName(QStringLiteral("functionTabBar"));
    for (const FunctionTabEntry& entry : m_entries) {
        auto* holder = new QWidget;
        auto* inside = new QVBoxLayout(holder);
        inside->setContentsMargins(0, 0, 0, 0);
        m_tabs->addTab(holder, entry.title);
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kPageMargin, Theme::kMargin, Theme::kPageMargin,
                               Theme::kMargin);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(m_header);
    layout->addWidget(m_tabs, 1);
    setFocusProxy(m_tabs);
    connect(m_tabs, &QTabWidget::currentChanged, this, &FunctionDetail::showTab);
    connect(m_header, &FunctionHeader::backRequested, this, &FunctionDetail::backRequested);
    connect(m_header, &FunctionHeader::messageRequested, this, &FunctionDetail::messageRequested);
    connect(m_header, &FunctionHeader::testRequested, this,
            [this] { open(name(), QStringLiteral("test")); });
    connect(m_session, &models::FunctionSession::removed, this, &FunctionDetail::backRequested);
    makeCommands();
}

FunctionDetail::~FunctionDetail() = default;

void FunctionDetail::makeCommands()
{
    const auto make = [this](const char* name, const QString& text, const QKeySequence& key,
                             auto slot) {
        auto* action = new QAction(text, this);
        action->setObjectName(QLatin1String(name));
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
        m_commands << action;
    };
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const QString id = m_entries[i].id;
        // Not Ctrl with a digit: those open the console's pages.
        const QKeySequence key(id == QLatin1String("test")
                                   ? QKeySequence(Qt::CTRL | Qt::Key_T)
                                   : QKeySequence(Qt::ALT | Qt::Key(Qt::Key_1 + int(i))));
        make(("show-" + id.toLatin1()).constData(), tr("Show %1").arg(m_entries[i].title), key,
             [this, id] { open(name(), id); });
    }
    make("publishVersion", tr("Publish a version"), {}, [this] { m_header->askPublish(); });
    make("deleteFunction", tr("Delete this function"), {}, [this] { m_header->askDelete(); });
}

void FunctionDetail::open(const QString& name, const QString& tab)
{
    if (name != m_session->name())
        m_session->open(name);
    const auto entry = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&](const FunctionTabEntry& e) { return e.id == tab; });
    const int index = entry == m_entries.end() ? m_tabs->currentIndex()
                                               : static_cast<int>(entry - m_entries.begin());
    if (index != m_tabs->currentIndex())
        m_tabs->setCurrentIndex(index);
    else
        showTab(index);
}

void FunctionDetail::showOnTab(const QString& subRoute)
{
    if (!subRoute.isEmpty())
        tabAt(m_tabs->currentIndex())->show(subRoute);
}

QString FunctionDetail::name() const
{
    return m_session->name();
}

QString FunctionDetail::tab() const
{
    return m_entries[static_cast<std::size_t>(m_tabs->currentIndex())].id;
}

FunctionTab* FunctionDetail::tabAt(int index)
{
    FunctionTab*& tab = m_made[static_cast<std::size_t>(index)];
    if (!tab) {
        tab = m_entries[static_cast<std::size_t>(index)].make(m_services, *m_session);
        connect(tab, &FunctionTab::messageRequested, this, &FunctionDetail::messageRequested);
        connect(tab, &FunctionTab::openRequested, this, &FunctionDetail::openRequested);
        m_tabs->widget(index)->layout()->addWidget(tab);
    }
    return tab;
}

void FunctionDetail::showTab(int index)
{
    if (!m_active || index < 0)
        return;
    FunctionTab* tab = tabAt(index);
    if (m_current && m_current != tab)
        m_current->deactivated();
    m_current = tab;
    tab->activated();
    Q_EMIT tabChanged();
}

void FunctionDetail::setActive(bool active)
{
    if (active == m_active)
        return;
    m_active = active;
    m_header->setLive(active);
    if (active) {
        m_session->reload();
        m_session->reloadVersions();
        m_session->loadPlatform();
        showTab(m_tabs->currentIndex());
    } else if (m_current) {
        m_current->deactivated();
        m_current = nullptr;
    }
}

} // namespace gantry::ui
