// The alarms page with a real daemon behind it: an alarm is made by dragging a line, and fires.
#include "aws/cloudwatch.pb.h"
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/charts/threshold_chart.h"
#include "ui/models/alarms_model.h"
#include "ui/rpc/call.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <google/protobuf/empty.pb.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QDialog>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTableWidget>

using namespace gantry;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

class AlarmsGuiTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        m_driver->window().openRoute(QStringLiteral("alarms"));
        EVENTUALLY(m_driver->console().channel().isConnected());
    }
    void cleanupTestCase() { m_driver.reset(); }

    void theListIsSortedByNeed()
    {
        models::AlarmsModel model;
        QAbstractItemModelTester tester(&model);
        const auto alarm = [](const char* name, rpc::AlarmState state) {
            rpc::Alarm made;
            made.settings.name = QLatin1String(name);
            made.state = state;
            return made;
        };
        model.take({alarm("a", rpc::AlarmState::Ok), alarm("b", rpc::AlarmState::Alarm),
                    alarm("c", rpc::AlarmState::InsufficientData)});
        QCOMPARE(model.rowOf(QStringLiteral("b")), 0);
        QCOMPARE(model.rowOf(QStringLiteral("a")), 2);
        QCOMPARE(model.count(rpc::AlarmState::Alarm), 1);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        rpc::Alarm louder = alarm("b", rpc::AlarmState::Alarm);
        louder.reason = QStringLiteral("more");
        model.take({alarm("a", rpc::AlarmState::Ok), louder,
                    alarm("c", rpc::AlarmState::InsufficientData)});
        QCOMPARE(changed.size(), 1); // in place: the selection stays
        model.take({});
        QCOMPARE(model.rowCount(), 0);
    }

    void beginsEmpty()
    {
        EVENTUALLY(m_driver->find("firstAlarm"));
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
        picture("alarms-empty", m_driver->window());
    }

    void aLineIsDraggedAndTheAlarmFires()
    {
        for (int i = 60; i > 0; --i)
            put(i % 20 >= 5 && i % 20 <= 7 ? 9 : 2, i * 60); // three bad minutes, three times in the last hour
        m_driver->find<QPushButton>("firstAlarm")->click();
        EVENTUALLY(dialog());
        choose("alarmSubject", QStringLiteral("Published metrics"));
        EVENTUALLY(combo("alarmMetric")->count() == 1);
        QCOMPARE(combo("alarmMetric")->currentText(), QStringLiteral("shop: waiting"));
        choose("alarmStatistic", QStringLiteral("Maximum"));
        choose("alarmRange", QStringLiteral("Last 3 hours"));
        QCOMPARE(test::controlProblems(*dialog()).join(QLatin1String("; ")), QString());
        auto* name = dialog()->findChild<QLineEdit*>(QStringLiteral("alarmName"));
        QCOMPARE(name->text(), QStringLiteral("shop waiting"));
        name->setText(QStringLiteral("queue is long"));

        // Above all values it would not have fired; dragged down to their middle, three times.
        EVENTUALLY(verdict().startsWith(QLatin1String("It would not have fired")));
        auto* chart = dialog()->findChild<charts::ThresholdChart*>();
        EVENTUALLY(chart->threshold().value_or(0) > 9);
        drag(*chart, 5);
        QVERIFY2(std::abs(threshold() - 5) < 1, qPrintable(QString::number(threshold())));
        QCOMPARE(chart->threshold().value(), threshold());
        QTest::qWait(1'000);
        picture("alarm-dialog", *dialog());
        QTRY_COMPARE_WITH_TIMEOUT(verdict(),
                                  QStringLiteral("It would have fired 3 times in the last 3 hours."),
                                  kPatienceMs);

        choose("alarmPeriod", QStringLiteral("10 s"));
        QTest::keyClick(chart, Qt::Key_Up); // the keyboard moves it as well
        QCOMPARE(chart->threshold().value(), threshold());
        dialog()->findChild<QPushButton*>(QStringLiteral("alarmSave"))->click();
        EVENTUALLY(!dialog());
        EVENTUALLY(table() && table()->model()->rowCount() == 1);
        EVENTUALLY(m_driver->find("alarmDetail"));
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());

        EVENTUALLY(reaches(9, QStringLiteral("In alarm")));
        EVENTUALLY(message().contains(QLatin1String("queue is long: In alarm")));
        EVENTUALLY(history().contains(QLatin1String("to ALARM")));
        EVENTUALLY(history().contains(QLatin1String("Successfully executed action gantry:desktop")));
        picture("alarms-fired", m_driver->window());
        EVENTUALLY(reaches(1, QStringLiteral("OK")));
    }

    void anAlarmIsChanged()
    {
        m_driver->find<QPushButton>("editAlarm")->click();
        EVENTUALLY(dialog());
        QCOMPARE(dialog()->findChild<QLineEdit*>(QStringLiteral("alarmName"))->text(),
                 QStringLiteral("queue is long"));
        QVERIFY(dialog()->findChild<QCheckBox*>(QStringLiteral("alarmDesktop"))->isChecked());
        QCOMPARE(combo("alarmPeriod")->currentText(), QStringLiteral("10 s"));
        dialog()->findChild<QSpinBox*>(QStringLiteral("alarmPeriods"))->setValue(5);
        dialog()->findChild<QSpinBox*>(QStringLiteral("alarmToAlarm"))->setValue(3);
        dialog()->findChild<QPushButton*>(QStringLiteral("alarmSave"))->click();
        EVENTUALLY(!dialog());
        EVENTUALLY(cell(models::AlarmsModel::Condition).contains(QLatin1String("3 of 5")));
        m_driver->find<QCheckBox>("alarmActionsOn")->click();
        EVENTUALLY(cell(models::AlarmsModel::Actions).startsWith(QLatin1String("off:")));
    }

    void aRouteChoosesWhatToWatch()
    {
        m_driver->window().openRoute(QStringLiteral("alarms/new/-/Throttles"));
        EVENTUALLY(dialog());
        QCOMPARE(combo("alarmSubject")->currentText(), QStringLiteral("The account"));
        QCOMPARE(combo("alarmMetric")->currentText(), QStringLiteral("Throttles"));
        choose("alarmComparison", QStringLiteral("is outside the usual"));
        QVERIFY(!dialog()->findChild<QWidget*>(QStringLiteral("alarmThreshold"))->isVisible());
        QVERIFY(dialog()->findChild<QWidget*>(QStringLiteral("alarmBand"))->isVisible());
        QVERIFY(!dialog()->findChild<charts::ThresholdChart*>()->threshold().has_value());
        dialog()->findChild<QPushButton*>(QStringLiteral("alarmCancel"))->click();
        EVENTUALLY(!dialog());
    }

    void aChartOffersAnAlarm()
    {
        m_driver->window().openRoute(QStringLiteral("dashboard"));
        auto* action = m_driver->window().findChild<QAction*>(QStringLiteral("chart_duration_alarm"));
        QVERIFY(action);
        // Of every chart; what costs is watched by budgets.
        for (const char* chart : {"concurrency", "invocations", "errors", "coldStarts", "heat"})
            QVERIFY(m_driver->window().findChild<QAction*>(QStringLiteral("chart_%1_alarm").arg(QLatin1String(chart))));
        QVERIFY(m_driver->window()
                    .findChild<QAction*>(QStringLiteral("chart_cost_alarm"))
                    ->text()
                    .contains(QLatin1String("budget")));
        action->trigger();
        EVENTUALLY(dialog());
        QCOMPARE(combo("alarmMetric")->currentText(), QStringLiteral("Duration, ms"));
        QCOMPARE(combo("alarmStatistic")->currentText(), QStringLiteral("p99"));
        dialog()->findChild<QPushButton*>(QStringLiteral("alarmCancel"))->click();
        EVENTUALLY(!dialog());
    }

    void anAlarmIsDeleted()
    {
        m_driver->find<QPushButton>("deleteAlarm")->click();
        EVENTUALLY(m_driver->find<QPushButton>("confirmDeleteAlarm"));
        m_driver->find<QPushButton>("confirmDeleteAlarm")->click();
        EVENTUALLY(m_driver->find("firstAlarm"));
    }

private:
    QDialog* dialog() { return m_driver->find<QDialog>("alarmDialog"); }
    QComboBox* combo(const char* name)
    {
        return dialog()->findChild<QComboBox*>(QLatin1String(name));
    }
    void choose(const char* name, const QString& text)
    {
        const int index = combo(name)->findText(text);
        QVERIFY2(index >= 0, qPrintable(text));
        combo(name)->setCurrentIndex(index);
    }
    double threshold()
    {
        return dialog()->findChild<QDoubleSpinBox*>(QStringLiteral("alarmThreshold"))->value();
    }
    QString verdict() { return dialog()->findChild<QLabel*>(QStringLiteral("alarmVerdict"))->text(); }
    QTableView* table() { return m_driver->find<QTableView>("alarmsTable"); }
    QString cell(int column) { return table()->model()->index(0, column).data().toString(); }
    QString message() { return m_driver->window().messages().text(); }
    QString history()
    {
        auto* list = m_driver->find<QTableWidget>("alarmHistory");
        QStringList lines;
        for (int row = 0; list && row < list->rowCount(); ++row)
            lines << list->item(row, 1)->text();
        return lines.join(QLatin1Char('\n'));
    }
    // The line to a value, by the mouse.
    static void drag(charts::ThresholdChart& chart, double value)
    {
        const QPoint from = chart.thresholdAt();
        const double perPixel = chart.threshold().value() / (chart.height() - 40 - from.y());
        const int distance = qRound((chart.threshold().value() - value) / perPixel);
        QTest::mousePress(&chart, Qt::LeftButton, {}, from);
        // The line follows the mouse; the last step is by what it says itself.
        QPoint to = from + QPoint(0, distance);
        for (int i = 0; i < 400 && std::abs(chart.threshold().value() - value) > 0.3; ++i) {
            to.ry() += chart.threshold().value() > value ? 1 : -1;
            QMouseEvent move(QEvent::MouseMove, to, chart.mapToGlobal(to), Qt::NoButton,
                             Qt::LeftButton, {});
            QApplication::sendEvent(&chart, &move);
        }
        QTest::mouseRelease(&chart, Qt::LeftButton, {}, to);
    }
    // Publishes a value so many seconds ago.
    void put(double value, int ago = 0)
    {
        aws::cloudwatch::PutMetricDataInput request;
        request.set_namespace_("shop");
        auto& datum = *request.add_metric_data();
        datum.set_metric_name("waiting");
        datum.set_value(value);
        datum.set_storage_resolution(1);
        datum.mutable_timestamp()->set_seconds(QDateTime::currentSecsSinceEpoch() - ago);
        rpc::call<google::protobuf::Empty>(
            m_driver->console().channel(), request, this,
            [](const google::protobuf::Empty&) { return rpc::Nothing(); },
            [](const rpc::Result<rpc::Nothing>& done) { QVERIFY(done); });
    }
    // Publishes a value again; whether the state has followed.
    bool reaches(double value, const QString& state)
    {
        put(value);
        QTest::qWait(200);
        return cell(models::AlarmsModel::State) == state;
    }
    static void picture(const char* name, QWidget& widget)
    {
        const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        if (directory.isEmpty())
            return;
        widgets::Theme& theme = widgets::Theme::current();
        for (const bool dark : {false, true}) {
            theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
            QTest::qWait(150);
            widget.grab().save(QStringLiteral("%1/%2-%3.png")
                                   .arg(directory, QLatin1String(name), dark ? "dark" : "light"));
        }
        theme.setMode(widgets::Theme::Mode::Light);
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    AlarmsGuiTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "alarms_test.moc"
