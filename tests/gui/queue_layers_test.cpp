// The event queue and the library of layers, against a server that the test plays.
#include "aws/lambda.pb.h"
#include "gantry/v1/queue.pb.h"
#include "tests/support/control_checker.h"
#include "tests/support/grpc_server.h"
#include "ui/models/event_queue_model.h"
#include "ui/pages/functions/layers_card.h"
#include "ui/pages/layers/publish_layer_form.h"
#include "ui/pages/page.h"
#include "ui/pages/queue/queued_event_view.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/theme.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <mutex>

namespace gantry::ui {
Page* makeQueuePage(const Services& services, QWidget* parent);
Page* makeLayersPage(const Services& services, QWidget* parent);
} // namespace gantry::ui

using namespace gantry;
namespace pb = gantry::aws::lambda;

namespace {

constexpr const char* kQueue = "/gantry.v1.Queue/";
constexpr const char* kLambda = "/gantry.aws.lambda.Lambda/";

v1::QueuedEvent queued(std::int64_t id, v1::QueuedEventState state, const char* function)
{
    v1::QueuedEvent event;
    event.set_id(id);
    event.set_state(state);
    event.set_request_id("request-" + std::to_string(id));
    event.set_function_name(function);
    event.set_payload_bytes(11);
    event.set_accepted_ms(1'700'000'000'000);
    event.set_due_ms(1'700'000'060'000);
    if (state == v1::QUEUED_EVENT_DEAD) {
        event.set_condition("RetriesExhausted");
        event.set_error_type("ValueError");
        event.set_error_message("no such order");
        event.set_attempts(3);
        event.set_died_ms(1'700'000'200'000);
    }
    return event;
}

void picture(QWidget& widget, const char* name)
{
    const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
    if (directory.isEmpty())
        return;
    widgets::Theme& theme = widgets::Theme::current();
    for (const bool dark : {false, true}) {
        theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
        QTest::qWait(100);
        widget.grab().save(QStringLiteral("%1/%2-%3.png")
                               .arg(directory, QLatin1String(name), dark ? "dark" : "light"));
    }
    theme.setMode(widgets::Theme::Mode::Light);
}

} // namespace

class QueueLayersTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { widgets::Theme::current().install(*qApp); }

    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        const QString path = m_directory->filePath(QStringLiteral("s"));
        m_server = std::make_unique<test::GrpcServer>(path.toStdString());
        const std::lock_guard lock(m_mutex);
        m_asked.clear();
        QVERIFY(m_server->start());
        m_channel = std::make_unique<rpc::Channel>();
        m_channel->open(path);
        QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), 60'000);
    }

    void cleanup()
    {
        m_page.reset();
        m_channel.reset();
        m_server.reset();
    }

    void modelFollowsTheFrames()
    {
        models::EventQueueModel model;
        QAbstractItemModelTester tester(&model);
        const auto row = [](qint64 id, int attempts = 0) {
            rpc::QueuedEvent event;
            event.id = id;
            event.attempts = attempts;
            return event;
        };
        model.take({row(1), row(2), row(3)});
        model.take({row(2, 1), row(4), row(5)});
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.at(0).attempts, 1);
        QCOMPARE(model.rowOf(5), 2);
        QCOMPARE(model.rowOf(1), -1);
        model.take({row(9), row(3)});
        QCOMPARE(model.rowOf(3), 0);
        model.take({});
        QCOMPARE(model.rowCount(), 0);
    }

    void showsAndReplaysEvents()
    {
        v1::QueueFrame frame;
        frame.set_waiting(1);
        frame.set_retrying(1);
        frame.set_dead(2);
        *frame.add_events() = queued(1, v1::QUEUED_EVENT_WAITING, "checkout");
        *frame.add_events() = queued(2, v1::QUEUED_EVENT_RETRYING, "mailer");
        *frame.add_events() = queued(3, v1::QUEUED_EVENT_DEAD, "checkout");
        *frame.add_events() = queued(4, v1::QUEUED_EVENT_DEAD, "mailer");
        serve(kQueue, "WatchQueue", frame, true);
        v1::QueuedEventDetail detail;
        detail.set_payload("{\"order\":7}");
        serve(kQueue, "GetQueuedEvent", detail);
        v1::QueueActionResponse done;
        done.set_events(1);
        serve(kQueue, "ReplayQueuedEvents", done);
        serve(kQueue, "PurgeQueuedEvents", done);
        open(ui::makeQueuePage(services(), nullptr));
        auto* table = find<QTableView>("queueTable");
        QTRY_COMPARE(table->model()->rowCount(), 4);
        QVERIFY(!find<QPushButton>("replayEvents")->isEnabled());
        find<QPushButton>("queueState3")->click();
        QCOMPARE(table->model()->rowCount(), 2);
        find<QLineEdit>("queueSearch")->setText(QStringLiteral("checkout"));
        QCOMPARE(table->model()->rowCount(), 1);
        table->selectRow(0);
        auto* payload = m_page->findChild<ui::QueuedEventView*>()->findChild<widgets::JsonView*>();
        QVERIFY(payload);
        QTRY_VERIFY(payload->text().contains(QStringLiteral("\"order\": 7")));
        QCOMPARE(find<QLabel>("queuedProblem")->text(), QStringLiteral("ValueError: no such order"));
        QCOMPARE(test::controlProblems(*m_page).join(QStringLiteral("; ")), QString());
        picture(*m_page, "queue");
        QSignalSpy said(m_page.get(), &ui::Page::messageRequested);
        find<QPushButton>("replayEvents")->click();
        QTRY_COMPARE(said.count(), 1);
        v1::ReplayQueuedEventsRequest replayed;
        QVERIFY(replayed.ParseFromString(asked("ReplayQueuedEvents")));
        QCOMPARE(replayed.ids_size(), 1);
        QCOMPARE(replayed.ids(0), 3);
        find<QPushButton>("purgeEvents")->click();
        auto* box = m_page->findChild<QMessageBox*>();
        QVERIFY(box);
        QVERIFY(asked("PurgeQueuedEvents").empty());
        box->buttons().last()->click();
        QTRY_VERIFY(!asked("PurgeQueuedEvents").empty());
    }

    void saysThatNothingWaits()
    {
        serve(kQueue, "WatchQueue", v1::QueueFrame(), true);
        open(ui::makeQueuePage(services(), nullptr));
        QTest::qWait(50);
        QVERIFY(!find<QTableView>("queueTable")->isVisible());
        picture(*m_page, "queue-empty");
    }

    void publishesALayer()
    {
        pb::ListLayersResponse layers;
        serve(kLambda, "ListLayers", layers);
        pb::PublishLayerVersionResponse published;
        published.set_layer_version_arn("arn:aws:lambda:us-east-1:000000000000:layer:tools:1");
        published.set_version(1);
        serve(kLambda, "PublishLayerVersion", published);
        open(ui::makeLayersPage(services(), nullptr));
        picture(*m_page, "layers-empty");
        find<QPushButton>("firstLayer")->click();
        auto* form = m_page->findChild<ui::PublishLayerForm*>();
        QVERIFY(form->isVisible());
        auto* publish = find<QPushButton>("publishLayer");
        QVERIFY(!publish->isEnabled());
        find<QLineEdit>("layerName")->setText(QStringLiteral("tools"));
        find<QLineEdit>("layerRuntimes")->setText(QStringLiteral("python3.12, python3.13"));
        QDir(m_directory->path()).mkpath(QStringLiteral("content/bin"));
        QFile file(m_directory->filePath(QStringLiteral("content/bin/tool")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\n");
        file.close();
        form->setPath(m_directory->filePath(QStringLiteral("content")));
        picture(*m_page, "layers-form");
        QCOMPARE(test::controlProblems(*m_page).join(QStringLiteral("; ")), QString());
        QVERIFY(publish->isEnabled());
        publish->click();
        QTRY_VERIFY_WITH_TIMEOUT(!asked("PublishLayerVersion").empty(), 30'000);
        pb::PublishLayerVersionRequest request;
        QVERIFY(request.ParseFromString(asked("PublishLayerVersion")));
        QCOMPARE(request.layer_name(), std::string("tools"));
        QCOMPARE(request.compatible_runtimes_size(), 2);
        QVERIFY(request.content().zip_file().starts_with("PK"));
        QTRY_VERIFY(!form->isVisible());
    }

    void showsVersionsAndDeletesOne()
    {
        serveLayers();
        serve(kLambda, "DeleteLayerVersion", pb::ListLayersResponse());
        open(ui::makeLayersPage(services(), nullptr));
        auto* versions = find<QTableView>("layerVersionTable");
        QTRY_COMPARE(versions->model()->rowCount(), 2);
        QTRY_VERIFY(find<QPushButton>("deleteLayerVersion")->isEnabled());
        picture(*m_page, "layers");
        find<QPushButton>("deleteLayerVersion")->click();
        auto* box = m_page->findChild<QMessageBox*>();
        QVERIFY(box && box->text().contains(QStringLiteral("version 2 of tools")));
        box->buttons().last()->click();
        QTRY_VERIFY(!asked("DeleteLayerVersion").empty());
    }

    void editsTheLayersOfAFunction()
    {
        serveLayers();
        serve(kLambda, "UpdateFunctionConfiguration", pb::FunctionConfiguration());
        ui::LayersCard card(*m_channel);
        card.resize(900, 400);
        card.show();
        const QString arn = QStringLiteral("arn:aws:lambda:us-east-1:000000000000:layer:other:4");
        card.open(QStringLiteral("fn"), QStringLiteral("python3.12"), {arn}, QStringLiteral("rev"));
        card.loadLibrary();
        auto* add = card.findChild<QPushButton*>(QStringLiteral("addLayer"));
        QTRY_VERIFY(add->isEnabled());
        add->click();
        auto* list = card.findChild<QListWidget*>(QStringLiteral("functionLayers"));
        QCOMPARE(list->count(), 2);
        list->setCurrentRow(1);
        card.findChild<QPushButton*>(QStringLiteral("layerUp"))->click();
        QVERIFY(list->item(0)->text().startsWith(QStringLiteral("tools")));
        picture(card, "layers-card");
        auto* save = card.findChild<QPushButton*>(QStringLiteral("saveLayers"));
        save->click();
        pb::UpdateFunctionConfigurationRequest request;
        QTRY_VERIFY(!asked("UpdateFunctionConfiguration").empty());
        QVERIFY(request.ParseFromString(asked("UpdateFunctionConfiguration")));
        QCOMPARE(request.layers_size(), 2);
        QCOMPARE(request.layers(1), arn.toStdString());
        QCOMPARE(request.revision_id(), std::string("rev"));
    }

private:
    template <class Message>
    void serve(const std::string& service, const std::string& method, const Message& message,
               bool stayOpen = false)
    {
        m_server->on(service + method,
                     [this, method, bytes = message.SerializeAsString(), stayOpen](const std::string& request) {
                         const std::lock_guard lock(m_mutex);
                         m_asked[method] = request.empty() ? " " : request;
                         return test::Reply{{bytes}, grpc::Status::OK, {}, stayOpen};
                     });
    }

    void serveLayers()
    {
        pb::LayerVersionsListItem second;
        second.set_layer_version_arn("arn:aws:lambda:us-east-1:000000000000:layer:tools:2");
        second.set_version(2);
        second.set_description("with jq");
        second.set_created_date("2026-11-25T10:00:00.000+0000");
        pb::LayerVersionsListItem first = second;
        first.set_layer_version_arn("arn:aws:lambda:us-east-1:000000000000:layer:tools:1");
        first.set_version(1);
        first.add_compatible_runtimes("nodejs22.x");
        pb::ListLayersResponse layers;
        layers.add_layers()->set_layer_name("tools");
        *layers.mutable_layers(0)->mutable_latest_matching_version() = second;
        serve(kLambda, "ListLayers", layers);
        pb::ListLayerVersionsResponse versions;
        *versions.add_layer_versions() = second;
        *versions.add_layer_versions() = first;
        serve(kLambda, "ListLayerVersions", versions);
    }

    std::string asked(const std::string& method)
    {
        const std::lock_guard lock(m_mutex);
        return m_asked[method];
    }

    ui::Services services()
    {
        ui::Services services;
        services.channel = m_channel.get();
        return services;
    }

    void open(ui::Page* page)
    {
        m_page.reset(page);
        m_page->resize(1300, 800);
        m_page->QWidget::show();
        m_page->activated();
    }

    template <class T> T* find(const char* name) const
    {
        return m_page->findChild<T*>(QLatin1String(name));
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<test::GrpcServer> m_server;
    std::unique_ptr<rpc::Channel> m_channel;
    std::unique_ptr<ui::Page> m_page;
    std::mutex m_mutex;
    std::map<std::string, std::string> m_asked; // bytes of the last request, by method
};

QTEST_MAIN(QueueLayersTest)
#include "queue_layers_test.moc"
