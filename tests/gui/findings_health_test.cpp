// The findings page and a function's Health tab against a server that the test plays.
#include "aws/cloudwatch.pb.h"
#include "gantry/v1/findings.pb.h"
#include "gantry/v1/objectives.pb.h"
#include "tests/support/control_checker.h"
#include "tests/support/grpc_server.h"
#include "ui/models/function_session.h"
#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/functions/health_tab.h"
#include "ui/pages/objectives/objective_card.h"
#include "ui/pages/page.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/rpc/platform_api.h"
#include "ui/shell/navigation.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <map>
#include <mutex>

namespace gantry::ui {
Page* makeFindingsPage(const Services& services, QWidget* parent);
}

using namespace gantry;
namespace pb = gantry::aws::applicationsignals;

namespace {

constexpr const char* kFindings = "/gantry.v1.Findings/";
constexpr const char* kSignals = "/gantry.aws.applicationsignals.ApplicationSignals/";
constexpr int kPatienceMs = 60'000;
constexpr qint64 kNow = 1'795'000'000'000;

v1::HealthFinding finding(const char* rule, const char* function, v1::FindingSeverity severity)
{
    v1::HealthFinding made;
    made.set_id(std::string(rule) + ":" + function);
    made.set_rule(rule);
    made.set_function_name(function);
    made.set_severity(severity);
    made.set_title("More memory than needed");
    made.set_text("120 invocations used 61 MB at most, 12 % of the function's 512 MB.");
    made.set_active(true);
    made.set_first_seen_ms(kNow - 3'600'000);
    made.set_last_seen_ms(kNow);
    auto& evidence = *made.mutable_evidence();
    evidence.set_from_ms(kNow - 86'400'000);
    evidence.set_to_ms(kNow);
    auto& number = *evidence.add_numbers();
    number.set_name("Most memory used");
    number.set_value(61.0 * 1024 * 1024);
    number.set_unit(v1::FINDING_UNIT_BYTES);
    auto& series = *evidence.mutable_series();
    series.set_name("Most memory used");
    series.set_unit(v1::FINDING_UNIT_BYTES);
    series.set_start_ms(kNow - 24 * 3'600'000);
    series.set_width_ms(3'600'000);
    for (int i = 0; i < 24; ++i)
        series.add_values((40 + i % 5 * 5) * 1024.0 * 1024);
    series.set_threshold(512.0 * 1024 * 1024);
    made.add_actions(v1::FINDING_ACTION_TUNING);
    made.add_actions(v1::FINDING_ACTION_CONFIGURATION);
    return made;
}

v1::ObjectiveHealth objective()
{
    v1::ObjectiveHealth health;
    pb::ServiceLevelObjective& slo = *health.mutable_slo();
    slo.set_name("shop availability");
    slo.set_metric_source_type("ServiceOperation");
    slo.mutable_request_based_sli()->mutable_request_based_sli_metric()->set_metric_type("AVAILABILITY");
    slo.mutable_goal()->set_attainment_goal(99.5);
    slo.mutable_goal()->set_warning_threshold(40);
    auto& rolling = *slo.mutable_goal()->mutable_interval()->mutable_rolling_interval();
    rolling.set_duration_unit("DAY");
    rolling.set_duration(30);
    slo.add_burn_rate_configurations()->set_look_back_window_minutes(60);
    health.set_function_name("shop");
    auto& report = *health.mutable_report();
    report.set_budget_status("WARNING");
    report.set_attainment(99.62);
    report.set_total_budget_requests(500);
    report.set_budget_requests_remaining(120);
    health.set_from_ms(kNow - 30LL * 86'400'000);
    health.set_to_ms(kNow);
    health.set_good(99'620);
    health.set_bad(380);
    for (const auto& [minutes, rate] : {std::pair(5, 16.2), std::pair(60, 3.4), std::pair(360, 0.8)}) {
        auto& burn = *health.add_burn_rates();
        burn.set_window_minutes(minutes);
        burn.set_rate(rate);
        burn.set_configured(minutes == 60);
    }
    health.add_burn_rates()->set_window_minutes(1'440);
    for (int i = 1; i <= 60; ++i) {
        auto& point = *health.add_history();
        point.set_time_ms(kNow - 30LL * 86'400'000 + i * 43'200'000LL);
        point.set_remaining_percent(100 - i * i * 76.0 / 3'600);
    }
    return health;
}

void picture(QWidget& widget, const char* name)
{
    const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
    if (directory.isEmpty())
        return;
    widgets::Theme& theme = widgets::Theme::current();
    for (const bool dark : {false, true}) {
        theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
        QTest::qWait(700);
        widget.grab().save(QStringLiteral("%1/%2-%3.png")
                               .arg(directory, QLatin1String(name), dark ? "dark" : "light"));
    }
    theme.setMode(widgets::Theme::Mode::Light);
}

} // namespace

class FindingsHealthTest : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { widgets::Theme::current().install(*qApp); }

    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        const QString path = m_directory->filePath(QStringLiteral("s"));
        m_server = std::make_unique<test::GrpcServer>(path.toStdString());
        m_found.Clear();
        m_health.Clear();
        m_asked.clear();
        serve();
        QVERIFY(m_server->start());
        m_channel = std::make_unique<rpc::Channel>();
        m_channel->open(path);
        QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), kPatienceMs);
    }

    void cleanup()
    {
        // What uses the channel goes before it.
        m_session.reset();
        m_functions.reset();
        m_live.reset();
        m_monitorApi.reset();
        m_functionsApi.reset();
        m_platformApi.reset();
        m_channel.reset();
        m_server.reset();
    }

    void saysWhatIsWatched()
    {
        const auto page = openFindings();
        auto* rules = page->findChild<QLabel*>(QStringLiteral("findingRules"));
        QTRY_VERIFY_WITH_TIMEOUT(rules->text().contains(QStringLiteral("used more than 40 %")), kPatienceMs);
        QVERIFY(rules->isVisible());
        QCOMPARE(test::controlProblems(*page).join(QStringLiteral("; ")), QString());
        picture(*page, "findings-empty");
        // Looking now is another question than what was found last.
        page->findChild<QPushButton*>(QStringLiteral("lookForFindings"))->click();
        v1::ListHealthFindingsRequest request;
        QTRY_VERIFY_WITH_TIMEOUT(request.ParseFromString(last("ListHealthFindings")) && request.evaluate(),
                                 kPatienceMs);
    }

    void showsTheEvidenceAndWhereToGo()
    {
        fillFindings();
        const auto page = openFindings();
        auto* table = page->findChild<QTableView*>(QStringLiteral("findingsTable"));
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 2, kPatienceMs);
        QSignalSpy routes(page.get(), &ui::Page::routeChanged);
        table->selectRow(1);
        QCOMPARE(routes.last().first().toString(), QStringLiteral("oversized-memory:mail"));
        auto* text = page->findChild<QLabel*>(QStringLiteral("findingText"));
        QVERIFY(text->isVisible() && text->text().contains(QStringLiteral("mail: 120 invocations")));
        QVERIFY(page->findChild<QLabel*>(QStringLiteral("findingRule"))->text().contains(QStringLiteral("40 %")));
        QTest::qWait(300);
        QCOMPARE(test::controlProblems(*page).join(QStringLiteral("; ")), QString());
        picture(*page, "findings");
        QSignalSpy opened(page.get(), &ui::Page::openRequested);
        page->findChild<QPushButton*>(QStringLiteral("findingAction1"))->click();
        QCOMPARE(opened.last().first().toString(), QStringLiteral("tuning/mail"));
        page->findChild<QPushButton*>(QStringLiteral("findingAction3"))->click();
        QCOMPARE(opened.last().first().toString(), QStringLiteral("functions/mail/configuration"));
    }

    void dismissesAndRestores()
    {
        fillFindings();
        const auto page = openFindings();
        auto* table = page->findChild<QTableView*>(QStringLiteral("findingsTable"));
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 2, kPatienceMs);
        table->selectRow(1);
        page->findChild<QPushButton*>(QStringLiteral("dismissFinding"))->click();
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 1, kPatienceMs);
        auto* detail = page->findChild<QWidget*>(QStringLiteral("findingDetail"));
        QVERIFY(!detail->isVisible());
        auto* which = page->findChild<QComboBox*>(QStringLiteral("findingsWhich"));
        which->setCurrentIndex(1);
        QCOMPARE(table->model()->rowCount(), 1);
        QCOMPARE(table->model()->index(0, 4).data().toString(), QStringLiteral("Dismissed"));
        table->selectRow(0);
        QVERIFY(detail->isVisible());
        page->findChild<QPushButton*>(QStringLiteral("restoreFinding"))->click();
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 0, kPatienceMs);
        which->setCurrentIndex(0);
        QCOMPARE(table->model()->rowCount(), 2);
    }

    void theNavigationCounts()
    {
        ui::Navigation navigation;
        QAction open(QStringLiteral("Findings"), nullptr);
        open.setObjectName(QStringLiteral("open-findings"));
        navigation.addPage(&open);
        navigation.show();
        navigation.setCount(&open, 3);
        auto* badge = navigation.findChild<widgets::Badge*>(QStringLiteral("open-findingsCount"));
        QVERIFY(badge && badge->isVisible());
        QCOMPARE(badge->text(), QStringLiteral("3"));
        picture(navigation, "navigation-count");
        navigation.setCount(&open, 0);
        QVERIFY(!badge->isVisible());
    }

    void showsAnObjective()
    {
        *m_health.add_objectives() = objective();
        const auto tab = openHealth();
        QTRY_VERIFY_WITH_TIMEOUT(tab->findChild<ui::ObjectiveCard*>(), kPatienceMs);
        auto* card = tab->findChild<ui::ObjectiveCard*>();
        QCOMPARE(label(*card, "objectiveStatus"), QStringLiteral("Budget low"));
        QCOMPARE(label(*card, "objectiveText"),
                 QStringLiteral("99.5 % of invocations end without an error, over the last 30 days"));
        QCOMPARE(label(*card, "burnRate-60"), QStringLiteral("3.40"));
        QCOMPARE(label(*card, "burnRate-1440"), QStringLiteral("–"));
        auto* measures = card->findChild<QWidget*>(QStringLiteral("objectiveMeasures"));
        QVERIFY(measures->accessibleDescription().contains(QStringLiteral("120 of 500 failures left")));
        QTest::qWait(300);
        QCOMPARE(test::controlProblems(*tab).join(QStringLiteral("; ")), QString());
        picture(*tab, "health");
        // What is gone disappears.
        card->findChild<QPushButton*>(QStringLiteral("deleteObjective"))->click();
        auto* box = tab->findChild<QMessageBox*>(QStringLiteral("deleteObjectiveBox"));
        QVERIFY(box);
        box->findChild<QPushButton*>(QStringLiteral("confirmDeleteObjective"))->click();
        QTRY_VERIFY_WITH_TIMEOUT(!tab->findChild<ui::ObjectiveCard*>(), kPatienceMs);
        picture(*tab, "health-empty");
    }

    void makesAnObjective()
    {
        const auto tab = openHealth();
        tab->findChild<QPushButton*>(QStringLiteral("newObjective"))->click();
        auto* dialog = tab->findChild<QDialog*>(QStringLiteral("objectiveDialog"));
        QVERIFY(dialog);
        dialog->findChild<QLineEdit*>(QStringLiteral("objectiveName"))->setText(QStringLiteral("shop speed"));
        choose(*dialog, "objectiveMeasure", "Latency");
        auto* threshold = dialog->findChild<QDoubleSpinBox*>(QStringLiteral("objectiveThreshold"));
        QVERIFY(threshold->isVisible());
        QVERIFY(!dialog->findChild<QWidget*>(QStringLiteral("objectivePeriod"))->isVisible());
        QVERIFY(!dialog->findChild<QWidget*>(QStringLiteral("objectiveStart"))->isVisible());
        threshold->setValue(300);
        dialog->findChild<QDoubleSpinBox*>(QStringLiteral("objectiveGoal"))->setValue(99.9);
        QCOMPARE(dialog->findChild<QLabel*>(QStringLiteral("objectivePreview"))->text(),
                 QStringLiteral("99.9 % of invocations take 300 ms at most, over the last 7 days"));
        QCOMPARE(test::controlProblems(*dialog).join(QStringLiteral("; ")), QString());
        picture(*dialog, "objective-dialog");
        dialog->findChild<QPushButton*>(QStringLiteral("objectiveSave"))->click();
        pb::CreateServiceLevelObjectiveInput request;
        QTRY_VERIFY_WITH_TIMEOUT(request.ParseFromString(last("CreateServiceLevelObjective")) &&
                                     request.has_goal(),
                                 kPatienceMs);
        QCOMPARE(request.name(), std::string("shop speed"));
        QCOMPARE(request.request_based_sli_config().metric_threshold(), 300.0);
        const auto& metric = request.request_based_sli_config().request_based_sli_metric_config();
        QCOMPARE(metric.metric_type(), std::string("LATENCY"));
        QCOMPARE(metric.key_attributes().at("Name"), std::string("shop"));
        QCOMPARE(request.goal().attainment_goal(), 99.9);
        QCOMPARE(request.burn_rate_configurations_size(), 2);
    }

    void aRefusalStaysInTheDialog()
    {
        const auto tab = openHealth();
        m_refuse = true;
        tab->findChild<QPushButton*>(QStringLiteral("newObjective"))->click();
        auto* dialog = tab->findChild<QDialog*>(QStringLiteral("objectiveDialog"));
        dialog->findChild<QPushButton*>(QStringLiteral("objectiveSave"))->click();
        QTRY_COMPARE_WITH_TIMEOUT(label(*dialog, "objectiveProblem"), QStringLiteral("there is one already"),
                                  kPatienceMs);
        QVERIFY(dialog->isVisible());
        m_refuse = false;
    }

    void makesAnAlarmOnABurnRate()
    {
        *m_health.add_objectives() = objective();
        const auto tab = openHealth();
        QTRY_VERIFY_WITH_TIMEOUT(tab->findChild<ui::ObjectiveCard*>(), kPatienceMs);
        QSignalSpy opened(tab.get(), &ui::FunctionTab::openRequested);
        tab->findChild<QPushButton*>(QStringLiteral("alarmOnObjective"))->click();
        auto* dialog = tab->findChild<QDialog*>(QStringLiteral("burnAlarmDialog"));
        QVERIFY(dialog);
        dialog->findChild<QDoubleSpinBox*>(QStringLiteral("burnAlarmRate"))->setValue(7.2);
        // 7.2 over an hour of 30 days.
        QVERIFY(label(*dialog, "burnAlarmMeaning").contains(QStringLiteral("1 % of the whole budget")));
        picture(*dialog, "burn-alarm");
        dialog->findChild<QPushButton*>(QStringLiteral("burnAlarmSave"))->click();
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, kPatienceMs);
        QCOMPARE(opened.first().first().toString(),
                 QStringLiteral("alarms/shop availability burn rate over 1 h"));
        aws::cloudwatch::PutMetricAlarmInput alarm;
        QVERIFY(alarm.ParseFromString(last("PutMetricAlarm")));
        QCOMPARE(alarm.metric_name(), std::string("BurnRate"));
        QCOMPARE(alarm.threshold(), 7.2);
        QCOMPARE(alarm.dimensions(0).value(), std::string("60"));
    }

private:
    std::unique_ptr<ui::Page> openFindings()
    {
        ui::Services services;
        services.channel = m_channel.get();
        std::unique_ptr<ui::Page> page(ui::makeFindingsPage(services, nullptr));
        page->resize(1400, 820);
        static_cast<QWidget*>(page.get())->show();
        page->activated();
        return page;
    }

    std::unique_ptr<ui::HealthTab> openHealth()
    {
        m_platformApi = std::make_unique<rpc::PlatformApi>(*m_channel);
        m_functionsApi = std::make_unique<rpc::FunctionsApi>(*m_channel);
        m_monitorApi = std::make_unique<rpc::MonitorApi>(*m_channel);
        m_live = std::make_unique<models::LiveMetrics>(*m_channel, *m_monitorApi);
        m_functions = std::make_unique<models::FunctionsModel>(*m_channel, *m_monitorApi, m_live.get());
        m_session = std::make_unique<models::FunctionSession>(*m_functionsApi, *m_platformApi, *m_functions);
        ui::Services services;
        services.channel = m_channel.get();
        services.monitorApi = m_monitorApi.get();
        services.liveMetrics = m_live.get();
        auto tab = std::make_unique<ui::HealthTab>(services, *m_session);
        tab->resize(1400, 820);
        tab->show();
        m_session->open(QStringLiteral("shop"));
        tab->activated();
        return tab;
    }

    void fillFindings()
    {
        const std::lock_guard lock(m_mutex);
        *m_found.add_findings() = finding("throttle-risk", "shop", v1::FINDING_SEVERITY_HIGH);
        *m_found.add_findings() = finding("oversized-memory", "mail", v1::FINDING_SEVERITY_LOW);
    }

    static QString label(const QWidget& parent, const char* name)
    {
        const auto* label = parent.findChild<QLabel*>(QLatin1String(name));
        return label ? label->text() : QString();
    }

    static void choose(const QWidget& parent, const char* name, const char* text)
    {
        auto* box = parent.findChild<QComboBox*>(QLatin1String(name));
        box->setCurrentIndex(box->findText(QLatin1String(text)));
    }

    // The request of the last call of that method.
    std::string last(const std::string& method)
    {
        const std::lock_guard lock(m_mutex);
        return m_asked[method];
    }

    void on(const std::string& service, const char* method,
            std::function<std::string(const std::string&)> answer)
    {
        m_server->on(service + method, [this, method, answer](const std::string& request) {
            const std::lock_guard lock(m_mutex);
            m_asked[method] = request;
            test::Reply reply;
            if (m_refuse && std::string_view(method).starts_with("Create")) {
                reply.status = grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "there is one already");
                reply.errorName = "ConflictException";
            } else {
                reply.messages.push_back(answer(request));
            }
            return reply;
        });
    }

    void setDismissed(const std::string& id, bool dismissed)
    {
        for (v1::HealthFinding& each : *m_found.mutable_findings()) {
            if (each.id() == id)
                each.set_dismissed(dismissed);
        }
    }

    void serve()
    {
        on(kFindings, "ListHealthFindings", [this](const std::string&) {
            m_found.set_evaluated_ms(kNow);
            if (m_found.rules().empty()) {
                for (const char* id : {"oversized-memory", "throttle-risk"}) {
                    auto& rule = *m_found.add_rules();
                    rule.set_id(id);
                    rule.set_title(id);
                    rule.set_threshold("None of 50 or more invocations used more than 40 % of the memory.");
                }
            }
            return m_found.SerializeAsString();
        });
        on(kFindings, "DismissHealthFinding", [this](const std::string& bytes) {
            v1::DismissHealthFindingRequest request;
            request.ParseFromString(bytes);
            setDismissed(request.id(), true);
            return v1::HealthFinding().SerializeAsString();
        });
        on(kFindings, "RestoreHealthFinding", [this](const std::string& bytes) {
            v1::RestoreHealthFindingRequest request;
            request.ParseFromString(bytes);
            setDismissed(request.id(), false);
            return v1::HealthFinding().SerializeAsString();
        });
        on("/gantry.v1.Objectives/", "GetObjectiveHealth",
           [this](const std::string&) { return m_health.SerializeAsString(); });
        on(kSignals, "CreateServiceLevelObjective", [](const std::string&) { return std::string(); });
        on(kSignals, "DeleteServiceLevelObjective", [this](const std::string&) {
            m_health.Clear();
            return std::string();
        });
        on("/gantry.aws.cloudwatch.CloudWatch/", "PutMetricAlarm",
           [](const std::string&) { return std::string(); });
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<test::GrpcServer> m_server;
    std::unique_ptr<rpc::Channel> m_channel;
    std::unique_ptr<rpc::PlatformApi> m_platformApi;
    std::unique_ptr<rpc::FunctionsApi> m_functionsApi;
    std::unique_ptr<rpc::MonitorApi> m_monitorApi;
    std::unique_ptr<models::LiveMetrics> m_live;
    std::unique_ptr<models::FunctionsModel> m_functions;
    std::unique_ptr<models::FunctionSession> m_session;
    std::mutex m_mutex; // of what follows
    v1::ListHealthFindingsResponse m_found;
    v1::GetObjectiveHealthResponse m_health;
    std::map<std::string, std::string> m_asked;
    std::atomic<bool> m_refuse = false;
};

QTEST_MAIN(FindingsHealthTest)
#include "findings_health_test.moc"
