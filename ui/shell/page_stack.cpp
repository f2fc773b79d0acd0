#include "ui/shell/page_stack.h"

#include <QScopedValueRollback>

namespace gantry::ui {

namespace {

constexpr qsizetype kHistoryLimit = 200;

} // namespace

PageStack::PageStack(std::vector<PageEntry> entries, const Services& services, QWidget* parent)
    : QStackedWidget(parent), m_entries(std::move(entries)), m_services(services)
{
}

Page* PageStack::pageFor(const QString& id)
{
    if (Page* made = m_pages.value(id))
        return made;
    for (const PageEntry& entry : m_entries) {
        if (entry.id != id)
            continue;
        Page* page = entry.make(m_services, this);
        addWidget(page);
        m_pages.insert(id, page);
        connect(page, &Page::openRequested, this, &PageStack::open);
        connect(page, &Page::routeChanged, this,
                [this, page, id](const QString& subRoute) { routeChangedIn(page, id, subRoute); });
        Q_EMIT pageMade(page);
        return page;
    }
    return nullptr;
}

bool PageStack::open(const QString& route)
{
    if (!pageFor(route.section(QLatin1Char('/'), 0, 0)))
        return false;
    remember(route);
    return go(route);
}

bool PageStack::go(const QString& route)
{
    // What the page reports while it goes where it was told to is no step of the user's.
    const QScopedValueRollback<bool> travelling(m_travelling, true);
    Page* page = pageFor(route.section(QLatin1Char('/'), 0, 0));
    if (!page)
        return false;
    if (page != m_current) {
        if (m_current)
            m_current->deactivated();
        m_current = page;
        setCurrentWidget(page);
        page->show(route.section(QLatin1Char('/'), 1));
        page->activated();
        page->setFocus();
    } else {
        page->show(route.section(QLatin1Char('/'), 1));
    }
    Q_EMIT moved();
    return true;
}

void PageStack::travel(int step)
{
    const qsizetype target = m_position + step;
    if (target < 0 || target >= m_history.size())
        return;
    m_position = target;
    go(m_history[target]);
}

void PageStack::remember(const QString& route)
{
    if (route == currentRoute())
        return;
    m_history.resize(m_position + 1);
    m_history.append(route);
    if (m_history.size() > kHistoryLimit)
        m_history.removeFirst();
    m_position = m_history.size() - 1;
}

void PageStack::routeChangedIn(Page* page, const QString& id, const QString& subRoute)
{
    if (page != m_current)
        return;
    const QString route = subRoute.isEmpty() ? id : id + QLatin1Char('/') + subRoute;
    if (m_travelling)
        m_history[m_position] = route;
    else
        remember(route);
    Q_EMIT moved();
}

void PageStack::reload()
{
    if (!m_current)
        return;
    m_current->deactivated();
    m_current->activated();
}

} // namespace gantry::ui
