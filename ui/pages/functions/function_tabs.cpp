#include "ui/pages/functions/code_host.h"
#include "ui/pages/functions/configuration_tab.h"
#include "ui/pages/functions/events_tab.h"
#include "ui/pages/functions/function_tab.h"
#include "ui/pages/functions/health_tab.h"
#include "ui/pages/functions/load_tab.h"
#include "ui/pages/functions/monitor_tab.h"
#include "ui/pages/functions/permissions_tab.h"
#include "ui/pages/functions/test_tab.h"
#include "ui/pages/functions/url_tab.h"
#include "ui/pages/functions/versions_tab.h"

#include <QCoreApplication>

namespace gantry::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("functionTabs", text);
}

template <class Tab> FunctionTab* make(const Services& services, models::FunctionSession& session)
{
    return new Tab(services, session);
}

} // namespace

std::vector<FunctionTabEntry> functionTabs()
{
    return {
        {QStringLiteral("code"), tr("Code"), make<CodeHost>},
        {QStringLiteral("test"), tr("Test"), make<TestTab>},
        {QStringLiteral("load"), tr("Load"), make<LoadTab>},
        {QStringLiteral("monitor"), tr("Monitor"), make<MonitorTab>},
        {QStringLiteral("health"), tr("Health"), make<HealthTab>},
        {QStringLiteral("configuration"), tr("Configuration"), make<ConfigurationTab>},
        {QStringLiteral("permissions"), tr("Permissions"), make<PermissionsTab>},
        {QStringLiteral("url"), tr("URL"), make<UrlTab>},
        {QStringLiteral("events"), tr("Events and layers"), make<EventsTab>},
        {QStringLiteral("versions"), tr("Versions and aliases"), make<VersionsTab>},
    };
}

} // namespace gantry::ui
