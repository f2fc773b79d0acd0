#pragma once

#include "ui/models/findings_model.h"
#include "ui/models/findings_watch.h"
#include "ui/pages/page.h"

class QComboBox;
class QLabel;
class QStackedLayout;
class QTableView;

namespace gantry::widgets {
class EmptyState;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class FindingDetail;

// What the platform found by itself. Routes: findings/ID opens one.
class FindingsPage final : public Page {
    Q_OBJECT
public:
    FindingsPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Findings"); }
    void show(const QString& subRoute) override;
    void activated() override;

private:
    void makeHeader();
    QWidget* makeEmpty();
    QWidget* makeContent();
    void makeTable();
    void take();
    void fillRules();
    void describe();
    void openCurrent();
    void open(int row);
    QString ruleOf(const QString& id) const;
    void answered(const rpc::Result<rpc::Nothing>& done);
    bool showsOpen() const;

    models::FindingsWatch m_watch;
    models::FindingsModel m_model;
    QString m_wanted; // a finding to open once it is there
    widgets::SectionHeader* m_header = nullptr;
    QComboBox* m_which = nullptr;
    QStackedLayout* m_stack = nullptr;
    widgets::EmptyState* m_empty = nullptr;
    QLabel* m_rules = nullptr;
    QTableView* m_table = nullptr;
    FindingDetail* m_detail = nullptr;
};

} // namespace gantry::ui
