#pragma once

#include "ui/pages/functions/function_tab.h"

class QTabWidget;

namespace gantry::ui {

class FunctionHeader;

// One function: a header and tabs, each made when it is first looked at.
class FunctionDetail final : public QWidget {
    Q_OBJECT
public:
    FunctionDetail(const Services& services, QWidget* parent);
    ~FunctionDetail() override;

    // An unknown or empty tab keeps the one that is shown.
    void open(const QString& name, const QString& tab);
    // What a route says after the tab; may be empty.
    void showOnTab(const QString& subRoute);
    QString name() const;
    QString tab() const;
    models::FunctionSession& session() { return *m_session; }
    void setActive(bool active);
    QList<QAction*> commands() const { return m_commands; }

Q_SIGNALS:
    void backRequested();
    void tabChanged();
    void messageRequested(const QString& text, bool isError);
    void openRequested(const QString& route); // another page

private:
    void makeCommands();
    void showTab(int index);
    FunctionTab* tabAt(int index);

    Services m_services;
    models::FunctionSession* m_session;
    std::vector<FunctionTabEntry> m_entries;
    std::vector<FunctionTab*> m_made; // null until first shown
    FunctionHeader* m_header;
    QTabWidget* m_tabs;
    FunctionTab* m_current = nullptr;
    QList<QAction*> m_commands;
    bool m_active = false;
};

} // namespace gantry::ui
