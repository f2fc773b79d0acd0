#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/platform_types.h"

class QLabel;
class QVBoxLayout;

namespace gantry::ui {

class RuntimeTable;

// What each runtime id runs on here, which are deprecated and who still uses those, and how to get
// the interpreters that are missing.
class RuntimesPage final : public Page {
    Q_OBJECT
public:
    explicit RuntimesPage(const Services& services, QWidget* parent = nullptr);

    QString title() const override { return tr("Runtimes"); }
    void activated() override;

private:
    struct Way;
    static const Way kWays[];

    QWidget* makeMissing();
    void load();
    void showRuntimes(const QList<rpc::RuntimeInfo>& runtimes);
    void showMissing(const QList<rpc::RuntimeInfo>& runtimes);
    void addWay(const Way& way, bool installed, const QStringList& gaps);
    void showUsers();

    Services m_services;
    QList<rpc::RuntimeInfo> m_all;
    QLabel* m_state = nullptr; // instead of tables, while there is nothing to show
    QLabel* m_users = nullptr; // functions on deprecated runtimes
    RuntimeTable* m_current = nullptr;
    RuntimeTable* m_deprecated = nullptr;
    QWidget* m_missing = nullptr;
    QVBoxLayout* m_ways = nullptr;
    QWidget* m_content = nullptr;
};

} // namespace gantry::ui
