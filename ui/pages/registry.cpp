#include "ui/pages/page.h"

#include <QCoreApplication>

namespace gantry::ui {

// Each page defines its maker beside itself, so that this file needs none of their headers.
Page* makeAlarmsPage(const Services& services, QWidget* parent);
Page* makeConcurrencyPage(const Services& services, QWidget* parent);
Page* makeCostPage(const Services& services, QWidget* parent);
Page* makeDashboardPage(const Services& services, QWidget* parent);
Page* makeFindingsPage(const Services& services, QWidget* parent);
Page* makeFunctionsPage(const Services& services, QWidget* parent);
Page* makeImagesPage(const Services& services, QWidget* parent);
Page* makeLayersPage(const Services& services, QWidget* parent);
Page* makeLogsPage(const Services& services, QWidget* parent);
Page* makePermissionsPage(const Services& services, QWidget* parent);
Page* makePlatformPage(const Services& services, QWidget* parent);
Page* makeRuntimesPage(const Services& services, QWidget* parent);
Page* makeSecretsPage(const Services& services, QWidget* parent);
Page* makeTracesPage(const Services& services, QWidget* parent);
Page* makeTuningPage(const Services& services, QWidget* parent);
Page* makeQueuePage(const Services& services, QWidget* parent);

namespace {

QString tr(const char* text) { return QCoreApplication::translate("pages", text); }

} // namespace

std::vector<PageEntry> allPages()
{
    return {
        {QStringLiteral("dashboard"), tr("Dashboard"), QStringLiteral("dashboard"),
         QStringLiteral("Ctrl+1"), makeDashboardPage},
        {QStringLiteral("functions"), tr("Functions"), QStringLiteral("functions"),
         QStringLiteral("Ctrl+2"), makeFunctionsPage},
        {QStringLiteral("tuning"), tr("Tuning"), QStringLiteral("tuning"),
         QStringLiteral("Ctrl+3"), makeTuningPage},
        {QStringLiteral("cost"), tr("Cost"), QStringLiteral("cost"), QStringLiteral("Ctrl+4"),
         makeCostPage},
        {QStringLiteral("layers"), tr("Layers"), QStringLiteral("layers"),
         QStringLiteral("Ctrl+5"), makeLayersPage},
        {QStringLiteral("images"), tr("Images"), QStringLiteral("file"),
         QStringLiteral("Ctrl+Shift+I"), makeImagesPage},
        {QStringLiteral("secrets"), tr("Secrets"), QStringLiteral("lock"),
         QStringLiteral("Ctrl+6"), makeSecretsPage},
        {QStringLiteral("permissions"), tr("Permissions"), QStringLiteral("key"),
         QStringLiteral("Ctrl+Shift+P"), makePermissionsPage},
        {QStringLiteral("logs"), tr("Logs"), QStringLiteral("log"), QStringLiteral("Ctrl+7"),
         makeLogsPage},
        {QStringLiteral("traces"), tr("Traces"), QStringLiteral("trace"),
         QStringLiteral("Ctrl+Shift+T"), makeTracesPage},
        {QStringLiteral("alarms"), tr("Alarms"), QStringLiteral("alarm"),
         QStringLiteral("Ctrl+Shift+A"), makeAlarmsPage},
        {QStringLiteral("findings"), tr("Findings"), QStringLiteral("warning"),
         QStringLiteral("Ctrl+Shift+F"), makeFindingsPage},
        {QStringLiteral("concurrency"), tr("Scaling"), QStringLiteral("concurrency"),
         QStringLiteral("Ctrl+8"), makeConcurrencyPage},
        {QStringLiteral("queue"), tr("Event queue"), QStringLiteral("queue"),
         QStringLiteral("Ctrl+0"), makeQueuePage},
        {QStringLiteral("runtimes"), tr("Runtimes"), QStringLiteral("code"),
         QStringLiteral("Ctrl+Shift+R"), makeRuntimesPage},
        {QStringLiteral("platform"), tr("Platform"), QStringLiteral("platform"),
         QStringLiteral("Ctrl+9"), makePlatformPage},
    };
}

} // namespace gantry::ui
