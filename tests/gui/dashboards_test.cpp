// A dashboard is built, used, saved and loaded with a real daemon behind it.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/charts/live_chart.h"
#include "ui/pages/dashboard/dashboard_board.h"
#include "ui/pages/dashboard/dashboard_canvas.h"
#include "ui/pages/dashboard/dashboard_page.h"
#include "ui/pages/dashboard/number_tile.h"
#include "ui/rpc/dashboards_api.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QComboBox>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QTextBrowser>
#include <QToolButton>

using namespace gantry;
using models::TileKind;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

class DashboardsGuiTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        EVENTUALLY(m_driver->console().channel().isConnected());
        for (const char* name : {"hello", "goodbye"})
            QCOMPARE(m_driver->runClient("create_function.py", {QLatin1String(name), QStringLiteral("worker")}),
                     QStringLiteral("created"));
        m_driver->window().openRoute(QStringLiteral("dashboard"));
        EVENTUALLY(m_driver->find<QComboBox>("dashboardChooser"));
    }
    void cleanupTestCase() { m_driver.reset(); }

    void oneIsMade()
    {
        action("newDashboard")->trigger();
        EVENTUALLY(m_driver->find<QLineEdit>("dashboardName"));
        auto* name = m_driver->find<QLineEdit>("dashboardName");
        name->setText(QStringLiteral("my shop"));
        QVERIFY(!m_driver->find<QPushButton>("dashboardNameOk")->isEnabled());
        name->setText(QStringLiteral("shop"));
        m_driver->find<QPushButton>("dashboardNameOk")->click();
        EVENTUALLY(board() && board()->isVisible());
        QCOMPARE(m_driver->find<QComboBox>("dashboardChooser")->currentText(), QStringLiteral("shop"));
        QCOMPARE(tiles().size(), 8);
        EVENTUALLY(stored(QStringLiteral("shop")).size() == 8);
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
        picture("starter");
    }

    // Every kind of tile, by the menu; moved by the mouse, resized by its corner, by keys as well.
    void tilesAreAddedMovedAndResized()
    {
        m_driver->find<QToolButton>("editDashboardButton")->click();
        QVERIFY(board()->isEditing());
        while (!tiles().isEmpty()) {
            board()->canvas().select(tiles().first().id);
            QTest::keyClick(sheet(tiles().first().id), Qt::Key_Delete);
        }
        EVENTUALLY(m_driver->find<QPushButton>("boardFirstTile"));
        for (const char* kind : {"addLine", "addArea", "addStacked", "addHeatMap", "addNumber", "addTable", "addLog",
                                 "addAlarms", "addText"})
            action(kind)->trigger();
        QCOMPARE(tiles().size(), 9);
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());

        // The first two stand side by side: dragged onto the second, the first takes its place.
        const QString first = tiles()[0].id;
        const QString second = tiles()[1].id;
        const QRect before = place(first);
        QVERIFY(place(second).x() > before.x());
        drag(first, {20, 15}, {frame(second)->x() - frame(first)->x(), 0});
        QCOMPARE(place(first).topLeft(), QPoint(before.x() + before.width(), 0));
        QVERIFY(place(second).y() >= place(first).height());
        drag(first, {frame(first)->width() - 6, frame(first)->height() - 6}, {120, 100});
        QVERIFY(place(first).width() > before.width());
        QVERIFY(place(first).height() > before.height());
        QTest::keyClick(sheet(first), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(place(first).size(), before.size());
        QTest::keyClick(sheet(first), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(place(first), before);

        QTest::keyClick(sheet(first), Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(place(first).width(), before.width() + 1);
        QTest::keyClick(sheet(first), Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(tiles().size(), 10);
        const QString twin = tiles().last().id;
        QCOMPARE(board()->canvas().selected(), twin);
        QCOMPARE(place(twin).size(), place(first).size());
        QTest::keyClick(sheet(twin), Qt::Key_Delete);
        QCOMPARE(tiles().size(), 9);
        EVENTUALLY(stored(QStringLiteral("shop")).size() == 9);
        picture("edit");
    }

    void aTileIsChanged()
    {
        const QString line = tiles()[0].id;
        board()->canvas().select(line);
        EVENTUALLY(m_driver->find<QLineEdit>("tileTitle"));
        auto* title = m_driver->find<QLineEdit>("tileTitle");
        title->setText(QStringLiteral("Calls"));
        Q_EMIT title->editingFinished();
        check(models::Measure::Invocations);
        QCOMPARE(tiles()[0].title, QStringLiteral("Calls"));
        // One axis has one unit.
        QCOMPARE(tiles()[0].series.size(), 1);
        check(models::Measure::Errors);
        QCOMPARE(tiles()[0].series.size(), 2);
        choose("tileFunction", QStringLiteral("The chosen function"));
        choose("tileVersion", QStringLiteral("The chosen version"));
        EVENTUALLY(m_driver->find<QComboBox>("variableFunction"));
        board()->canvas().select(idOf(TileKind::Number));
        choose("tileFunction", QStringLiteral("The chosen function"));
        board()->canvas().select(idOf(TileKind::Text));
        auto* text = m_driver->find<QPlainTextEdit>("tileText");
        text->setPlainText(QStringLiteral("Look at **this** ![x](file:///etc/passwd)"));
        EVENTUALLY(m_driver->window()
                       .findChild<QTextBrowser*>(QStringLiteral("text_") + idOf(TileKind::Text))
                       ->toPlainText()
                       .startsWith(QLatin1String("Look at this")));
        m_driver->find<QToolButton>("editDashboardButton")->click();
        QVERIFY(!board()->isEditing());
        QVERIFY(!m_driver->find("tileEditor"));
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
    }

    // The numbers are those of the chosen function, and of the chosen version of it.
    void variablesChooseWhatIsShown()
    {
        rpc::FunctionsApi functions(m_driver->console().channel());
        const auto published = m_driver->answer<rpc::FunctionConfiguration>([&](auto done) {
            functions.publishVersion(QStringLiteral("hello"), {}, {}, &m_driver->window(), done);
        });
        QVERIFY(published);
        invoke(QStringLiteral("hello"), 3);
        invoke(QStringLiteral("hello:") + published->version, 2);
        invoke(QStringLiteral("goodbye"), 1);
        EVENTUALLY(number() == QLatin1String("6")); // all functions
        choose("variableFunction", QStringLiteral("goodbye"));
        EVENTUALLY(number() == QLatin1String("1"));
        choose("variableFunction", QStringLiteral("hello"));
        EVENTUALLY(number() == QLatin1String("5"));
        EVENTUALLY(m_driver->find<QComboBox>("variableVersion")->findText(published->version) > 0);
        choose("variableVersion", published->version);
        EVENTUALLY(sumOf(tiles()[0].id, 0) == 2); // the chart follows the version, the number does not
        QCOMPARE(number(), QStringLiteral("5"));
        QCOMPARE(sumOf(idOf(TileKind::Stacked), 0), 0.0);
        picture("view");
    }

    void timeIsComparedZoomedAndPaused()
    {
        choose("boardCompare", QStringLiteral("Same time yesterday"));
        charts::LiveChart* chart = chartOf(tiles()[0].id);
        EVENTUALLY(chart->data().series.size() == 4);
        QVERIFY(chart->data().series.back().compared);
        QVERIFY(chart->data().series.back().name.endsWith(QLatin1String("yesterday")));
        QVERIFY(numberTile()->caption().contains(QLatin1String("yesterday")));
        picture("compare");
        choose("boardCompare", QStringLiteral("No comparison"));
        EVENTUALLY(chart->data().series.size() == 2);

        // The brush of one chart zooms all; so does the crosshair stand in all.
        auto* canvas = chart->findChild<QWidget*>(QStringLiteral("chart_%1_canvas").arg(tiles()[0].id));
        const QPoint from(canvas->width() / 2, canvas->height() / 2);
        QTest::mousePress(canvas, Qt::LeftButton, {}, from);
        QTest::mouseMove(canvas, from + QPoint(60, 0));
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, from + QPoint(60, 0));
        QVERIFY(board()->group().isZoomed());
        QVERIFY(board()->group().crosshair().has_value());
        m_driver->find<QToolButton>("boardResetZoomButton")->click();
        QVERIFY(!board()->group().isZoomed());
        m_driver->find<QToolButton>("boardRange_1h")->click();
        QCOMPARE(board()->data().window().range().id, QStringLiteral("1h"));
        m_driver->find<QToolButton>("boardRange_5m")->click();
        m_driver->find<QToolButton>("boardPauseButton")->click();
        QVERIFY(board()->data().window().isPaused());
        m_driver->find<QToolButton>("boardPauseButton")->click();
        QVERIFY(!board()->data().window().isPaused());
    }

    void itFillsTheScreen()
    {
        action("boardFullScreenAction")->trigger();
        EVENTUALLY(m_driver->find("boardFullScreen"));
        auto* screen = m_driver->find("boardFullScreen");
        QVERIFY(screen->isWindow() && screen->isAncestorOf(&board()->canvas()));
        QTest::keyClick(screen, Qt::Key_Escape);
        EVENTUALLY(!m_driver->find("boardFullScreen"));
        QVERIFY(board()->isAncestorOf(&board()->canvas()) && board()->canvas().isVisible());
    }

    void itIsExported()
    {
        const auto exported = [this](const char* name) {
            QString problem;
            const QString path = m_driver->path(name);
            if (!board()->exportTo(path, &problem))
                return QByteArray();
            QFile file(path);
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QVERIFY(QImage::fromData(exported("d.png")).width() >= board()->canvas().width());
        const QByteArray svg = exported("d.svg");
        QVERIFY(svg.contains("<polyline") && svg.contains("Calls"));
        QVERIFY(exported("d.pdf").startsWith("%PDF-"));
        const QByteArray csv = exported("d.csv");
        QVERIFY2(csv.startsWith("time,Calls: Invocations,Calls: Errors,"), csv.left(200).constData());
        QString problem;
        QVERIFY(!board()->exportTo(m_driver->path("no/such/d.png"), &problem));
        QVERIFY(problem.contains(QLatin1String("cannot be written")));
    }

    void itIsSavedAndLoadedAsAFile()
    {
        page()->saveFile(m_driver->path("shop.json"));
        QFile file(m_driver->path("shop.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray json = file.readAll();
        QCOMPARE(QJsonDocument::fromJson(json)[QStringLiteral("widgets")].toArray().size(), 9);

        page()->openFile(m_driver->path("shop.json"));
        EVENTUALLY(m_driver->find<QLineEdit>("dashboardName"));
        // The name is taken, so another one is offered.
        QCOMPARE(m_driver->find<QLineEdit>("dashboardName")->text(), QStringLiteral("shop-2"));
        m_driver->find<QLineEdit>("dashboardName")->setText(QStringLiteral("shop"));
        QVERIFY(!m_driver->find<QPushButton>("dashboardNameOk")->isEnabled());
        QVERIFY(m_driver->find<QLabel>("dashboardNameProblem")->text().contains(QLatin1String("this name")));
        m_driver->find<QLineEdit>("dashboardName")->setText(QStringLiteral("shop-2"));
        m_driver->find<QPushButton>("dashboardNameOk")->click();
        EVENTUALLY(m_driver->find<QComboBox>("dashboardChooser")->currentText() == QLatin1String("shop-2"));
        QCOMPARE(tiles().size(), 9);

        // What is no dashboard is refused with a word, and nothing changes.
        const QList<std::pair<QByteArray, const char*>> bad{
            {"{\"widgets\": [", "not JSON"},
            {"[1]", "no dashboard"},
            {QByteArray(models::kMostDashboardBytes + 100, ' '), "1 MB"},
            {"{\"widgets\": [" + QByteArray("{},").repeated(3000) + "{}]}", "3001 tiles"}};
        for (const auto& [content, word] : bad) {
            const QString folder = m_driver->write("bad", "bad.json", content);
            page()->openFile(folder + QStringLiteral("/bad.json"));
            QVERIFY2(m_driver->window().messages().text().contains(QLatin1String(word)),
                     qPrintable(m_driver->window().messages().text()));
        }
        QVERIFY(!m_driver->find("dashboardNameDialog"));
        // A widget of another program is shown as such.
        const QString folder = m_driver->write(
            "bad", "other.json", R"({"widgets": [{"type": "custom", "properties": {"endpoint": "x"}}]})");
        page()->openFile(folder + QStringLiteral("/other.json"));
        EVENTUALLY(m_driver->find<QPushButton>("dashboardNameOk"));
        m_driver->find<QPushButton>("dashboardNameOk")->click();
        EVENTUALLY(m_driver->find<QComboBox>("dashboardChooser")->currentText() == QLatin1String("other"));
        QCOMPARE(tiles().first().kind, TileKind::Unknown);
        picture("unknown");
    }

    void itIsDeletedAndOthersStay()
    {
        action("deleteDashboard")->trigger();
        EVENTUALLY(m_driver->find<QPushButton>("confirmDeleteDashboard"));
        m_driver->find<QPushButton>("confirmDeleteDashboard")->click();
        EVENTUALLY(m_driver->find<QComboBox>("dashboardChooser")->currentText() == QLatin1String("Overview"));
        QCOMPARE(m_driver->find<QComboBox>("dashboardChooser")->findText(QStringLiteral("other")), -1);
        // A route leads to one, also to one that is not there.
        m_driver->window().openRoute(QStringLiteral("dashboard/own/nobody"));
        EVENTUALLY(m_driver->window().messages().text().contains(QLatin1String("nobody")));
        m_driver->window().openRoute(QStringLiteral("dashboard/own/shop"));
        EVENTUALLY(m_driver->find<QComboBox>("dashboardChooser")->currentText() == QLatin1String("shop"));
        QCOMPARE(tiles().size(), 9);
        QCOMPARE(tiles()[0].title, QStringLiteral("Calls"));
    }

private:
    ui::DashboardPage* page() { return m_driver->window().findChild<ui::DashboardPage*>(); }
    ui::DashboardBoard* board() { return m_driver->window().findChild<ui::DashboardBoard*>(); }
    const QList<models::Tile>& tiles() { return board()->layoutModel().dashboard().tiles; }
    ui::TileFrame* frame(const QString& id) { return board()->canvas().frame(id); }
    QWidget* sheet(const QString& id) { return frame(id)->sheet(); }
    QRect place(const QString& id) { return board()->layoutModel().find(id)->place; }
    QString idOf(TileKind kind)
    {
        for (const models::Tile& tile : tiles()) {
            if (tile.kind == kind)
                return tile.id;
        }
        return {};
    }
    charts::LiveChart* chartOf(const QString& id)
    {
        return frame(id)->findChild<charts::LiveChart*>();
    }
    void scrollTo(const QString& id)
    {
        auto* viewport = board()->canvas().parentWidget();
        qobject_cast<QScrollArea*>(viewport->parentWidget())->ensureWidgetVisible(frame(id));
    }
    double sumOf(const QString& id, std::size_t series)
    {
        double sum = 0;
        scrollTo(id); // what is out of sight rests
        const charts::ChartData& data = chartOf(id)->data();
        if (data.series.size() <= series) // a view that was just made
            return -1;
        for (const double value : data.series.at(series).values)
            sum += value;
        return sum;
    }
    ui::NumberTile* numberTile()
    {
        return frame(idOf(TileKind::Number))->findChild<ui::NumberTile*>();
    }
    QString number() { return numberTile()->number(); }
    QAction* action(const char* name)
    {
        return m_driver->window().findChild<QAction*>(QLatin1String(name));
    }
    void choose(const char* name, const QString& text)
    {
        auto* box = m_driver->find<QComboBox>(name);
        QVERIFY2(box && box->findText(text) >= 0, qPrintable(text));
        box->setCurrentIndex(box->findText(text));
        Q_EMIT box->activated(box->currentIndex());
    }
    void check(models::Measure measure)
    {
        m_driver->find<QListWidget>("tileMeasures")->item(int(measure))->setCheckState(Qt::Checked);
    }
    void drag(const QString& id, const QPoint& from, const QPoint& by)
    {
        QWidget* on = sheet(id);
        QTest::mousePress(on, Qt::LeftButton, {}, from);
        // By where the mouse is on the screen: the tile goes with it.
        const QPoint start = on->mapToGlobal(from);
        for (const double part : {0.3, 0.7, 1.0}) {
            const QPoint to = start + by * part;
            QMouseEvent move(QEvent::MouseMove, on->mapFromGlobal(to), to, Qt::NoButton, Qt::LeftButton, {});
            QApplication::sendEvent(on, &move);
        }
        QMouseEvent release(QEvent::MouseButtonRelease, on->mapFromGlobal(start + by), start + by,
                            Qt::LeftButton, Qt::NoButton, {});
        QApplication::sendEvent(on, &release);
    }
    // The widgets that the platform has of a dashboard.
    QJsonArray stored(const QString& name)
    {
        rpc::DashboardsApi api(m_driver->console().channel());
        const auto body = m_driver->answer<QByteArray>(
            [&](auto done) { api.get(name, &m_driver->window(), done); });
        return body ? QJsonDocument::fromJson(*body)[QStringLiteral("widgets")].toArray() : QJsonArray();
    }
    void invoke(const QString& function, int times)
    {
        rpc::FunctionsApi functions(m_driver->console().channel());
        rpc::InvokeRequest request;
        const qsizetype colon = function.indexOf(QLatin1Char(':'));
        request.function = function.left(colon < 0 ? function.size() : colon);
        if (colon >= 0)
            request.qualifier = function.mid(colon + 1);
        request.payload = "{}";
        for (int i = 0; i < times; ++i)
            QVERIFY(m_driver->answer<rpc::InvokeReply>(
                [&](auto done) { functions.invoke(request, &m_driver->window(), done); }));
    }
    void picture(const char* name)
    {
        const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        if (directory.isEmpty())
            return;
        widgets::Theme& theme = widgets::Theme::current();
        for (const bool dark : {false, true}) {
            theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
            QTest::qWait(300);
            m_driver->window().grab().save(QStringLiteral("%1/dashboard-%2-%3.png")
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
    DashboardsGuiTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "dashboards_test.moc"
