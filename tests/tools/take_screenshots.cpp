// Takes pictures of the console at work: starts the platform with the demo's functions and load,
// lets the charts fill, and saves the pages in both themes.
//
//   xvfb-run -a -s "-screen 0 1600x1000x24" build-dev/tests/take_screenshots DIR [SECONDS]
//
// DIR/dashboard-light.png is what resources/screenshot.png is.
#include "tests/support/console_driver.h"
#include "ui/models/blueprints.h"
#include "ui/rpc/vault_api.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSettings>
#include <QTabWidget>

#include <cstdio>
#include <memory>

using namespace gantry;
using widgets::Theme;

namespace {

constexpr int kFillSeconds = 70;
constexpr int kUnderWayMs = 250;  // a fast function is tuned within half a second
constexpr int kSettleMs = 1500;  // what a page asks for when it opens

class Photographer final {
public:
    explicit Photographer(QString folder) : m_folder(std::move(folder)) { QDir().mkpath(m_folder); }

    bool run(int fillSeconds)
    {
        m_driver.start();
        m_driver.console().startDemo();
        if (!isRunning()) {
            std::fprintf(stderr, "The platform did not start.\n");
            return false;
        }
        m_driver.window().openRoute(QStringLiteral("dashboard/1m"));
        makeSecret();
        QTest::qWait(fillSeconds * 1000);
        for (const Theme::Mode mode : {Theme::Mode::Light, Theme::Mode::Dark}) {
            Theme::current().setMode(mode);
            m_theme = mode == Theme::Mode::Light ? QStringLiteral("light") : QStringLiteral("dark");
            if (!takePages() || !takeInvocation() || !takeUrl() || !takeTuning() || !takeDeployDialog())
                return false;
        }
        return true;
    }

private:
    bool isRunning()
    {
        return QTest::qWaitFor(
            [this] {
                return m_driver.console().backend().state() == ui::BackendProcess::State::Running &&
                       m_driver.console().functions().rowCount() > 0;
            },
            test::kPatienceMs);
    }
    void makeSecret()
    {
        m_secrets = std::make_unique<rpc::VaultApi>(m_driver.console().channel());
        m_secrets->createSecret(QStringLiteral("demo/database"), QStringLiteral("Of the demo shop"),
                                QStringLiteral(R"({"user":"shop","password":"not-a-real-one"})"),
                                &m_driver.window(), [](const rpc::Result<QString>&) {});
    }
    bool takePages()
    {
        const QString function = QStringLiteral("functions/") + firstFunction();
        const std::pair<QString, QString> pages[] = {
            {QStringLiteral("dashboard/1m"), QStringLiteral("dashboard")},
            {QStringLiteral("functions"), QStringLiteral("functions")},
            {function + QStringLiteral("/code"), QStringLiteral("code")},
            {function + QStringLiteral("/load"), QStringLiteral("load")},
            {function + QStringLiteral("/monitor"), QStringLiteral("monitor")},
            {function + QStringLiteral("/configuration"), QStringLiteral("configuration")},
            {function + QStringLiteral("/events"), QStringLiteral("events")},
            {function + QStringLiteral("/versions"), QStringLiteral("versions")},
            {QStringLiteral("concurrency"), QStringLiteral("concurrency")},
            {QStringLiteral("cost/overview"), QStringLiteral("cost")},
            {QStringLiteral("cost/budgets"), QStringLiteral("cost-budgets")},
            {QStringLiteral("cost/compare/") + firstFunction(), QStringLiteral("cost-compare")},
            {QStringLiteral("cost/calculator"), QStringLiteral("cost-calculator")},
            {QStringLiteral("cost/prices"), QStringLiteral("cost-prices")},
            {QStringLiteral("layers"), QStringLiteral("layers")},
            {QStringLiteral("queue"), QStringLiteral("queue")},
            {QStringLiteral("logs/live"), QStringLiteral("logs")},
            {QStringLiteral("logs/insights"), QStringLiteral("logs-insights")},
            {QStringLiteral("runtimes"), QStringLiteral("runtimes")},
            {QStringLiteral("platform"), QStringLiteral("platform")},
            {QStringLiteral("secrets/secrets/demo/database"), QStringLiteral("secrets")},
            {QStringLiteral("secrets/parameters"), QStringLiteral("parameters")},
            {QStringLiteral("secrets/keys"), QStringLiteral("keys")},
            {QStringLiteral("secrets/found"), QStringLiteral("secrets-found")},
            {QStringLiteral("permissions/roles/gantry"), QStringLiteral("roles")},
            {QStringLiteral("permissions/policies"), QStringLiteral("policies")},
            {QStringLiteral("permissions/simulator"), QStringLiteral("simulator")},
            {QStringLiteral("permissions/matrix"), QStringLiteral("matrix")},
            {QStringLiteral("permissions/audit"), QStringLiteral("audit")},
            {QStringLiteral("permissions/findings"), QStringLiteral("findings")},
            {function + QStringLiteral("/permissions"), QStringLiteral("function-permissions")},
        };
        for (const auto& [route, name] : pages) {
            m_driver.window().openRoute(route);
            QTest::qWait(kSettleMs);
            if (!save(m_driver.window(), name))
                return false;
        }
        return true;
    }
    bool takeInvocation()
    {
        m_driver.window().openRoute(QStringLiteral("functions/%1/test").arg(firstFunction()));
        QTest::qWait(kSettleMs);
        QWidget* invoke = m_driver.find("invoke");
        if (!invoke)
            return false;
        QTest::mouseClick(invoke, Qt::LeftButton);
        if (!QTest::qWaitFor([this] { return m_driver.find("resultStatus") != nullptr; },
                             test::kPatienceMs))
            return false;
        QTest::qWait(kSettleMs);
        return save(m_driver.window(), QStringLiteral("test"));
    }
    // While it learns and when it is done.
    bool takeTuning()
    {
        m_driver.window().openRoute(QStringLiteral("tuning/") + firstFunction());
        QTest::qWait(kSettleMs);
        QWidget* start = m_driver.find("tuningStart");
        if (!start)
            return false;
        QTest::mouseClick(start, Qt::LeftButton);
        QTest::qWait(kUnderWayMs);
        if (!save(m_driver.window(), QStringLiteral("tuning-running")))
            return false;
        if (!QTest::qWaitFor([start] { return start->isEnabled(); }, 5 * test::kPatienceMs))
            return false;
        auto* views = m_driver.find<QTabWidget>("tuningViews");
        for (const char* name : {"tuning", "tuning-pareto", "tuning-cold"}) {
            if (!views || !save(m_driver.window(), QLatin1String(name)))
                return false;
            views->setCurrentIndex((views->currentIndex() + 1) % views->count());
            for (const char* way : {"coldSnapStart", "coldProvisioned"})
                if (auto* box = m_driver.find<QCheckBox>(way))
                    box->setChecked(true);
            QTest::qWait(kSettleMs);
        }
        return true;
    }
    // Makes the URL the first time, calls it both times.
    bool takeUrl()
    {
        m_driver.window().openRoute(QStringLiteral("functions/%1/url").arg(firstFunction()));
        QTest::qWait(kSettleMs);
        if (!save(m_driver.window(), QStringLiteral("url-before")))
            return false;
        QWidget* create = m_driver.find("urlSave");
        if (create && create->isEnabled())
            QTest::mouseClick(create, Qt::LeftButton);
        if (!QTest::qWaitFor([this] { return m_driver.find("urlSend") != nullptr; },
                             test::kPatienceMs))
            return false;
        QTest::mouseClick(m_driver.find("urlSend"), Qt::LeftButton);
        QTest::qWait(2 * kSettleMs);
        return save(m_driver.window(), QStringLiteral("url"));
    }
    bool takeDeployDialog()
    {
        m_driver.drop(m_driver.write("thumbnails", "app.py",
                                     "def handler(event, context):\n"
                                     "    return {\"width\": event.get(\"width\", 64)}\n"));
        if (!QTest::qWaitFor([this] { return m_driver.find("deployStart") &&
                                             m_driver.find("deployStart")->isEnabled(); },
                             test::kPatienceMs))
            return false;
        QTest::qWait(kSettleMs);
        bool saved = save(*m_driver.find("deployDialog"), QStringLiteral("deploy"));
        // The second time the function exists, which the dialog also has to say well.
        QTest::mouseClick(m_driver.find("deployStart"), Qt::LeftButton);
        saved = saved && QTest::qWaitFor([this] { return m_driver.find("deployTest") != nullptr; },
                                         test::kPatienceMs);
        if (saved) {
            QTest::qWait(kSettleMs);
            saved = save(*m_driver.find("deployDialog"), QStringLiteral("deployed"));
        }
        QTest::mouseClick(m_driver.find("deployClose"), Qt::LeftButton);
        return saved;
    }
    bool save(QWidget& widget, const QString& name)
    {
        const QString file = QStringLiteral("%1/%2-%3.png").arg(m_folder, name, m_theme);
        if (widget.grab().save(file))
            return true;
        std::fprintf(stderr, "%s cannot be written.\n", qPrintable(file));
        return false;
    }
    static QString firstFunction()
    {
        for (const models::Blueprint& blueprint : models::blueprints()) {
            if (blueprint.demoRatePerSecond > 0)
                return blueprint.id;
        }
        return {};
    }

    QString m_folder;
    QString m_theme;
    test::ConsoleDriver m_driver;
    std::unique_ptr<rpc::VaultApi> m_secrets;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: take_screenshots DIR [SECONDS]\n");
        return 2;
    }
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-screenshots"));
    QApplication application(argc, argv);
    Theme::current().install(application);
    Photographer photographer(QString::fromLocal8Bit(argv[1]));
    return photographer.run(argc > 2 ? QByteArray(argv[2]).toInt() : kFillSeconds) ? 0 : 1;
}
