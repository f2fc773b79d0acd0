// A real function is tuned at the real console through the real daemon, the pick is applied, and
// the next invocation runs with it. And the AWS tool's own result opens in the chart.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/charts/band_chart.h"
#include "ui/models/zip_archive.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/tuning_api.h"
#include "ui/shell/page_stack.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSlider>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableWidget>
#include <QToolButton>

#include <algorithm>

using namespace gantry;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

namespace {

// Runs on a machine that is busy: an experiment may take minutes.
constexpr int kTuningMs = 240000;

const char* const kSpinner = R"(import time


def handler(event, context):
    end = time.process_time() + 0.01
    while time.process_time() < end:
        pass
    return {"memory": context.memory_limit_in_mb}
)";

// As lambda-power-tuning's state machine gives it out.
const char* const kResult =
    "{\"power\": 512, \"cost\": 8.32e-7, \"duration\": 49.8, "
    "\"stateMachine\": {\"executionCost\": 0.00045, \"lambdaCost\": 0.0005, \"visualization\": "
    "\"https://lambda-power-tuning.show/#AAEAAg==;AADHQprZR0I=;AADAMwAAwDM=\"}, "
    "\"stats\": [ "
    "{\"averagePrice\": 8.4e-7, \"averageDuration\": 99.5, \"totalCost\": 0.00004, \"value\": 256}, "
    "{\"averagePrice\": 8.32e-7, \"averageDuration\": 49.8, \"totalCost\": 0.00004, \"value\": 512}]} ";

} // namespace

class TuningE2eTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_driver = std::make_unique<test::ConsoleDriver>(); }
    void init()
    {
        if (m_broken)
            QSKIP("the session did not get so far");
    }
    void cleanup() { m_broken = m_broken || QTest::currentTestFailed(); }
    void cleanupTestCase() { m_driver.reset(); }

    void aFunctionIsDeployed()
    {
        m_driver->start();
        EVENTUALLY(m_driver->find("welcomeNew"));
        m_driver->drop(m_driver->write("spinner", "app.py", kSpinner));
        EVENTUALLY(m_driver->find("deployStart") && m_driver->find("deployStart")->isEnabled());
        click("deployStart");
        EVENTUALLY(label("deployResult").startsWith(QLatin1String("spinner is live")));
        click("deployTest");
        EVENTUALLY(!m_driver->find("deployDialog"));
    }

    void theConfigurationLeadsToTheTuningPage()
    {
        m_driver->window().openRoute(QStringLiteral("functions/spinner/configuration"));
        EVENTUALLY(m_driver->find("powerTune"));
        m_driver->find<QPushButton>("powerTune")->click(); // may be below the fold
        EVENTUALLY(m_driver->find("tuningPage"));
        EVENTUALLY(get<QComboBox>("tuningFunction")->currentText() == QLatin1String("spinner"));
        EVENTUALLY(get("tuningStart")->isEnabled());
        QCOMPARE(test::controlProblems(*get("tuningPage")).join(QLatin1String("; ")), QString());
    }

    void wrongInputIsSaidAndNotSent()
    {
        get<QToolButton>("tuningMore")->setChecked(true);
        EVENTUALLY(m_driver->find("tuningSizes"));
        get<QLineEdit>("tuningSizes")->setText(QStringLiteral("128, many"));
        click("tuningStart");
        QVERIFY(label("tuningFormProblem").contains(QLatin1String("many")));
        QVERIFY(get("tuningStart")->isEnabled());
        get<QCheckBox>("tuningWeighted")->setChecked(true);
        get<QLineEdit>("tuningSizes")->setText(QStringLiteral("ALL"));
        click("tuningStart");
        QVERIFY(label("tuningFormProblem").contains(QLatin1String("weights")));
        get<QCheckBox>("tuningWeighted")->setChecked(false);
        // The weight belongs to the balanced strategy.
        QVERIFY(!get("tuningWeight")->isEnabled());
        get<QComboBox>("tuningStrategy")->setCurrentIndex(2);
        QVERIFY(get("tuningWeight")->isEnabled());
        get<QComboBox>("tuningStrategy")->setCurrentIndex(0);
    }

    void anExperimentFillsTheChart()
    {
        get<QLineEdit>("tuningSizes")->setText(QStringLiteral("256, 512, 1024, 1769"));
        get<QSpinBox>("tuningCalls")->setValue(20);
        get<QSpinBox>("tuningNum")->setValue(4);
        click("tuningStart");
        EVENTUALLY(m_driver->find("tuningState") && state() == QLatin1String("measuring"));
        QVERIFY(get("tuningStop")->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(!chart()->data().curves.empty(), kTuningMs);
        QTRY_VERIFY_WITH_TIMEOUT(get("tuningStart")->isEnabled(), kTuningMs);
        QVERIFY2(state() == QLatin1String("sure") || state() == QLatin1String("budget used up"),
                 qPrintable(state() + label("tuningSure")));
        // 128 MB is the function's own size and measured or estimated with the others; the other
        // architecture is drawn as the estimate it is.
        QCOMPARE(chart()->data().curves.size(), std::size_t(2));
        QCOMPARE(chart()->data().curves[0].x, (std::vector<double>{128, 256, 512, 1024, 1769}));
        QVERIFY(!chart()->data().curves[0].dashed);
        QVERIFY(chart()->data().curves[1].dashed);
        QVERIFY(chart()->data().curves[1].name.contains(QLatin1String("estimated")));
        for (std::size_t i = 0; i < 5; ++i) {
            const charts::BandCurve& curve = chart()->data().curves[0];
            QVERIFY(curve.low[i] < curve.y[i] && curve.y[i] < curve.high[i]);
        }
        QVERIFY(label("tuningSpent").contains(QLatin1String("calls in")));
        const auto runs = history();
        QCOMPARE(runs.size(), 1);
        QVERIFY(runs[0].calls <= 20 && runs[0].calls >= 4);
        QCOMPARE(runs[0].options.num, 4);
        QCOMPARE(runs[0].environments * 4, runs[0].calls);
        QVERIFY(runs[0].pick.index >= 0);
        EVENTUALLY(get<QTableWidget>("tuningHistory")->rowCount() == 1);
        // The function itself is as it was.
        QCOMPARE(memoryOfNextCall(), 128);
    }

    void markersAndTheBalanceMoveTheChoice()
    {
        QVERIFY(!chart()->data().markers.empty());
        auto* slider = get<QSlider>("tuningBalance");
        slider->setValue(0); // speed alone
        const QString fast = label("tuningPick");
        slider->setValue(slider->maximum()); // cost alone
        const QString cheap = label("tuningPick");
        QVERIFY(fast.contains(QLatin1String("MB")) && cheap.contains(QLatin1String("MB")));
        const auto runs = history();
        QVERIFY(cheap.startsWith(
            QLocale().toString(runs[0].estimates[runs[0].pick.index].memoryMb)));
        // A click on the marker of another choice.
        for (std::size_t i = 0; i < chart()->data().markers.size(); ++i) {
            const charts::BandMarker marker = chart()->data().markers[i];
            if (marker.chosen)
                continue;
            QTest::mouseClick(chart(), Qt::LeftButton, {}, chart()->markerAt(i));
            const auto& now = chart()->data().markers;
            QVERIFY(std::any_of(now.begin(), now.end(), [&](const charts::BandMarker& one) {
                return one.id == marker.id && one.chosen;
            }));
            break;
        }
        QCOMPARE(history()[0].calls, runs[0].calls); // no calls for that
    }

    void coldStartsAreShownWithAndWithoutWhatAvoidsThem()
    {
        auto* views = get<QTabWidget>("tuningViews");
        views->setCurrentIndex(2);
        const auto curves = [this](const char* name) {
            return get<charts::BandChart>(name)->data().curves;
        };
        EVENTUALLY(curves("tuningColdCost").size() == 2); // both architectures
        QVERIFY(label("coldNote").contains(QLatin1String("are cold")));
        QVERIFY(!get("coldRestore")->isEnabled());
        get<QCheckBox>("coldSnapStart")->setChecked(true);
        get<QCheckBox>("coldProvisioned")->setChecked(true);
        EVENTUALLY(curves("tuningColdCost").size() == 4 && curves("tuningColdDuration").size() == 4);
        QVERIFY(label("coldNote").contains(QLatin1String("assumed"))); // nothing was ever restored
        get<QDoubleSpinBox>("coldRestore")->setValue(1'000);
        const auto duration = curves("tuningColdDuration");
        QVERIFY(duration[2].dashed && duration[3].dashed); // both are models
        for (std::size_t i = 0; i < duration[2].y.size(); ++i)
            QVERIFY(std::abs(duration[2].y[i] - duration[3].y[i] - 1'000) < 1e-6);
        const double before = curves("tuningColdCost")[3].y[0];
        get<QDoubleSpinBox>("coldCalls")->setValue(1e9);
        QVERIFY(curves("tuningColdCost")[3].y[0] < before); // what stands ready is used more
        QCOMPARE(test::controlProblems(*get("tuningPage")).join(QLatin1String("; ")), QString());
        views->setCurrentIndex(0);
    }

    void theChoiceIsAppliedAndTheNextCallRunsWithIt()
    {
        // A size that differs from the present one.
        QCOMPARE(chart()->data().curves[0].x[2], 512.0);
        Q_EMIT chart()->pointClicked(0, 2);
        EVENTUALLY(label("tuningPick").startsWith(QLatin1String("512")));
        get<QLineEdit>("tuningAlias")->setText(QStringLiteral("live"));
        click("tuningApply");
        EVENTUALLY(label("tuningApplied").contains(QLatin1String("512 MB, version 1")));
        QCOMPARE(memoryOfNextCall(), 512);
        QCOMPARE(memoryOfNextCall(QStringLiteral("live")), 512);
    }

    void undoGivesTheSizeBack()
    {
        click("tuningUndo");
        EVENTUALLY(label("tuningApplied").startsWith(QLatin1String("Undone")));
        QCOMPARE(memoryOfNextCall(), 128);
    }

    void changedCodeIsAReminder()
    {
        QVERIFY(!m_driver->find("tuningReminder"));
        rpc::CodeUpdate update;
        QString error;
        const auto zip = models::writeZip(
            {{QStringLiteral("app.py"), false, [] { return QByteArray(kSpinner) + "# changed\n"; }}},
            [](int) { return true; }, &error);
        QVERIFY(zip);
        update.zip = *zip;
        QVERIFY(m_driver->answer<rpc::FunctionConfiguration>([&](auto done) {
            rpc::FunctionsApi(channel()).updateCode(QStringLiteral("spinner"), update,
                                                    &m_driver->window(), done);
        }));
        m_driver->window().openRoute(QStringLiteral("dashboard/1m"));
        m_driver->window().openRoute(QStringLiteral("tuning/spinner"));
        EVENTUALLY(label("tuningReminder").contains(QLatin1String("tune again")));
    }

    void aRunCanBeStoppedAndStillAnswers()
    {
        get<QLineEdit>("tuningSizes")->setText(QStringLiteral("ALL"));
        get<QSpinBox>("tuningCalls")->setValue(2000);
        click("tuningStart");
        QTRY_VERIFY_WITH_TIMEOUT(!chart()->data().curves.empty(), kTuningMs);
        click("tuningStop");
        QTRY_VERIFY_WITH_TIMEOUT(state() == QLatin1String("stopped"), kTuningMs);
        QVERIFY(label("tuningPick").contains(QLatin1String("MB")));
        EVENTUALLY(get<QTableWidget>("tuningHistory")->rowCount() == 2);
    }

    void theKnownToolsResultOpensInTheChart()
    {
        m_driver->write("results", "result.json", kResult);
        auto* menu = get<QToolButton>("tuningFiles")->menu();
        menu->findChild<QAction*>(QStringLiteral("tuningOpenFile"))->trigger();
        EVENTUALLY(m_driver->window().findChild<QFileDialog*>());
        auto* dialog = m_driver->window().findChild<QFileDialog*>();
        Q_EMIT dialog->fileSelected(m_driver->path("results/result.json"));
        dialog->close();
        EVENTUALLY(state() == QLatin1String("imported"));
        QCOMPARE(chart()->data().curves.size(), std::size_t(1));
        QCOMPARE(chart()->data().curves[0].x, (std::vector<double>{256, 512}));
        QVERIFY(std::abs(chart()->data().curves[0].y[1] - 0.832) < 1e-6); // of a million calls

        menu->findChild<QAction*>(QStringLiteral("tuningOpenLink"))->trigger();
        EVENTUALLY(m_driver->window().findChild<QInputDialog*>());
        auto* input = m_driver->window().findChild<QInputDialog*>();
        Q_EMIT input->textValueSelected(QStringLiteral(
            "https://lambda-power-tuning.show/#AAEAAgAE;AADIQgAASEIAAMhB;VapaNVWqWjVVqlo1"));
        input->close();
        EVENTUALLY(chart()->data().curves.size() == 1 && chart()->data().curves[0].x.size() == 3);
        QCOMPARE(chart()->data().curves[0].x, (std::vector<double>{256, 512, 1024}));
        EVENTUALLY(get<QTableWidget>("tuningHistory")->rowCount() == 4);
    }

private:
    template <class T = QWidget> T* get(const char* name)
    {
        T* found = m_driver->find<T>(name);
        if (!found)
            qFatal("no visible widget %s", name);
        return found;
    }
    void click(const char* name) { QTest::mouseClick(get(name), Qt::LeftButton); }
    QString label(const char* name)
    {
        const auto* found = m_driver->find<QLabel>(name);
        return found ? found->text() : QString();
    }
    QString state() { return label("tuningState"); }
    charts::BandChart* chart() { return get<charts::BandChart>("tuningCost"); }

    rpc::Channel& channel()
    {
        if (!m_channel) {
            m_channel = std::make_unique<rpc::Channel>();
            m_channel->open(m_driver->path("gantryd.sock"));
            static_cast<void>(
                QTest::qWaitFor([this] { return m_channel->isConnected(); }, kPatienceMs));
        }
        return *m_channel;
    }
    // Full runs, newest first.
    QList<rpc::TuningRun> history()
    {
        rpc::TuningApi api(channel());
        QList<rpc::TuningRun> full;
        const auto runs = m_driver->answer<QList<rpc::TuningRun>>([&](auto done) {
            api.list(QStringLiteral("spinner"), &m_driver->window(), done);
        });
        for (const rpc::TuningRun& run : runs ? *runs : QList<rpc::TuningRun>())
            if (const auto one = m_driver->answer<rpc::TuningRun>(
                    [&](auto done) { api.get(run.id, &m_driver->window(), done); }))
                full.append(*one);
        return full;
    }
    // What the function itself says of its environment.
    int memoryOfNextCall(const QString& qualifier = {})
    {
        rpc::FunctionsApi api(channel());
        rpc::InvokeRequest request;
        request.function = QStringLiteral("spinner");
        request.qualifier = qualifier;
        request.payload = "{}";
        const auto reply = m_driver->answer<rpc::InvokeReply>(
            [&](auto done) { api.invoke(request, &m_driver->window(), done); });
        const QByteArray text = reply ? reply->payload : QByteArray();
        const auto at = text.indexOf(':');
        return text.mid(at + 1, text.indexOf('}') - at - 1).trimmed().replace('"', "").toInt();
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
    std::unique_ptr<rpc::Channel> m_channel;
    bool m_broken = false;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    for (const char* folder : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"})
        qputenv(folder, settings.path().toLocal8Bit());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    TuningE2eTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "tuning_e2e_test.moc"
