// From a chart to one invocation, with a real daemon behind it: an alarm is set by dragging and fires,
// what happened is marked on the charts, and a cell of the heat map leads to the invocation in full.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/charts/heat_map_chart.h"
#include "ui/charts/threshold_chart.h"
#include "ui/models/alarms_model.h"
#include "ui/models/invocations_model.h"
#include "ui/models/trace_timeline.h"
#include "ui/pages/monitor/metrics_board.h"
#include "ui/pages/traces/trace_waterfall.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <optional>

using namespace gantry;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

namespace {

constexpr const char* kCode = R"(import time

def handler(event, context):
    print("waiting", event["ms"])
    time.sleep(event["ms"] / 1000)
    return {"waited": event["ms"]}
)";

} // namespace

class WalkTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        EVENTUALLY(m_driver->console().channel().isConnected());
        const QString folder = m_driver->write("walk", "app.py", kCode);
        QCOMPARE(m_driver->runClient("create_function.py",
                                     {QStringLiteral("walker"), QStringLiteral("walking"),
                                      folder + QStringLiteral("/app.py")}),
                 QStringLiteral("created"));
        m_functions = std::make_unique<rpc::FunctionsApi>(m_driver->console().channel());
        for (const int ms : {1, 2, 3, 1, 700})
            QVERIFY(invoke(ms));
    }
    void cleanupTestCase()
    {
        m_functions.reset();
        m_driver.reset();
    }

    void anAlarmIsSetByDragging()
    {
        open("functions/walker/monitor");
        EVENTUALLY(heat() && !heat()->data().isBlank());
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
        scrollToHeat();
        picture("walk-monitor");
        m_driver->window().findChild<QAction*>(QStringLiteral("chart_heat_alarm"))->trigger();
        EVENTUALLY(dialog());
        QVERIFY(dialog()->findChild<QComboBox*>(QStringLiteral("alarmMetric"))
                    ->currentText()
                    .startsWith(QLatin1String("Duration")));
        auto* period = dialog()->findChild<QComboBox*>(QStringLiteral("alarmPeriod"));
        period->setCurrentIndex(period->findText(QStringLiteral("10 s")));
        dialog()->findChild<QLineEdit*>(QStringLiteral("alarmName"))->setText(QStringLiteral("slow walk"));
        auto* chart = dialog()->findChild<charts::ThresholdChart*>();
        EVENTUALLY(chart->threshold().value_or(0) > 300);
        drag(*chart, 300);
        QVERIFY(chart->threshold().value() <= 300);
        dialog()->findChild<QPushButton*>(QStringLiteral("alarmSave"))->click();
        EVENTUALLY(!dialog());
        EVENTUALLY(alarmState().length() > 0);
        for (int i = 0; i < 60 && alarmState() != QLatin1String("In alarm"); ++i) {
            QVERIFY(invoke(500));
            QTest::qWait(300);
        }
        QCOMPARE(alarmState(), QStringLiteral("In alarm"));
    }

    void whatHappenedIsMarked()
    {
        open("functions/walker/monitor");
        EVENTUALLY(marked(QStringLiteral("walker: created"), QStringLiteral("functions/walker/versions")));
        EVENTUALLY(marked(QStringLiteral("slow walk: Alarm updated from"), QStringLiteral("alarms/slow walk")));
        m_driver->window().findChild<QAction*>(QStringLiteral("showMarks"))->trigger();
        QVERIFY(board()->group().marks().empty());
        m_driver->window().findChild<QAction*>(QStringLiteral("showMarks"))->trigger();
        QVERIFY(!board()->group().marks().empty());
        picture("walk-marks");
    }

    void aCellLeadsToItsInvocation()
    {
        auto& canvas = heat()->canvas();
        std::optional<charts::HeatCell> slowest;
        EVENTUALLY((slowest = topCell()) && slowest->upToMs > 700);
        const qint64 expected = slowest->count;
        QTest::mouseClick(&canvas, Qt::LeftButton, {}, canvas.rectOf(*slowest).center().toPoint());
        EVENTUALLY(m_driver->find("cellFilter"));
        EVENTUALLY(table() && table()->model()->rowCount() == expected);
        QVERIFY(m_driver->find<QLabel>("cellFilterText")->text().contains(QLatin1String("took more than")));

        table()->selectRow(0);
        EVENTUALLY(text("invocationEvent").contains(QLatin1String("700")));
        EVENTUALLY(text("invocationResponse").contains(QLatin1String("waited")));
        EVENTUALLY(text("invocationLog").contains(QLatin1String("waiting 700")));
        const QString facts = m_driver->find<QLabel>("invocationFacts")->text();
        for (const char* part : {"Duration", "billed", "memory", "cost", "environment", "waited"})
            QVERIFY2(facts.contains(QLatin1String(part)), qPrintable(facts));
        const auto& spans = m_driver->find<ui::TraceWaterfall>("invocationWaterfall")->timeline().spans;
        const auto call = std::find_if(spans.begin(), spans.end(), [](const models::TimelineSpan& span) {
            return span.name == QLatin1String("Invocation");
        });
        QVERIFY(call != spans.end() && call->durationMs() >= 700);
        QVERIFY(m_driver->find<QPushButton>("monitorDebug")->isEnabled());
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
        picture("walk-invocation");
        m_driver->find<QToolButton>("widenInvocation")->click();
        QVERIFY(!table());
        picture("walk-invocation-wide");
        m_driver->find<QToolButton>("widenInvocation")->click();

        // Run again: another of 700 ms, which is not of this cell.
        m_driver->find<QPushButton>("monitorReplay")->click();
        m_driver->find<QToolButton>("clearCellFilter")->click();
        QVERIFY(!m_driver->find("cellFilter"));
        EVENTUALLY(slowInvocations() > expected);
    }

    void theKeyboardWalksToo()
    {
        m_driver->window().findChild<QTabWidget*>(QStringLiteral("monitorTabs"))->setCurrentIndex(0);
        EVENTUALLY(heat() && !heat()->data().isBlank());
        auto& canvas = heat()->canvas();
        canvas.setFocus();
        QTest::keyClick(&canvas, Qt::Key_Right);
        EVENTUALLY(canvas.selected());
        QVERIFY(canvas.accessibleDescription().contains(QLatin1String("invocations")));
        QTest::keyClick(&canvas, Qt::Key_Return);
        EVENTUALLY(m_driver->find("cellFilter"));
        EVENTUALLY(table() && table()->model()->rowCount() > 0);
    }

    void theDashboardHasIt()
    {
        open("dashboard");
        EVENTUALLY(heat() && !heat()->data().isBlank());
        scrollToHeat();
        picture("walk-dashboard");
        auto& canvas = heat()->canvas();
        const auto cell = topCell();
        QVERIFY(cell);
        QTest::mouseClick(&canvas, Qt::LeftButton, {}, canvas.rectOf(*cell).center().toPoint());
        EVENTUALLY(m_driver->find<QDialog>("cellDialog"));
        EVENTUALLY(table() && table()->model()->rowCount() == cell->count);
        QCOMPARE(test::controlProblems(*m_driver->find<QDialog>("cellDialog")).join(QLatin1String("; ")),
                 QString());
        picture("walk-cell-dialog", m_driver->find<QDialog>("cellDialog"));
        m_driver->find<QDialog>("cellDialog")->close();
    }

private:
    void open(const char* route) { m_driver->window().openRoute(QLatin1String(route)); }
    bool invoke(int ms)
    {
        rpc::InvokeRequest request;
        request.function = QStringLiteral("walker");
        request.payload = QByteArray("{\"ms\":") + QByteArray::number(ms) + '}';
        const auto reply = m_driver->answer<rpc::InvokeReply>(
            [&](auto done) { m_functions->invoke(request, this, done); });
        return reply && reply->functionError.isEmpty();
    }
    charts::HeatMapChart* heat() { return m_driver->find<charts::HeatMapChart>("chart_heat"); }
    void scrollToHeat()
    {
        for (QWidget* above = heat(); above; above = above->parentWidget()) {
            if (auto* area = qobject_cast<QScrollArea*>(above))
                area->ensureWidgetVisible(heat(), 0, 24);
        }
    }
    ui::MetricsBoard* board()
    {
        for (auto* board : m_driver->window().findChildren<ui::MetricsBoard*>()) {
            if (board->isVisible())
                return board;
        }
        return nullptr;
    }
    std::optional<charts::HeatCell> topCell()
    {
        std::optional<charts::HeatCell> top;
        const charts::HeatMapData& data = heat()->data();
        for (const auto& column : data.columns) {
            const int row = column.firstRow + int(column.counts.size()) - 1;
            const charts::HeatCell cell{column.startMs, column.startMs + data.columnMs,
                                        std::pow(data.growth, row), std::pow(data.growth, row + 1),
                                        column.counts.back(), 0};
            if (!top || cell.aboveMs > top->aboveMs)
                top = cell;
        }
        return top;
    }
    bool marked(const QString& title, const QString& route)
    {
        const auto& marks = board()->group().marks();
        return std::any_of(marks.begin(), marks.end(), [&](const charts::ChartMark& mark) {
            return mark.title.startsWith(title) && mark.route == route;
        });
    }
    QDialog* dialog() { return m_driver->find<QDialog>("alarmDialog"); }
    QTableView* table() { return m_driver->find<QTableView>("monitorInvocations"); }
    QString text(const char* name)
    {
        auto* edit = m_driver->find<QPlainTextEdit>(name);
        return edit ? edit->toPlainText() : QString();
    }
    QString alarmState()
    {
        auto* alarms = m_driver->find<QTableView>("alarmsTable");
        return alarms ? alarms->model()->index(0, models::AlarmsModel::State).data().toString()
                      : QString();
    }
    qint64 slowInvocations()
    {
        qint64 count = 0;
        for (int row = 0; table() && row < table()->model()->rowCount(); ++row) {
            const QModelIndex index = table()->model()->index(row, models::InvocationsModel::Duration);
            count += index.data(models::InvocationsModel::SortRole).toDouble() >= 690;
        }
        return count;
    }
    // The line to a value, by the mouse.
    static void drag(charts::ThresholdChart& chart, double value)
    {
        QPoint to = chart.thresholdAt();
        QTest::mousePress(&chart, Qt::LeftButton, {}, to);
        for (int i = 0; i < 600 && chart.threshold().value() > value; ++i) {
            ++to.ry();
            QMouseEvent move(QEvent::MouseMove, to, chart.mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
            QApplication::sendEvent(&chart, &move);
        }
        QTest::mouseRelease(&chart, Qt::LeftButton, {}, to);
    }
    void picture(const char* name, QWidget* widget = nullptr)
    {
        const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        if (directory.isEmpty())
            return;
        widgets::Theme& theme = widgets::Theme::current();
        for (const bool dark : {false, true}) {
            theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
            QTest::qWait(400);
            (widget ? widget : &m_driver->window())
                ->grab()
                .save(QStringLiteral("%1/%2-%3.png")
                          .arg(directory, QLatin1String(name), dark ? "dark" : "light"));
        }
        theme.setMode(widgets::Theme::Mode::Light);
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
    std::unique_ptr<rpc::FunctionsApi> m_functions;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    WalkTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "walk_test.moc"
