#pragma once

#include "ui/pages/page.h"

class QTabWidget;

namespace gantry::ui {

class FunctionChooser;
class InsightsView;
class InvocationDetailView;
class LogView;

// The logs of all functions: followed live in one list, searched, and queried with Insights. A line
// leads to its invocation. Route: "live" or "insights", then functions, separated by commas.
class LogsPage final : public Page {
    Q_OBJECT
public:
    LogsPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Logs"); }
    void show(const QString& subRoute) override;
    void activated() override;
    void deactivated() override;

private:
    QWidget* makeLive();
    void chooseFunctions();
    void openInvocation(const QString& requestId, const QString& functionName);
    void replay(const QByteArray& event);

    Services m_services;
    FunctionChooser* m_chooser;
    QTabWidget* m_tabs;
    LogView* m_log;
    InvocationDetailView* m_detail;
    InsightsView* m_insights;
    QString m_detailFunction;
};

} // namespace gantry::ui
