#pragma once

#include "ui/pages/page.h"

class QStackedLayout;

namespace gantry::ui {

class FunctionDetail;
class FunctionList;

// Functions: the list at "functions", one of them at "functions/NAME/TAB".
class FunctionsPage final : public Page {
    Q_OBJECT
public:
    FunctionsPage(const Services& services, QWidget* parent);

    QString title() const override;
    void show(const QString& subRoute) override;
    void activated() override;
    void deactivated() override;
    QList<QAction*> commands() const override;

private:
    FunctionDetail* detail();
    bool showsDetail() const;
    void openFunction(const QString& name, const QString& tab, const QString& subRoute = {});
    void openList();
    void loadEndpoint();

    Services m_services;
    QStackedLayout* m_stack;
    FunctionList* m_list;
    FunctionDetail* m_detail = nullptr;
    bool m_active = false;
};

} // namespace gantry::ui
