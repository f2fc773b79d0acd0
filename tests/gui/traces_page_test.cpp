// The traces page against a server that the test plays.
#include "aws/xray.pb.h"
#include "gantry/v1/monitor.pb.h"
#include "tests/support/control_checker.h"
#include "tests/support/grpc_server.h"
#include "ui/pages/page.h"
#include "ui/pages/traces/service_map.h"
#include "ui/pages/traces/trace_waterfall.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QGraphicsItem>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <mutex>

namespace gantry::ui {
Page* makeTracesPage(const Services& services, QWidget* parent);
}

using namespace gantry;
namespace pb = gantry::aws::xray;

namespace {

constexpr const char* kXRay = "/gantry.aws.xray.XRay/";
constexpr int kPatienceMs = 60'000;
constexpr double kStart = 1'795'000'000;

std::string traceId(int n)
{
    return "1-5759e988-" + QByteArray::number(n).rightJustified(24, '0').toStdString();
}

pb::TraceSummary summary(int n, bool fault)
{
    pb::TraceSummary made;
    made.set_id(traceId(n));
    made.mutable_start_time()->set_seconds(static_cast<std::int64_t>(kStart) - n);
    made.set_duration(0.25 + n);
    made.set_has_fault(fault);
    made.mutable_entry_point()->set_name("checkout");
    for (const char* name : {"checkout", "checkout", "mailer"})
        made.add_service_ids()->set_name(name);
    made.mutable_http()->set_http_status(fault ? 502 : 200);
    return made;
}

pb::Trace trace(const std::string& id)
{
    pb::Trace made;
    made.set_id(id);
    const auto add = [&](const char* segment, const QString& more, double from, double to) {
        const QString head = QString::fromUtf8(R"({"trace_id":"%1","id":"%2","start_time":%3,"end_time":%4,%5})")
                                 .arg(QString::fromStdString(id), QLatin1String(segment))
                                 .arg(kStart + from, 0, 'f', 4)
                                 .arg(kStart + to, 0, 'f', 4)
                                 .arg(more);
        made.add_segments()->set_document(head.toStdString());
    };
    add("a", QString::fromUtf8(R"("name":"checkout","origin":"AWS::Lambda")"), 0, 0.4);
    add("b",
        QString::fromUtf8(
            R"("name":"checkout","origin":"AWS::Lambda::Function","parent_id":"a","fault":true,)"
            R"("aws":{"function_arn":"arn:aws:lambda:us-east-1:000000000000:function:checkout"},)"
            R"("cause":{"exceptions":[{"message":"no stock"}]},"subsegments":[)"
            R"({"id":"c","name":"Initialization","start_time":%1,"end_time":%2},)"
            R"({"id":"d","name":"Invocation","start_time":%2,"end_time":%3,"fault":true}])")
            .arg(kStart + 0.02, 0, 'f', 4)
            .arg(kStart + 0.15, 0, 'f', 4)
            .arg(kStart + 0.39, 0, 'f', 4),
        0.02, 0.39);
    add("e",
        QString::fromUtf8(
            R"("name":"DynamoDB","namespace":"aws","type":"subsegment","parent_id":"d")"),
        0.18, 0.25);
    add("f", QString::fromUtf8(R"("name":"mailer","origin":"AWS::Lambda","parent_id":"d")"), 0.26, 0.36);
    return made;
}

pb::Service service(int id, const char* name, const char* type, std::initializer_list<int> calls)
{
    pb::Service made;
    made.set_reference_id(id);
    made.set_name(name);
    made.set_type(type);
    auto& counts = *made.mutable_summary_statistics();
    counts.set_ok_count(90);
    counts.mutable_fault_statistics()->set_total_count(10);
    counts.set_total_response_time(12);
    for (const int to : calls) {
        pb::Edge& edge = *made.add_edges();
        edge.set_reference_id(to);
        edge.mutable_summary_statistics()->set_ok_count(80);
        edge.mutable_summary_statistics()->set_total_response_time(4);
    }
    return made;
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

class TracesPageTest : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { widgets::Theme::current().install(*qApp); }

    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        const QString path = m_directory->filePath(QStringLiteral("s"));
        m_server = std::make_unique<test::GrpcServer>(path.toStdString());
        m_asked.clear();
        m_list = pb::GetTraceSummariesResult();
        m_graph = pb::GetServiceGraphResult();
        serve();
        QVERIFY(m_server->start());
        m_channel = std::make_unique<rpc::Channel>();
        m_channel->open(path);
        QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), kPatienceMs);
        ui::Services services;
        services.channel = m_channel.get();
        m_page.reset(ui::makeTracesPage(services, nullptr));
        m_page->resize(1500, 820);
        static_cast<QWidget*>(m_page.get())->show();
    }

    void cleanup()
    {
        m_page.reset();
        m_channel.reset();
        m_server.reset();
    }

    void saysThatThereIsNothing()
    {
        m_page->activated();
        QTRY_VERIFY_WITH_TIMEOUT(!asked().empty(), kPatienceMs);
        QVERIFY(find<QPushButton>("tracesToFunctions")->isVisible());
        QSignalSpy opened(m_page.get(), &ui::Page::openRequested);
        find<QPushButton>("tracesToFunctions")->click();
        QCOMPARE(opened.first().first().toString(), QStringLiteral("functions"));
        picture(*m_page, "traces-empty");
    }

    void listsAndOpensATrace()
    {
        fillList(40);
        m_page->activated();
        auto* table = find<QTableView>("tracesTable");
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 40, kPatienceMs);
        QSignalSpy routes(m_page.get(), &ui::Page::routeChanged);
        table->selectRow(1);
        auto* waterfall = find<ui::TraceWaterfall>("traceWaterfall");
        QTRY_COMPARE_WITH_TIMEOUT(waterfall->timeline().spans.size(), 6, kPatienceMs);
        QCOMPARE(routes.last().first().toString(), QString::fromStdString(traceId(2)));
        QCOMPARE(waterfall->current(), 0);
        // By keyboard and by mouse; the document follows.
        QTest::keyClick(waterfall, Qt::Key_Down);
        auto* document = m_page->findChild<widgets::JsonView*>();
        QVERIFY(document->text().contains(QStringLiteral("no stock")));
        QVERIFY(find<QPushButton>("openTracedFunction")->isVisible());
        QTest::mouseClick(waterfall->viewport(), Qt::LeftButton, {}, waterfall->barOf(4).center().toPoint());
        QCOMPARE(waterfall->current(), 4);
        QVERIFY(document->text().contains(QStringLiteral("DynamoDB")));
        QVERIFY(!find<QPushButton>("openTracedFunction")->isVisible());
        // A bar is where its time is.
        QVERIFY(waterfall->barOf(4).left() > waterfall->barOf(1).left());
        QVERIFY(waterfall->barOf(4).right() < waterfall->barOf(3).right());
        QCOMPARE(test::controlProblems(*m_page).join(QStringLiteral("; ")), QString());
        picture(*m_page, "traces");
        QTest::keyClick(waterfall, Qt::Key_Home);
        QTest::keyClick(waterfall, Qt::Key_Down);
        QSignalSpy opened(m_page.get(), &ui::Page::openRequested);
        find<QPushButton>("openTracedFunction")->click();
        QCOMPARE(opened.first().first().toString(), QStringLiteral("functions/checkout/monitor"));
    }

    void aSelectionSurvivesNewTraces()
    {
        fillList(3);
        m_page->activated();
        auto* table = find<QTableView>("tracesTable");
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 3, kPatienceMs);
        table->selectRow(2);
        {
            const std::lock_guard lock(m_mutex);
            m_list.Clear();
            for (const int n : {8, 7, 3})
                *m_list.add_trace_summaries() = summary(n, false);
        }
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->index(0, 6).data().toString(),
                                  QString::fromStdString(traceId(8)), kPatienceMs);
        QCOMPARE(table->currentIndex().row(), 2);
        QCOMPARE(find<QLabel>("traceTitle")->text(), QString::fromStdString(traceId(3)));
    }

    void filtersAreTheServers()
    {
        fillList(1);
        m_page->activated();
        QTRY_COMPARE_WITH_TIMEOUT(find<QTableView>("tracesTable")->model()->rowCount(), 1, kPatienceMs);
        auto* outcome = find<QComboBox>("tracesOutcome");
        outcome->setCurrentIndex(outcome->findText(QStringLiteral("Faults")));
        QTRY_COMPARE_WITH_TIMEOUT(lastFilter(), std::string("fault"), kPatienceMs);
        auto* field = find<QLineEdit>("tracesFilter");
        field->setText(QStringLiteral("duration > 2 OR error"));
        QTest::keyClick(field, Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(lastFilter(), std::string("fault AND (duration > 2 OR error)"),
                                  kPatienceMs);
        m_refuse = true;
        QTest::keyClick(field, Qt::Key_Return);
        auto* problem = find<QLabel>("tracesProblem");
        QTRY_VERIFY_WITH_TIMEOUT(problem->isVisible(), kPatienceMs);
        QCOMPARE(problem->text(), QStringLiteral("expected a number"));
        picture(*m_page, "traces-problem");
        m_refuse = false;
        field->clear();
        QTRY_VERIFY_WITH_TIMEOUT(!problem->isVisible(), kPatienceMs);
    }

    void aRouteOpensATrace()
    {
        m_page->activated();
        m_page->show(QString::fromStdString(traceId(7)));
        auto* waterfall = find<ui::TraceWaterfall>("traceWaterfall");
        QTRY_COMPARE_WITH_TIMEOUT(waterfall->timeline().spans.size(), 6, kPatienceMs);
        m_page->show(QStringLiteral("invocation/traced"));
        QTRY_COMPARE_WITH_TIMEOUT(find<QLabel>("traceTitle")->text(),
                                  QString::fromStdString(traceId(9)), kPatienceMs);
        QSignalSpy said(m_page.get(), &ui::Page::messageRequested);
        m_page->show(QStringLiteral("invocation/quiet"));
        QTRY_COMPARE_WITH_TIMEOUT(said.count(), 1, kPatienceMs);
        QVERIFY(said.first().first().toString().contains(QStringLiteral("not sampled")));
        m_gone = true;
        m_page->show(QString::fromStdString(traceId(8)));
        QTRY_VERIFY_WITH_TIMEOUT(
            find<QLabel>("traceFacts")->text().startsWith(QStringLiteral("There is no such trace")),
            kPatienceMs);
        m_gone = false;
    }

    void theMapMovesWithTheTraffic()
    {
        fillGraph();
        m_page->activated();
        m_page->show(QStringLiteral("map"));
        auto* map = find<ui::ServiceMap>("serviceMap");
        // Six services, four calls and how long each takes.
        QTRY_VERIFY_WITH_TIMEOUT(map->isVisible() && map->scene()->items().size() == 14, kPatienceMs);
        for (const QGraphicsItem* item : map->scene()->items()) {
            for (const QGraphicsItem* other : item->collidingItems(Qt::IntersectsItemBoundingRect))
                QVERIFY(item->zValue() != other->zValue() || item->zValue() == 0); // curves may cross
        }
        QTRY_VERIFY_WITH_TIMEOUT(map->rateBetween(QStringLiteral("checkout"), QStringLiteral("mailer")) > 0,
                                 kPatienceMs);
        QVERIFY(map->isMoving());
        QTest::qWait(1'500);
        QCOMPARE(test::controlProblems(*m_page).join(QStringLiteral("; ")), QString());
        picture(*m_page, "service-map");
        m_page->deactivated();
        QVERIFY(!map->isMoving());
        m_page->activated();
        QVERIFY(map->isMoving());
        {
            const std::lock_guard lock(m_mutex);
            m_quiet = true;
        }
        QTRY_VERIFY_WITH_TIMEOUT(!map->isMoving(), kPatienceMs);
        Q_EMIT map->serviceActivated(QStringLiteral("a \"b\""), QStringLiteral("AWS::Lambda"));
        QCOMPARE(find<QTabWidget>("tracesTabs")->currentIndex(), 0);
        QTRY_COMPARE_WITH_TIMEOUT(lastFilter(),
                                  std::string("service(id(name: \"a \\\"b\\\"\", type: \"AWS::Lambda\"))"),
                                  kPatienceMs);
    }

private:
    template <class T> T* find(const char* name) const
    {
        auto* found = m_page->findChild<T*>(QLatin1String(name));
        if (!found)
            qFatal("no %s", name);
        return found;
    }

    void fillList(int count)
    {
        const std::lock_guard lock(m_mutex);
        for (int n = 1; n <= count; ++n)
            *m_list.add_trace_summaries() = summary(n, n % 5 == 2);
    }

    void fillGraph()
    {
        const std::lock_guard lock(m_mutex);
        *m_graph.add_services() = service(0, "checkout", "client", {1});
        *m_graph.add_services() = service(1, "checkout", "AWS::Lambda", {2});
        *m_graph.add_services() = service(2, "checkout", "AWS::Lambda::Function", {3, 4});
        *m_graph.add_services() = service(3, "mailer", "AWS::Lambda", {});
        *m_graph.add_services() = service(4, "DynamoDB", "AWS::DynamoDB", {});
        m_graph.mutable_services(0)->clear_summary_statistics();
        *m_graph.add_services() = service(5, "cron", "AWS::Lambda", {});
    }

    void serve()
    {
        m_server->on(std::string(kXRay) + "GetTraceSummaries", [this](const std::string& bytes) {
            const std::lock_guard lock(m_mutex);
            pb::GetTraceSummariesRequest request;
            request.ParseFromString(bytes);
            m_asked.push_back(request);
            test::Reply reply;
            if (m_refuse) {
                reply.status = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "expected a number");
                reply.errorName = "InvalidRequestException";
            } else {
                reply.messages = {m_list.SerializeAsString()};
            }
            return reply;
        });
        m_server->on(std::string(kXRay) + "BatchGetTraces", [this](const std::string& bytes) {
            pb::BatchGetTracesRequest request;
            request.ParseFromString(bytes);
            pb::BatchGetTracesResult result;
            if (!m_gone)
                *result.add_traces() = trace(request.trace_ids(0));
            test::Reply reply;
            reply.messages = {result.SerializeAsString()};
            return reply;
        });
        m_server->on("/gantry.v1.Monitor/GetInvocation", [](const std::string& bytes) {
            v1::GetInvocationRequest request;
            request.ParseFromString(bytes);
            v1::InvocationDetail detail;
            if (request.request_id() == "traced")
                detail.mutable_summary()->set_trace_id(traceId(9));
            test::Reply reply;
            reply.messages = {detail.SerializeAsString()};
            return reply;
        });
        m_server->on(std::string(kXRay) + "GetServiceGraph", [this](const std::string& bytes) {
            const std::lock_guard lock(m_mutex);
            pb::GetServiceGraphRequest request;
            request.ParseFromString(bytes);
            const bool recent =
                request.end_time().seconds() - request.start_time().seconds() < 60;
            test::Reply reply;
            reply.messages = {recent && m_quiet ? pb::GetServiceGraphResult().SerializeAsString()
                                                : m_graph.SerializeAsString()};
            return reply;
        });
    }

    std::vector<pb::GetTraceSummariesRequest> asked()
    {
        const std::lock_guard lock(m_mutex);
        return m_asked;
    }
    std::string lastFilter()
    {
        const auto all = asked();
        return all.empty() ? std::string() : all.back().filter_expression();
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<test::GrpcServer> m_server;
    std::unique_ptr<rpc::Channel> m_channel;
    std::unique_ptr<ui::Page> m_page;
    std::mutex m_mutex;
    std::vector<pb::GetTraceSummariesRequest> m_asked;
    pb::GetTraceSummariesResult m_list;
    pb::GetServiceGraphResult m_graph;
    std::atomic<bool> m_refuse = false;
    std::atomic<bool> m_gone = false;
    bool m_quiet = false;
};

QTEST_MAIN(TracesPageTest)
#include "traces_page_test.moc"
