// The Functions pages against a platform behind a real socket: what one sees, types and gets.
// With GANTRY_SCREENSHOTS=DIR every page is also saved there, light and dark.
#include "tests/support/fake_functions.h"

#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/functions/functions_page.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/rpc/platform_api.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSet>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <Qsci/qsciscintilla.h>

using namespace gantry;

namespace {

constexpr int kWaitMs = 20'000;

// The page as the program puts it together, in a window of the usual size.
struct Console {
    QTemporaryDir directory;
    test::GrpcServer server{directory.filePath("grpc.sock").toStdString()};
    test::FakeFunctions platform{server};
    rpc::Channel channel;
    rpc::FunctionsApi functionsApi{channel};
    rpc::MonitorApi monitorApi{channel};
    rpc::PlatformApi platformApi{channel};
    models::LiveMetrics metrics{channel, monitorApi};
    models::FunctionsModel model{channel, monitorApi, &metrics};
    std::unique_ptr<ui::FunctionsPage> page;

    void start()
    {
        QVERIFY(server.start());
        channel.open(directory.filePath("grpc.sock"));
        ui::Services services;
        services.channel = &channel;
        services.functionsApi = &functionsApi;
        services.monitorApi = &monitorApi;
        services.platformApi = &platformApi;
        services.functions = &model;
        services.liveMetrics = &metrics;
        page = std::make_unique<ui::FunctionsPage>(services, nullptr);
        page->resize(1360, 900);
        page->QWidget::show();
        page->activated();
        page->activateWindow();
        QVERIFY(QTest::qWaitForWindowExposed(page.get()));
    }
    void startWith(const QStringList& names)
    {
        for (const QString& name : names)
            platform.add(name.toStdString());
        start();
        QTRY_VERIFY_WITH_TIMEOUT(model.rowCount() >= names.size(), kWaitMs);
    }
    template <class Widget = QWidget> Widget* find(const char* name) const
    {
        auto* widget = page->findChild<Widget*>(name);
        if (!widget)
            qFatal("no %s", name);
        return widget;
    }
    QString label(const char* name) const { return find<QLabel>(name)->text(); }
    void click(const char* name) const { QTest::mouseClick(find(name), Qt::LeftButton); }

    // For people to look at; no part of the checks.
    void save(const QString& name) const
    {
        const QString target = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        if (target.isEmpty())
            return;
        auto& theme = widgets::Theme::current();
        for (const bool dark : {false, true}) {
            theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
            QTest::qWait(150);
            page->grab().save(target + "/functions-" + name + (dark ? "-dark.png" : "-light.png"));
        }
        theme.setMode(widgets::Theme::Mode::Light);
    }
};

} // namespace

class FunctionsTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void welcome();
    void disconnected();
    void detailOpensBeforeThePlatform();
    void listFiltersAndOpens();
    void deleteNamesWhatGoes();
    void invokeShowsTheAnswer();
    void invokeShowsErrors();
    void eventErrorIsNamed();
    void replay();
    void configurationSaves();
    void loggingSaves();
    void runtimeManagementSaves();
    void snapStartShowsColdAndRestored();
    void configurationShowsProblems();
    void configurationChangedElsewhere();
    void versionsAndAliases();
    void loadRunsAndStops();
    void everyControlIsNamed_data();
    void everyControlIsNamed();

private:
    QTemporaryDir m_config;
};

void FunctionsTest::initTestCase()
{
    qputenv("XDG_CONFIG_HOME", m_config.path().toLocal8Bit());
    QCoreApplication::setOrganizationName("gantry-test");
    QLocale::setDefault(QLocale::c());
    widgets::Theme::current().install(*qApp);
    widgets::Theme::current().setMode(widgets::Theme::Mode::Light);
}

void FunctionsTest::welcome()
{
    Console console;
    console.start();
    QSignalSpy deploy(console.page.get(), &ui::Page::deployRequested);
    QTRY_VERIFY_WITH_TIMEOUT(console.find("welcomeNew")->isVisible(), kWaitMs);
    console.save("welcome");
    console.click("welcomeNew");
    QCOMPARE(deploy.count(), 1);
    QVERIFY(!console.find("functionTable")->isVisible());
}

void FunctionsTest::disconnected()
{
    Console console;
    console.startWith({"alpha"});
    console.server.stop();
    QTRY_VERIFY_WITH_TIMEOUT(console.channel.state() != rpc::Channel::State::Connected, kWaitMs);
    QVERIFY(console.find("functionTable")->isVisible()); // as it was
    console.save("disconnected");
    QVERIFY(console.server.start());
    QTRY_VERIFY_WITH_TIMEOUT(console.model.isCurrent(), kWaitMs);
    QCOMPARE(console.model.rowCount(), 1);
}

void FunctionsTest::detailOpensBeforeThePlatform()
{
    Console console;
    console.startWith({"alpha"});
    console.server.stop();
    QTRY_VERIFY_WITH_TIMEOUT(console.channel.state() != rpc::Channel::State::Connected, kWaitMs);
    console.page->show("alpha/configuration");
    QTRY_VERIFY_WITH_TIMEOUT(!console.label("functionFacts").contains("Reading"), kWaitMs);
    QVERIFY(!console.label("functionFacts").contains("python3.13"));
    QVERIFY(console.server.start());
    QTRY_VERIFY_WITH_TIMEOUT(console.label("functionFacts").contains("python3.13"), kWaitMs);
    QTRY_VERIFY_WITH_TIMEOUT(console.find("memory")->isEnabled(), kWaitMs);
}

void FunctionsTest::listFiltersAndOpens()
{
    Console console;
    console.platform.add("node-worker", "nodejs22.x");
    console.platform.change("node-worker", [](auto& c) { c.set_state("Failed"); });
    console.startWith({"alpha", "beta", "gamma"});
    QTRY_COMPARE_WITH_TIMEOUT(console.model.rowCount(), 4, kWaitMs);
    console.model.refreshNumbers();
    console.save("list");
    auto* table = console.find<QTableView>("functionTable");
    auto* search = console.find<QLineEdit>("functionSearch");
    console.page->setFocus();
    QTRY_VERIFY(table->hasFocus());
    QTest::keyClick(table, Qt::Key_F, Qt::ControlModifier);
    QTRY_VERIFY(search->hasFocus());
    QTest::keyClicks(search, "runtime:node");
    QCOMPARE(table->model()->rowCount(), 1);
    QCOMPARE(console.label("functionCount"), "1 of 4");
    QTest::keyClick(search, Qt::Key_Return);
    QVERIFY(table->hasFocus());
    QTest::keyClick(table, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(console.page->title(), "node-worker", kWaitMs);
    QTRY_VERIFY_WITH_TIMEOUT(console.label("functionFacts").contains("nodejs22.x"), kWaitMs);
    console.click("backToFunctions");
    QVERIFY(table->isVisible());
}

void FunctionsTest::deleteNamesWhatGoes()
{
    Console console;
    console.startWith({"alpha", "beta", "gamma"});
    auto* table = console.find<QTableView>("functionTable");
    table->selectRow(0);
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Down, Qt::ShiftModifier);
    QTest::keyClick(table, Qt::Key_Delete);
    auto* confirm = console.find("functionsConfirm");
    QTRY_VERIFY(confirm->isVisible());
    QStringList texts;
    for (QLabel* label : confirm->findChildren<QLabel*>())
        texts << label->text();
    QVERIFY(texts.join(' ').contains("alpha, beta"));
    QVERIFY(console.platform.deleted().empty());
    console.save("delete");
    for (QPushButton* button : confirm->findChildren<QPushButton*>()) {
        if (button->text().startsWith("Delete"))
            QTest::mouseClick(button, Qt::LeftButton);
    }
    QTRY_COMPARE_WITH_TIMEOUT(console.platform.deleted().size(), 2u, kWaitMs);
}

void FunctionsTest::invokeShowsTheAnswer()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/test");
    QTRY_VERIFY_WITH_TIMEOUT(console.label("functionFacts").contains("python3.13"), kWaitMs);
    console.save("test-idle");
    auto* editor = console.find<QsciScintilla>("testEvent");
    editor->setText("{\"answer\": 42}");
    editor->setFocus();
    QTest::keyClick(editor, Qt::Key_Return, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(console.label("resultStatus"), "Succeeded", kWaitMs);
    QCOMPARE(console.platform.lastEvent(), "{\"answer\": 42}");
    QVERIFY(console.find<QsciScintilla>("response")->text().contains("\"hello\": \"world\""));
    const QString measures = console.find("resultMeasures")->accessibleDescription();
    QVERIFY2(measures.contains("12.3 ms") && measures.contains("36 MB of 512 MB"),
             qPrintable(measures));
    auto* history = console.find<QTableView>("invocationTable");
    QTRY_COMPARE_WITH_TIMEOUT(history->model()->rowCount(), 1, kWaitMs);
    console.save("test-answer");
}

void FunctionsTest::invokeShowsErrors()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/test");
    console.platform.answerInvoke(
        "{\"errorType\":\"ValueError\",\"errorMessage\":\"broken\",\"stackTrace\":[]}",
        "Unhandled");
    console.click("invoke");
    QTRY_COMPARE_WITH_TIMEOUT(console.label("resultStatus"), "Function error", kWaitMs);
    QCOMPARE(console.label("resultDetail"), "ValueError: broken");
    console.save("test-error");
    console.platform.answerInvoke({}, {}, "TooManyRequestsException");
    console.click("invoke");
    QTRY_COMPARE_WITH_TIMEOUT(console.label("resultStatus"), "Throttled", kWaitMs);
}

void FunctionsTest::eventErrorIsNamed()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/test");
    auto* editor = console.find<QsciScintilla>("testEvent");
    editor->setText("{\n  \"a\": 1,\n}");
    QTRY_VERIFY_WITH_TIMEOUT(
        console.find<QPushButton>("eventError")->text().startsWith("Line 3, column 1"), kWaitMs);
    console.save("test-invalid");
    console.click("invoke");
    QCOMPARE(console.platform.lastEvent(), std::string()); // not sent
    int line = -1;
    int column = -1;
    editor->getCursorPosition(&line, &column);
    QCOMPARE(line, 2);
}

void FunctionsTest::replay()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/test");
    auto* editor = console.find<QsciScintilla>("testEvent");
    editor->setText("{\"first\": 1}");
    console.click("invoke");
    auto* history = console.find<QTableView>("invocationTable");
    QTRY_COMPARE_WITH_TIMEOUT(history->model()->rowCount(), 1, kWaitMs);
    QTRY_VERIFY_WITH_TIMEOUT(console.find("invoke")->isEnabled(), kWaitMs);
    editor->setText("{}");
    history->selectRow(0);
    console.click("replayInvocation");
    QTRY_COMPARE_WITH_TIMEOUT(history->model()->rowCount(), 2, kWaitMs);
    QCOMPARE(console.platform.lastEvent(), "{\"first\": 1}");
}

void FunctionsTest::configurationSaves()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/configuration");
    auto* memory = console.find<QSpinBox>("memory");
    QTRY_COMPARE_WITH_TIMEOUT(memory->value(), 512, kWaitMs);
    QTRY_VERIFY_WITH_TIMEOUT(memory->isEnabled(), kWaitMs);
    QVERIFY(!console.find("saveConfiguration")->isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(console.label("priceHint").contains("per million calls"), kWaitMs);
    console.save("configuration");
    memory->setValue(1769);
    QVERIFY(console.label("memoryHint").startsWith("1.00 vCPU"));
    QVERIFY(console.find("saveConfiguration")->isEnabled());
    auto* handler = console.find<QLineEdit>("handler");
    handler->setFocus();
    handler->selectAll();
    QTest::keyClicks(handler, "main.run");
    QTest::keyClick(handler, Qt::Key_S, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(console.platform.configuration("alpha").handler(), "main.run",
                              kWaitMs);
    QCOMPARE(console.platform.configuration("alpha").memory_size(), 1769);
    QTRY_VERIFY_WITH_TIMEOUT(memory->isEnabled(), kWaitMs);
    QVERIFY(!console.find("saveConfiguration")->isEnabled());
    QCOMPARE(memory->value(), 1769);
}

void FunctionsTest::loggingSaves()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/configuration");
    auto* format = console.find<QComboBox>("logFormat");
    auto* level = console.find<QComboBox>("applicationLogLevel");
    auto* group = console.find<QComboBox>("logGroup");
    QTRY_COMPARE_WITH_TIMEOUT(group->currentText(), "/aws/lambda/alpha", kWaitMs);
    QTRY_VERIFY_WITH_TIMEOUT(format->isEnabled() && group->findText("shop/orders") >= 0, kWaitMs);
    QCOMPARE(format->currentText(), "Text");
    QVERIFY(!level->isEnabled()); // levels need JSON
    QVERIFY(!console.find("saveConfiguration")->isEnabled());
    format->setCurrentIndex(1);
    QVERIFY(level->isEnabled());
    level->setCurrentText("ERROR");
    console.find<QComboBox>("systemLogLevel")->setCurrentText("WARN");
    group->setEditText("no good");
    QVERIFY(console.label("logGroupProblem").contains("512"));
    QVERIFY(!console.find("saveConfiguration")->isEnabled());
    group->setCurrentIndex(group->findText("shop/orders"));
    QVERIFY(console.find<QLabel>("logGroupProblem")->text().isEmpty());
    console.save("logging");
    console.click("saveConfiguration");
    QTRY_COMPARE_WITH_TIMEOUT(
        console.platform.configuration("alpha").logging_config().log_group(), "shop/orders",
        kWaitMs);
    const auto saved = console.platform.configuration("alpha").logging_config();
    QCOMPARE(saved.log_format(), "JSON");
    QCOMPARE(saved.application_log_level(), "ERROR");
    QCOMPARE(saved.system_log_level(), "WARN");
    QTRY_VERIFY_WITH_TIMEOUT(format->isEnabled(), kWaitMs);
    // Back to text: nothing is said of levels, which the platform would refuse.
    format->setCurrentIndex(0);
    console.click("saveConfiguration");
    QTRY_COMPARE_WITH_TIMEOUT(
        console.platform.configuration("alpha").logging_config().log_format(), "Text", kWaitMs);
    QVERIFY(!console.platform.configuration("alpha").logging_config().has_system_log_level());
}

void FunctionsTest::runtimeManagementSaves()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/configuration");
    auto* updates = console.find<QComboBox>("runtimeUpdates");
    auto* signing = console.find<QComboBox>("codeSigning");
    QTRY_VERIFY_WITH_TIMEOUT(signing->isEnabled() && updates->isEnabled(), kWaitMs);
    QVERIFY(!console.find("saveRuntime")->isEnabled());
    QCOMPARE(signing->currentText(), "Not checked");
    QCOMPARE(signing->itemText(1), "Release team (enforced)");
    updates->setCurrentIndex(2); // manual: of the build that the function has
    signing->setCurrentIndex(1);
    console.click("saveRuntime");
    QTRY_COMPARE_WITH_TIMEOUT(console.label("runtimeStatus"), "Saved", kWaitMs);
    QCOMPARE(console.platform.runtimeUpdates().update_runtime_on(), "Manual");
    QCOMPARE(console.platform.runtimeUpdates().runtime_version_arn(), test::FakeFunctions::kBuild);
    QCOMPARE(console.platform.signing(), test::FakeFunctions::kSigning);
    updates->setCurrentIndex(1);
    signing->setCurrentIndex(0);
    console.click("saveRuntime");
    QTRY_COMPARE_WITH_TIMEOUT(console.platform.signing(), "", kWaitMs);
    QCOMPARE(console.platform.runtimeUpdates().update_runtime_on(), "FunctionUpdate");
    QVERIFY(!console.platform.runtimeUpdates().has_runtime_version_arn());
}

void FunctionsTest::snapStartShowsColdAndRestored()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/configuration");
    auto* snapStart = console.find<QCheckBox>("snapStart");
    QTRY_VERIFY_WITH_TIMEOUT(snapStart->isEnabled(), kWaitMs);
    QTRY_VERIFY_WITH_TIMEOUT(console.page->findChild<QLabel*>("snapshot7"), kWaitMs);
    QVERIFY(console.label("snapshot7").contains("restored 3 times"));
    const QString bars = console.find("snapshotTimes7")->accessibleDescription();
    QVERIFY2(bars.contains("1.04 s") && bars.contains("20"), qPrintable(bars));
    QVERIFY(console.label("snapshot6")
                .endsWith("initialised normally, because its layers bring extensions, which cannot "
                          "be copied"));
    QVERIFY(!snapStart->isChecked());
    snapStart->click();
    console.save("snapstart");
    console.click("saveConfiguration");
    QTRY_COMPARE_WITH_TIMEOUT(console.platform.configuration("alpha").snap_start().apply_on(),
                              "PublishedVersions", kWaitMs);
    QTRY_VERIFY_WITH_TIMEOUT(snapStart->isEnabled(), kWaitMs);
    QVERIFY(snapStart->isChecked());
}

void FunctionsTest::configurationShowsProblems()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/configuration");
    QTRY_VERIFY_WITH_TIMEOUT(console.find("memory")->isEnabled(), kWaitMs);
    QTRY_COMPARE_WITH_TIMEOUT(console.find<QLineEdit>("environmentKey1")->text(), "STAGE", kWaitMs);
    console.click("environmentAdd");
    auto* key = console.find<QLineEdit>("environmentKey2");
    key->setFocus();
    QTest::keyClicks(key, "AWS_REGION");
    QVERIFY(!console.find("saveConfiguration")->isEnabled());
    console.save("configuration-invalid");
    key->clear();
    QTest::keyClicks(key, "MODE");
    QVERIFY(console.find("saveConfiguration")->isEnabled());
    auto* handler = console.find<QLineEdit>("handler");
    handler->setFocus();
    handler->selectAll();
    QTest::keyClicks(handler, "bad");
    console.click("saveConfiguration");
    // The platform's own words, below the field that they are about.
    QTRY_COMPARE_WITH_TIMEOUT(console.label("handlerProblem"), "The handler is not good.", kWaitMs);
    console.click("revertConfiguration");
    QCOMPARE(handler->text(), "app.handler");
}

void FunctionsTest::configurationChangedElsewhere()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/configuration");
    auto* memory = console.find<QSpinBox>("memory");
    QTRY_VERIFY_WITH_TIMEOUT(memory->isEnabled(), kWaitMs);
    console.platform.change("alpha", [](auto& c) {
        c.set_revision_id("revision-9");
        c.set_memory_size(3008);
    });
    memory->setValue(256);
    console.click("saveConfiguration");
    auto* bar = console.find("configurationMessage");
    QTRY_VERIFY_WITH_TIMEOUT(bar->isVisible(), kWaitMs);
    QCOMPARE(console.platform.configuration("alpha").memory_size(), 3008);
    QCOMPARE(memory->value(), 256); // kept
    console.save("configuration-elsewhere");
    for (QPushButton* button : bar->findChildren<QPushButton*>()) {
        if (button->text().startsWith("Load"))
            QTest::mouseClick(button, Qt::LeftButton);
    }
    QTRY_COMPARE_WITH_TIMEOUT(memory->value(), 3008, kWaitMs);
}

void FunctionsTest::versionsAndAliases()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/versions");
    auto* table = console.find<QTableView>("versionTable");
    for (const char* text : {"first", "second"}) {
        const int before = table->model()->rowCount();
        auto* description = console.find<QLineEdit>("versionDescription");
        description->setText(text);
        QTest::keyClick(description, Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), before + 1, kWaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(console.find("publishFromTab")->isEnabled(), kWaitMs);
    }
    QCOMPARE(table->model()->index(0, 0).data().toString(), "2");
    QTest::keyClicks(console.find("aliasNameNew"), "live");
    auto* first = console.find<QComboBox>("aliasFirstNew");
    first->setCurrentIndex(first->findData("1"));
    Q_EMIT first->activated(first->currentIndex());
    auto* second = console.find<QComboBox>("aliasSecondNew");
    second->setCurrentIndex(second->findData("2"));
    Q_EMIT second->activated(second->currentIndex());
    auto* split = console.find("aliasSplitNew");
    split->setFocus();
    QTest::keyClick(split, Qt::Key_Left, Qt::ShiftModifier);
    QTest::keyClick(split, Qt::Key_Left);
    console.click("aliasSaveNew");
    QTRY_COMPARE_WITH_TIMEOUT(console.platform.alias("live").function_version(), "1", kWaitMs);
    QCOMPARE(console.platform.alias("live").routing_config().additional_version_weights().at("2"),
             0.11);
    QTRY_VERIFY_WITH_TIMEOUT(console.page->findChild<QWidget*>("aliasSplit-live"), kWaitMs);
    auto* saved = console.find("aliasSplit-live");
    QTRY_VERIFY_WITH_TIMEOUT(saved->isEnabled(), kWaitMs);
    console.save("versions");
    QTest::mouseClick(saved, Qt::LeftButton, {}, QPoint(saved->width() / 2, 10));
    console.click("aliasSave-live");
    QTRY_VERIFY_WITH_TIMEOUT(
        qAbs(console.platform.alias("live").routing_config().additional_version_weights().at("2") -
             0.5) < 0.02,
        kWaitMs);
}

void FunctionsTest::loadRunsAndStops()
{
    Console console;
    console.startWith({"alpha"});
    console.page->show("alpha/load");
    console.save("load-idle");
    auto* concurrency = console.find<QSpinBox>("loadConcurrency");
    concurrency->setValue(25);
    console.click("loadStart");
    QTRY_VERIFY_WITH_TIMEOUT(console.find("loadStart")->isEnabled(), kWaitMs); // finished
    QCOMPARE(console.platform.lastLoad().concurrency(), 25);
    QCOMPARE(console.platform.lastLoad().count(), 1000);
    QCOMPARE(console.label("load-succeeded"), "960");
    console.save("load");
    // By time it goes on until it is stopped.
    auto* mode = console.find<QComboBox>("loadMode");
    mode->setCurrentIndex(1);
    Q_EMIT mode->activated(1);
    console.click("loadStart");
    QTRY_COMPARE_WITH_TIMEOUT(console.platform.lastLoad().duration_ms(), 30'000, kWaitMs);
    QVERIFY(!console.find("loadStart")->isEnabled());
    console.click("loadStop");
    QVERIFY(console.find("loadStart")->isEnabled());
    QVERIFY(!console.find("loadStop")->isEnabled());
}

void FunctionsTest::everyControlIsNamed_data()
{
    QTest::addColumn<QString>("route");
    for (const char* route :
         {"", "alpha/test", "alpha/load", "alpha/configuration", "alpha/versions"})
        QTest::newRow(*route ? route : "list") << route;
}

void FunctionsTest::everyControlIsNamed()
{
    QFETCH(QString, route);
    Console console;
    console.startWith({"alpha"});
    console.page->show(route);
    if (!route.isEmpty())
        QTRY_VERIFY_WITH_TIMEOUT(console.label("functionFacts").contains("python3.13"), kWaitMs);
    if (route.endsWith("configuration"))
        QTRY_VERIFY_WITH_TIMEOUT(console.find("memory")->isEnabled(), kWaitMs);
    QHash<QString, QString> seen;
    for (QWidget* widget : console.page->findChildren<QWidget*>()) {
        const bool inner = widget->objectName().startsWith("qt_") ||
                           qobject_cast<QSpinBox*>(widget->parentWidget()) ||
                           qobject_cast<QDoubleSpinBox*>(widget->parentWidget()) ||
                           qobject_cast<QComboBox*>(widget->parentWidget()) ||
                           qobject_cast<QLineEdit*>(widget->parentWidget()) ||
                           qobject_cast<QTabBar*>(widget->parentWidget());
        if (inner || !widget->isVisible() || widget->focusPolicy() == Qt::NoFocus ||
            qobject_cast<QLabel*>(widget) || qobject_cast<QTabBar*>(widget) ||
            qobject_cast<ui::Page*>(widget))
            continue;
        const QString what =
            widget->metaObject()->className() + QString(" ") + widget->objectName();
        QVERIFY2(!widget->objectName().isEmpty(), qPrintable(what));
        QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(what));
        QVERIFY2(!seen.contains(widget->accessibleName()),
                 qPrintable(what + " and " + seen.value(widget->accessibleName()) + " are both " +
                            widget->accessibleName()));
        seen.insert(widget->accessibleName(), what);
    }
    QVERIFY(seen.size() >= 3);
}

QTEST_MAIN(FunctionsTest)
#include "functions_test.moc"
