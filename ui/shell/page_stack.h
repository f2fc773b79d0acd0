#pragma once

#include "ui/pages/page.h"

#include <QHash>
#include <QStackedWidget>

namespace gantry::ui {

// The pages, each made when it is first opened, and the way the user took through them. Only the
// visible page is active.
class PageStack final : public QStackedWidget {
    Q_OBJECT
public:
    PageStack(std::vector<PageEntry> entries, const Services& services, QWidget* parent = nullptr);

    const std::vector<PageEntry>& entries() const { return m_entries; }

    // Opens a route and remembers it; false when no page has its first part.
    bool open(const QString& route);
    void back() { travel(-1); }
    void forward() { travel(+1); }
    bool canGoBack() const { return m_position > 0; }
    bool canGoForward() const { return m_position + 1 < m_history.size(); }

    Page* currentPage() const { return m_current; }
    QString currentRoute() const { return m_position < 0 ? QString() : m_history[m_position]; }
    QString currentId() const { return currentRoute().section(QLatin1Char('/'), 0, 0); }

    // Loads the visible page again.
    void reload();

Q_SIGNALS:
    void moved();  // another page, another route of it, or another history
    void pageMade(gantry::ui::Page* page);

private:
    Page* pageFor(const QString& id);
    bool go(const QString& route);
    void travel(int step);
    void remember(const QString& route);
    void routeChangedIn(Page* page, const QString& id, const QString& subRoute);

    std::vector<PageEntry> m_entries;
    Services m_services;
    QHash<QString, Page*> m_pages;
    Page* m_current = nullptr;
    QStringList m_history;
    qsizetype m_position = -1;
    bool m_travelling = false;
};

} // namespace gantry::ui
