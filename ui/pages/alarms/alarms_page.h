#pragma once

#include "ui/models/alarm_watch.h"
#include "ui/models/alarms_model.h"
#include "ui/pages/page.h"

class QStackedLayout;
class QTableView;

namespace gantry::widgets {
class EmptyState;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class AlarmDetail;
class AlarmDialog;

// The alarms with their states, and one of them in full. Routes: an alarm's name; "new" opens the dialog,
// "new/FUNCTION/METRIC" with what to watch, "-" for the account.
class AlarmsPage final : public Page {
    Q_OBJECT
public:
    AlarmsPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Alarms"); }
    void activated() override;
    void deactivated() override { m_active = false; }
    void show(const QString& subRoute) override;
    QList<QAction*> commands() const override { return {m_new}; }

private:
    void buildTable();
    QWidget* makeContent();
    widgets::EmptyState* makeEmpty();
    void take();
    void showCounts();
    void openCurrent();
    void loadHistory();
    AlarmDialog* openDialog();
    void askToDelete(const QString& name);
    void remove(const QString& name);
    void select(const QString& name);

    Services m_services;
    models::AlarmWatch m_watch;
    models::AlarmsModel m_model;
    QAction* m_new = nullptr;
    QString m_wanted; // to be selected as soon as it is there
    bool m_active = false;
    widgets::SectionHeader* m_header = nullptr;
    QTableView* m_table = nullptr;
    AlarmDetail* m_detail = nullptr;
    QStackedLayout* m_stack = nullptr;
};

} // namespace gantry::ui
