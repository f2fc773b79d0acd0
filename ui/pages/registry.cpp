#include "ui/pages/page.h"

#include <QCoreApplication>

namespace gantry::ui {

// Each page defines its maker beside itself, so that this file needs none of their headers.
Page* makeConcurrencyPage(const Services& services, QWidget* parent);
Page* makeDashboardPage(const Services& services, QWidget* parent);
Page* makeFunctionsPage(const Services& services, QWidget* parent);
Page* makePlatformPage(const Services& services, QWidget* parent);
Page* makeTuningPage(const Services& services, QWidget* parent);

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
        {QStringLiteral("concurrency"), tr("Concurrency"), QStringLiteral("concurrency"),
         QStringLiteral("Ctrl+8"), makeConcurrencyPage},
        {QStringLiteral("platform"), tr("Platform"), QStringLiteral("platform"),
         QStringLiteral("Ctrl+9"), makePlatformPage},
    };
}

} // namespace gantry::ui
