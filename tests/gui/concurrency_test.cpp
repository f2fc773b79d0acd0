// The concurrency page: shares that are dragged, environments as cells, what may be set for a
// function. The platform is not there: frames are handed in.
#include "tests/support/control_checker.h"
#include "ui/models/concurrency_board.h"
#include "ui/pages/concurrency/concurrency_bar.h"
#include "ui/pages/concurrency/concurrency_page.h"
#include "ui/pages/concurrency/environment_grid.h"
#include "ui/pages/concurrency/scaling_card.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>

using namespace gantry;

namespace {

rpc::ConcurrencyFrame sampleFrame()
{
    rpc::ConcurrencyFrame frame;
    frame.time = QDateTime::currentDateTime();
    frame.accountLimit = 1000;
    rpc::FunctionConcurrency checkout{QStringLiteral("checkout"), 200, 50, 3, {}};
    rpc::FunctionConcurrency search{QStringLiteral("search"), {}, 4, 6, {}};
    search.provisioned.append({QStringLiteral("live"), 100, 60, 4, QStringLiteral("IN_PROGRESS"),
                               {}, 12, 1});
    frame.functions = {checkout, search};
    frame.unreservedLimit = 700;
    frame.unreservedRunning = 70;
    frame.leastUnreserved = 100;
    using State = rpc::LiveEnvironment::State;
    for (int i = 0; i < 60; ++i) {
        rpc::LiveEnvironment environment;
        environment.id = QStringLiteral("env-%1").arg(i);
        environment.functionName = i < 30 ? QStringLiteral("checkout") : QStringLiteral("search");
        environment.version = QStringLiteral("3");
        environment.qualifier = i >= 50 ? QStringLiteral("live") : QString();
        environment.state = i % 7 == 0 ? State::Starting : i % 2 ? State::Idle : State::Busy;
        environment.startedAt = frame.time.addSecs(-90);
        environment.idleMs = 4200;
        environment.invocations = i;
        environment.memoryPeakBytes = i > 0 ? 45 << 20 : 0;
        environment.memoryMb = 128;
        frame.environments.append(environment);
    }
    frame.environmentsTotal = 60;
    return frame;
}

struct Shown {
    rpc::Channel channel;
    rpc::FunctionsApi functions{channel};
    ui::ConcurrencyPage page{services(), nullptr};

    Shown()
    {
        page.resize(1300, 900);
        page.activated();
        static_cast<QWidget&>(page).show();
        board().take(sampleFrame());
        QApplication::processEvents();
    }
    ui::Services services()
    {
        ui::Services services;
        services.channel = &channel;
        services.functionsApi = &functions;
        return services;
    }
    models::ConcurrencyBoard& board() { return *page.findChild<models::ConcurrencyBoard*>(); }
    template <class T> T& find(const char* name)
    {
        return *page.findChild<T*>(QLatin1String(name));
    }
};

} // namespace

class ConcurrencyTest : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { widgets::Theme::current().install(*qApp); }
    void bordersAreDragged();
    void keysMoveABorder();
    void environmentsAreChosen();
    void pageShowsTheFrame();
    void ratesOfScaling();
    void controlsAreNamed();
};

void ConcurrencyTest::bordersAreDragged()
{
    ui::ConcurrencyBar bar;
    bar.resize(1002, bar.sizeHint().height());
    bar.setFrame(sampleFrame());
    QSignalSpy asked(&bar, &ui::ConcurrencyBar::reserveRequested);
    bar.show();
    // One pixel is one execution here: checkout's border is at 200.
    QTest::mousePress(&bar, Qt::LeftButton, {}, {201, 20});
    QTest::mouseMove(&bar, {301, 20});
    bar.setFrame(sampleFrame()); // a frame meanwhile does not tear it away
    QTest::mouseRelease(&bar, Qt::LeftButton, {}, {301, 20});
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked[0][0].toString(), QStringLiteral("checkout"));
    QVERIFY2(std::abs(asked[0][1].toInt() - 300) <= 2, qPrintable(asked[0][1].toString()));
    // It stops where the others would get less than they must have.
    bar.setFrame(sampleFrame());
    QTest::mousePress(&bar, Qt::LeftButton, {}, {201, 20});
    QTest::mouseMove(&bar, {990, 20});
    QTest::mouseRelease(&bar, Qt::LeftButton, {}, {990, 20});
    QCOMPARE(asked[1][1].toInt(), 800);
    // What is only provisioned has no border to drag.
    bar.setFrame(sampleFrame());
    QTest::mousePress(&bar, Qt::LeftButton, {}, {301, 20});
    QTest::mouseMove(&bar, {350, 20});
    QTest::mouseRelease(&bar, Qt::LeftButton, {}, {350, 20});
    QCOMPARE(asked.count(), 2);
}

void ConcurrencyTest::keysMoveABorder()
{
    ui::ConcurrencyBar bar;
    bar.resize(1002, bar.sizeHint().height());
    bar.setFrame(sampleFrame());
    QSignalSpy asked(&bar, &ui::ConcurrencyBar::reserveRequested);
    QTest::keyClick(&bar, Qt::Key_Right);
    QTest::keyClick(&bar, Qt::Key_PageUp);
    QTest::keyClick(&bar, Qt::Key_Down);
    QCOMPARE(asked.count(), 0);
    QTest::keyClick(&bar, Qt::Key_Return);
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked[0][1].toInt(), 209);
    bar.setFrame(sampleFrame());
    QTest::keyClick(&bar, Qt::Key_Up);
    QTest::keyClick(&bar, Qt::Key_Escape);
    QTest::keyClick(&bar, Qt::Key_Return);
    QCOMPARE(asked.count(), 1);
}

void ConcurrencyTest::environmentsAreChosen()
{
    ui::EnvironmentGrid grid;
    grid.resize(500, 200);
    grid.setEnvironments(sampleFrame().environments);
    QSignalSpy ended(&grid, &ui::EnvironmentGrid::endRequested);
    QVERIFY(!grid.chosen());
    QTest::mouseClick(&grid, Qt::LeftButton, {}, {30, 10});
    QVERIFY(grid.chosen());
    QCOMPARE(grid.chosen()->id, QStringLiteral("env-1"));
    QTest::keyClick(&grid, Qt::Key_Right);
    QCOMPARE(grid.chosen()->id, QStringLiteral("env-2"));
    QTest::keyClick(&grid, Qt::Key_Delete);
    QCOMPARE(ended.count(), 1);
    const QString said = ui::EnvironmentGrid::describe(*grid.chosen());
    QVERIFY2(said.contains(QStringLiteral("checkout, version 3")), qPrintable(said));
    QVERIFY(said.contains(QStringLiteral("45.0 MB of 128 MB")) ||
            said.contains(QStringLiteral("45 MB of 128 MB")));
    // It stays chosen while it lives, wherever its cell moves to.
    QList<rpc::LiveEnvironment> fewer = sampleFrame().environments;
    fewer.removeFirst();
    grid.setEnvironments(fewer);
    QCOMPARE(grid.chosen()->id, QStringLiteral("env-2"));
    fewer.removeAt(1);
    grid.setEnvironments(fewer);
    QVERIFY(!grid.chosen());
}

void ConcurrencyTest::pageShowsTheFrame()
{
    Shown shown;
    auto& table = shown.find<QTableWidget>("concurrencyTable");
    QCOMPARE(table.rowCount(), 2);
    QCOMPARE(table.item(0, 3)->text(), QStringLiteral("200"));
    QCOMPARE(table.item(1, 4)->text(), QStringLiteral("live: 60 of 100 ready"));
    QCOMPARE(shown.board().mostReservable(QStringLiteral("checkout")), 800);
    QCOMPARE(shown.board().mostReservable(QStringLiteral("search")), 700);
    QCOMPARE(shown.board().mostReservable(QStringLiteral("other")), 600);
    auto& grid = shown.find<ui::EnvironmentGrid>("environmentGrid");
    auto& end = shown.find<QPushButton>("endEnvironment");
    QVERIFY(!end.isEnabled());
    QTest::mouseClick(&grid, Qt::LeftButton, {}, {30, 10});
    QVERIFY(end.isEnabled());
    QTest::mouseClick(&grid, Qt::LeftButton, {}, {10, 10}); // still starting
    QVERIFY(!end.isEnabled());
    QVERIFY(shown.find<QLabel>("chosenEnvironment").text().contains(QStringLiteral("starting")));
    if (const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS"); !directory.isEmpty())
        shown.page.grab().save(directory + QStringLiteral("/concurrency.png"));
}

void ConcurrencyTest::ratesOfScaling()
{
    Shown shown;
    auto* card = shown.page.findChild<ui::ScalingCard*>();
    auto& starts = shown.find<QSpinBox>("scalingStarts");
    auto& apply = shown.find<QPushButton>("applyScaling");
    auto& asOnAws = shown.find<QPushButton>("scalingAsOnAws");
    QVERIFY(!starts.isEnabled()); // not known yet
    card->take({50, 10});
    QCOMPARE(starts.value(), 50);
    QVERIFY(!apply.isEnabled());
    QVERIFY(asOnAws.isEnabled());
    starts.setValue(70);
    QVERIFY(apply.isEnabled());
    card->take({60, 10}); // changed elsewhere: what is being typed stays
    QCOMPARE(starts.value(), 70);
    QTest::mouseClick(&asOnAws, Qt::LeftButton);
    QCOMPARE(starts.value(), 1000);
    QVERIFY(apply.isEnabled() && !asOnAws.isEnabled());
}

void ConcurrencyTest::controlsAreNamed()
{
    Shown shown;
    QCOMPARE(test::controlProblems(shown.page).join(QStringLiteral("; ")), QString());
}

QTEST_MAIN(ConcurrencyTest)
#include "concurrency_test.moc"
