// The Cost page against a platform behind a real socket: what one sees, moves and gets.
// With GANTRY_SCREENSHOTS=DIR every tab is also saved there, light and dark.
#include "tests/support/control_checker.h"
#include "tests/support/fake_functions.h"

#include "gantry/v1/cost.pb.h"
#include "pricing/bill.h"
#include "ui/charts/curve_chart.h"
#include "ui/charts/live_chart.h"
#include "ui/charts/treemap.h"
#include "ui/models/budget_watch.h"
#include "ui/models/budgets_model.h"
#include "ui/models/cost_shares_model.h"
#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/cost/calculator_tab.h"
#include "ui/pages/cost/cost_page.h"
#include "ui/pages/monitor/stat_tiles.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/cost_api.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/rpc/platform_api.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/slider_field.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace gantry;
using test::usd;

namespace {

constexpr int kWaitMs = 20'000;

// The Cost service of a platform on which two functions ran.
class FakeCost {
public:
    explicit FakeCost(test::GrpcServer& server) : m_server(server)
    {
        on<v1::GetBillRequest>("GetBill", [](const auto&) { return bill(); });
        on<v1::GetCostSharesRequest>("GetCostShares",
                                     [](const auto& request) { return shares(request.by()); });
        on<v1::AuditBillRequest>("AuditBill", [](const auto&) {
            v1::BillAudit audit;
            audit.set_invocations(1'200);
            audit.set_records(1'200);
            audit.set_recomputed_usd("0.75");
            audit.set_complete(true);
            audit.set_agrees(true);
            return audit;
        });
        on<v1::PutBudgetRequest>("PutBudget", [this](const auto& request) {
            v1::Budget budget = request.budget();
            budget.set_state(v1::Budget::ALARM);
            budget.set_since_ms(1);
            budget.set_actual_usd("0.75");
            budget.set_forecast_usd("0.9");
            m_put = budget;
            return budget;
        });
        m_server.on("/gantry.v1.Monitor/QueryMetrics", [](const std::string& bytes) -> test::Reply {
            v1::QueryMetricsRequest request;
            request.ParseFromString(bytes);
            return {{history(request).SerializeAsString()}, {}, {}, false};
        });
        // The first list is empty, the next has an alarm.
        m_server.on("/gantry.v1.Cost/WatchBudgets", [](const std::string&) -> test::Reply {
            v1::BudgetList list;
            v1::Budget* budget = list.add_budgets();
            budget->set_name("all of it");
            budget->set_limit_usd("0.5");
            budget->set_alarm_percent(100);
            budget->set_state(v1::Budget::ALARM);
            budget->set_since_ms(1'795'000'000'000);
            budget->set_actual_usd("0.75");
            budget->set_forecast_usd("0.9");
            return {{v1::BudgetList().SerializeAsString(), list.SerializeAsString()}, {}, {}, true};
        });
    }
    v1::Budget put()
    {
        const std::lock_guard lock(m_mutex);
        return m_put;
    }

private:
    template <class Request, class Handle> void on(const std::string& method, Handle handle)
    {
        m_server.on("/gantry.v1.Cost/" + method, [this, handle](const std::string& bytes) -> test::Reply {
            Request request;
            request.ParseFromString(bytes);
            const std::lock_guard lock(m_mutex);
            return {{handle(request).SerializeAsString()}, {}, {}, false};
        });
    }
    // Sixty calls a minute of alpha and fewer of beta, more at noon than at night.
    static v1::QueryMetricsResponse history(const v1::QueryMetricsRequest& request)
    {
        const int width = request.to_ms() - request.from_ms() > 7'200'000 ? 3'600'000 : 60'000;
        v1::QueryMetricsResponse response;
        response.set_width_ms(width);
        for (const char* name : {"alpha", "beta"}) {
            if (!request.function_name().empty() && request.function_name() != name)
                continue;
            const bool first = name[0] == 'a';
            for (std::int64_t at = request.from_ms() - request.from_ms() % width;
                 at < request.to_ms(); at += width) {
                const std::int64_t hour = at / 3'600'000 % 24;
                const std::int64_t calls =
                    (first ? 60 : 15) * (width / 60'000) * (hour > 7 && hour < 20 ? 2 : 1);
                v1::MetricsPoint* point = response.add_points();
                point->set_function_name(name);
                point->set_start_ms(at);
                point->set_width_ms(width);
                point->set_invocations(calls);
                point->set_billed_ms(calls * 120);
                point->set_cold_starts(1);
                point->set_init_sum_ms(200);
                point->set_cost_usd((usd("0.00000125") * calls).toString());
            }
        }
        return response;
    }
    static v1::Bill bill()
    {
        v1::Bill bill;
        bill.set_month("2026-11");
        v1::BillLine* line = bill.add_lines();
        line->set_item("requests");
        line->set_quantity(1'200);
        line->set_listed_usd("0.00024");
        line = bill.add_lines();
        line->set_item("duration-x86");
        line->set_quantity(44'985 * 1'024'000LL);
        line->set_listed_usd("0.74976");
        bill.set_listed_usd("0.75");
        bill.set_free_usd("0.5");
        bill.set_due_usd("0.25");
        bill.set_cost_per_hour_usd("0.012");
        bill.mutable_forecast()->set_expected_usd("0.9");
        bill.mutable_forecast()->set_low_usd("0.8");
        bill.mutable_forecast()->set_high_usd("1.1");
        bill.mutable_forecast()->set_full_days(12);
        bill.mutable_free_tier()->set_requests(1'000'000);
        bill.mutable_free_tier()->set_gb_seconds(400'000);
        bill.set_price_label("us-east-1, 2026-09-19");
        return bill;
    }
    static v1::CostShares shares(const std::string& by)
    {
        v1::CostShares shares;
        shares.set_month("2026-11");
        const auto add = [&shares](const char* name, const char* listed, const char* free,
                                   const char* due) {
            v1::CostShare* share = shares.add_shares();
            share->set_name(name);
            share->set_invocations(600);
            share->set_x86_mb_millis(1'024'000);
            share->set_listed_usd(listed);
            share->set_free_usd(free);
            share->set_due_usd(due);
            share->mutable_forecast()->set_expected_usd(listed);
        };
        const bool tags = by == "tag";
        add(tags ? "blue" : "alpha", "0.60000000000000001220703125", "0.4", "0.20000000000000001220703125");
        add(tags ? "" : "beta", "0.15", "0.1", "0.05");
        shares.add_tag_keys("team");
        return shares;
    }

    test::GrpcServer& m_server;
    std::mutex m_mutex;
    v1::Budget m_put;
};

struct Console {
    QTemporaryDir directory;
    test::GrpcServer server{directory.filePath("grpc.sock").toStdString()};
    test::FakeFunctions platform{server};
    FakeCost cost{server};
    rpc::Channel channel;
    rpc::MonitorApi monitorApi{channel};
    rpc::PlatformApi platformApi{channel};
    rpc::CostApi costApi{channel};
    models::LiveMetrics metrics{channel, monitorApi};
    models::FunctionsModel model{channel, monitorApi, &metrics};
    models::BudgetWatch budgets{channel, costApi};
    std::unique_ptr<ui::CostPage> page;

    void start()
    {
        platform.add("alpha");
        platform.add("beta");
        QVERIFY(server.start());
        channel.open(directory.filePath("grpc.sock"));
        QTRY_VERIFY_WITH_TIMEOUT(model.rowCount() == 2, kWaitMs);
        ui::Services services;
        services.channel = &channel;
        services.monitorApi = &monitorApi;
        services.platformApi = &platformApi;
        services.costApi = &costApi;
        services.functions = &model;
        services.liveMetrics = &metrics;
        services.budgets = &budgets;
        page = std::make_unique<ui::CostPage>(services, nullptr);
        page->resize(1360, 980);
        page->QWidget::show();
        page->activated();
        QVERIFY(QTest::qWaitForWindowExposed(page.get()));
    }
    template <class Widget = QWidget> Widget* find(const char* name) const
    {
        auto* widget = page->findChild<Widget*>(QLatin1String(name));
        if (!widget)
            qFatal("no %s", name);
        return widget;
    }
    QString tile(const char* id) const { return find<ui::StatTile>(id)->number(); }
    QString label(const char* name) const { return find<QLabel>(name)->text(); }
    void open(const char* route) const { page->show(QLatin1String(route)); }
    QString problems() const { return test::controlProblems(*page).join(QStringLiteral("; ")); }

    // For people to look at; no part of the checks.
    void save(const QString& name) const
    {
        const QString target = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        if (target.isEmpty())
            return;
        auto& theme = widgets::Theme::current();
        for (const bool dark : {false, true}) {
            theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
            QTest::qWait(300);
            page->grab().save(target + "/cost-" + name + (dark ? "-dark.png" : "-light.png"));
        }
        theme.setMode(widgets::Theme::Mode::Light);
    }
};

} // namespace

class CostPageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { widgets::Theme::current().install(*qApp); }

    void showsTheBill()
    {
        Console console;
        console.start();
        QTRY_COMPARE_WITH_TIMEOUT(console.tile("tile_monthListed"), QStringLiteral("$0.750"), kWaitMs);
        QCOMPARE(console.tile("tile_monthFree"), QStringLiteral("−$0.500"));
        QCOMPARE(console.tile("tile_monthDue"), QStringLiteral("$0.250"));
        QCOMPARE(console.tile("tile_monthForecast"), QStringLiteral("$0.900"));
        QVERIFY(console.label("costNote").contains(QLatin1String("Modelled")));
        QVERIFY(console.label("billLines").contains(QLatin1String("44,985 GB-s")));

        auto* table = console.find<QTableView>("costShares");
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 2, kWaitMs);
        QCOMPARE(table->model()->index(0, models::CostSharesModel::Name).data().toString(), "alpha");
        QCOMPARE(table->model()->index(0, models::CostSharesModel::Free).data().toString(), "−$0.400");

        const auto* treemap = console.find<charts::Treemap>("costTreemap");
        const auto area = [treemap](const char* id) {
            const QRectF rect = treemap->rectOf(QLatin1String(id));
            return rect.width() * rect.height();
        };
        QVERIFY(std::abs(area("alpha") / area("beta") - 4) < 0.01);

        const auto* forecast = console.find<charts::CurveChart>("forecastChart");
        QTRY_VERIFY_WITH_TIMEOUT(!forecast->data().curves.empty(), kWaitMs);
        QVERIFY(std::abs(forecast->data().curves.front().points.back().y() - 0.75) < 1e-9);
        const auto* spend = console.find<charts::LiveChart>("chart_spend");
        QTRY_VERIFY_WITH_TIMEOUT(!spend->data().series.empty(), kWaitMs);
        QCOMPARE(console.problems(), QString());
        console.save(QStringLiteral("bill"));
    }

    void groupsByTag()
    {
        Console console;
        console.start();
        auto* by = console.find<QComboBox>("sharesBy");
        by->setCurrentIndex(by->findData(QStringLiteral("tag")));
        Q_EMIT by->activated(by->currentIndex());
        const auto* model = console.find<QTableView>("costShares")->model();
        QTRY_COMPARE_WITH_TIMEOUT(model->index(0, 0).data().toString(), QStringLiteral("blue"), kWaitMs);
        QCOMPARE(model->index(1, 0).data().toString(), QStringLiteral("not tagged"));
        QVERIFY(console.find("sharesTagKey")->isVisible());
        QCOMPARE(console.find<QComboBox>("sharesTagKey")->currentText(), QStringLiteral("team"));
    }

    void savesAmountsInFull()
    {
        Console console;
        console.start();
        QTRY_COMPARE_WITH_TIMEOUT(console.find<QTableView>("costShares")->model()->rowCount(), 2, kWaitMs);
        QSignalSpy told(console.page.get(), &ui::Page::messageRequested);
        QTest::mouseClick(console.find("saveCostCsv"), Qt::LeftButton);
        auto* dialog = console.page->findChild<QFileDialog*>(QStringLiteral("saveDialog"));
        QVERIFY(dialog);
        const QString path = console.directory.filePath(QStringLiteral("cost.csv"));
        Q_EMIT dialog->fileSelected(path);
        dialog->close();
        QCOMPARE(told.count(), 1);
        QVERIFY(!told.first().at(1).toBool());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray csv = file.readAll();
        QVERIFY2(csv.contains("\"alpha\",600,1,0.60000000000000001220703125,0.4,"), csv);
    }

    void checksTheBill()
    {
        Console console;
        console.start();
        QSignalSpy told(console.page.get(), &ui::Page::messageRequested);
        QTest::mouseClick(console.find("auditBill"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(told.count(), 1, kWaitMs);
        QVERIFY(told.first().first().toString().contains(QLatin1String("to the last digit: $0.75")));
    }

    void keepsBudgets()
    {
        Console console;
        QSignalSpy alarmed(&console.budgets, &models::BudgetWatch::alarmed);
        console.start();
        QTRY_COMPARE_WITH_TIMEOUT(alarmed.count(), 1, kWaitMs);
        console.open("budgets");
        const auto* model = console.find<QTableView>("budgets")->model();
        QTRY_COMPARE_WITH_TIMEOUT(model->rowCount(), 1, kWaitMs);
        QCOMPARE(model->index(0, models::BudgetsModel::State).data().toString(), "Alarm");
        QCOMPARE(model->index(0, models::BudgetsModel::Actual).data().toString(), "$0.750 (150.0 %)");

        console.find<QLineEdit>("budgetName")->setText(QStringLiteral("mine"));
        console.find<QLineEdit>("budgetLimit")->setText(QStringLiteral("lots"));
        QTest::mouseClick(console.find("saveBudget"), Qt::LeftButton);
        QVERIFY(console.find<QLabel>("budgetProblem")->isVisible());
        console.find<QLineEdit>("budgetLimit")->setText(QStringLiteral("12.50"));
        console.find<QComboBox>("budgetScope")->setCurrentIndex(1);
        console.find<QComboBox>("budgetValue")->setCurrentText(QStringLiteral("beta"));
        console.find<QSpinBox>("budgetPercent")->setValue(80);
        QTest::mouseClick(console.find("saveBudget"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(console.cost.put().name(), std::string("mine"), kWaitMs);
        QCOMPARE(console.cost.put().limit_usd(), std::string("12.5"));
        QCOMPARE(console.cost.put().value(), std::string("beta"));
        QCOMPARE(console.cost.put().alarm_percent(), 80);
        QTRY_VERIFY_WITH_TIMEOUT(!console.find<QLabel>("budgetProblem")->isVisible(), kWaitMs);
        QCOMPARE(console.problems(), QString());
        console.save(QStringLiteral("budgets"));
    }

    void dragsAlongTheCrossover()
    {
        Console console;
        console.start();
        console.open("compare/alpha");
        auto* chart = console.find<charts::CurveChart>("crossoverChart");
        QTRY_VERIFY_WITH_TIMEOUT(chart->data().curves.size() == 4 && chart->cursorAt(), kWaitMs);
        QVERIFY(chart->data().logarithmicX);
        const QString before = console.label("crossoverReadout");
        QTest::mouseClick(chart, Qt::LeftButton, {}, QPoint(int(chart->pixelOf(100)), 150));
        QVERIFY2(std::abs(*chart->cursorAt() / 100 - 1) < 0.05, qPrintable(QString::number(*chart->cursorAt())));
        QVERIFY(console.label("crossoverReadout") != before);
        chart->setFocus();
        QTest::keyClick(chart, Qt::Key_Right);
        QVERIFY(*chart->cursorAt() > 100);
        // A busy function is cheaper on machines, and the chart says from where on.
        auto* breakEven = console.find<widgets::FactGrid>("breakEven");
        QVERIFY(breakEven->value(QStringLiteral("EC2 alone")).startsWith(QLatin1String("from ")));
        auto* whatIf = console.find<widgets::FactGrid>("whatIf");
        const QString recorded = whatIf->value(QStringLiteral("As recorded"));
        QVERIFY(recorded.startsWith(QLatin1Char('$')));
        QCOMPARE(whatIf->value(QStringLiteral("With this, if calls only wait")), recorded);
        QCOMPARE(console.problems(), QString());
        console.save(QStringLiteral("crossover"));
    }

    void calculates()
    {
        Console console;
        console.start();
        console.open("calculator");
        // A million calls of 100 ms in 128 MB stay within the free tier.
        QTRY_VERIFY_WITH_TIMEOUT(console.label("calcExact").contains(QLatin1String("exactly $0,")), kWaitMs);
        auto* freeTier = console.find<QAbstractButton>("calcFreeTier");
        freeTier->click();
        QVERIFY2(console.label("calcExact").contains(QLatin1String("exactly $0.40833375,")),
                 qPrintable(console.label("calcExact")));
        console.find<QComboBox>("calcArchitecture")->setCurrentIndex(1);
        QVERIFY(console.label("calcExact").contains(QLatin1String("exactly $0.3666675,")));
        QCOMPARE(console.problems(), QString());
        freeTier->click();
        console.save(QStringLiteral("calculator"));
    }

    void saysThatThePlatformIsAway()
    {
        Console console;
        console.start();
        QTRY_COMPARE_WITH_TIMEOUT(console.tile("tile_monthDue"), QStringLiteral("$0.250"), kWaitMs);
        console.server.stop();
        QTRY_VERIFY_WITH_TIMEOUT(console.find("startPlatformForCost")->isVisible(), kWaitMs);
    }

    void rectanglesFillTheArea()
    {
        const QRectF area(0, 0, 400, 200);
        const auto rects = charts::squarified({6, 6, 4, 3, 2, 2, 1}, area);
        double sum = 0;
        for (const QRectF& rect : rects) {
            QVERIFY(area.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(rect));
            sum += rect.width() * rect.height();
            QVERIFY(std::max(rect.width() / rect.height(), rect.height() / rect.width()) < 3);
        }
        QVERIFY(std::abs(sum - 80'000) < 1e-6);
        QVERIFY(std::abs(rects[0].width() * rects[0].height() - 80'000 * 6.0 / 24) < 1e-6);
    }
};

QTEST_MAIN(CostPageTest)
#include "cost_page_test.moc"
