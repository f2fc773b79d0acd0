// The list of functions: what the stream says is what the rows say, and the filter finds it.
#include "tests/support/money.h"
#include "ui/models/functions_filter.h"
#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_api.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

using namespace gantry;
using models::FunctionsFilter;
using models::FunctionsModel;
using Kind = rpc::FunctionEvent::Kind;

namespace {

rpc::FunctionOverview overview(const QString& name, const QString& runtime = "python3.13",
                               int memoryMb = 128)
{
    rpc::FunctionOverview f;
    f.name = name;
    f.arn = "arn:aws:lambda:us-east-1:000000000000:function:" + name;
    f.runtime = runtime;
    f.handler = "app.handler";
    f.memoryMb = memoryMb;
    f.architecture = "x86_64";
    f.state = "Active";
    f.lastUpdateStatus = "Successful";
    f.lastModified = "2026-05-04T03:02:01.000+0000";
    return f;
}

// A model without a platform: the channel is never opened.
struct Fixture {
    rpc::Channel channel;
    rpc::MonitorApi api{channel};
    models::LiveMetrics metrics{channel, api};
    FunctionsModel model{channel, api, &metrics};
    FunctionsFilter filter{model};
    QAbstractItemModelTester modelTester{&model};
    QAbstractItemModelTester filterTester{&filter};

    void present(const QList<rpc::FunctionOverview>& functions)
    {
        for (const rpc::FunctionOverview& f : functions)
            model.take({Kind::Present, f});
        model.take({Kind::SnapshotEnd, {}});
        model.flush();
    }
    QStringList visible() const
    {
        QStringList names;
        for (int row = 0; row < filter.rowCount(); ++row)
            names << filter.nameAt(row);
        return names;
    }
};

} // namespace

class FunctionsModelTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void snapshotFillsTheModel();
    void changesArriveInOneBatch();
    void laterSnapshotIsMerged();
    void createdAndDeletedWithinABatch();
    void numbersComeFromLiveMetrics();
    void filters_data();
    void filters();
    void sortsByRawValues();
    void tenThousandRows();
};

void FunctionsModelTest::snapshotFillsTheModel()
{
    Fixture f;
    QSignalSpy loaded(&f.model, &FunctionsModel::loadedChanged);
    QVERIFY(!f.model.isLoaded());
    f.present({overview("b"), overview("a")});
    QVERIFY(f.model.isLoaded());
    QCOMPARE(loaded.count(), 1);
    QCOMPARE(f.visible(), QStringList({"a", "b"}));
    QVERIFY(f.model.find("a"));
    QVERIFY(!f.model.find("c"));
    const QDateTime modified = f.model.row(f.model.rowOf("a")).lastModified;
    QCOMPARE(modified.toUTC().toString(Qt::ISODate), "2026-05-04T03:02:01Z");
}

void FunctionsModelTest::changesArriveInOneBatch()
{
    Fixture f;
    f.present({overview("a"), overview("b"), overview("c")});
    QSignalSpy inserted(&f.model, &FunctionsModel::rowsInserted);
    QSignalSpy changed(&f.model, &FunctionsModel::functionChanged);
    QSignalSpy removed(&f.model, &FunctionsModel::functionRemoved);
    f.model.take({Kind::Created, overview("d")});
    f.model.take({Kind::Created, overview("e")});
    f.model.take({Kind::Updated, overview("a", "python3.13", 2048)});
    f.model.take({Kind::Deleted, overview("b")});
    QCOMPARE(f.model.rowCount(), 3); // nothing before the tick
    QTRY_COMPARE(f.model.rowCount(), 4);
    QCOMPARE(inserted.count(), 1);
    QCOMPARE(changed.count(), 3);
    QCOMPARE(removed.count(), 1);
    QCOMPARE(f.visible(), QStringList({"a", "c", "d", "e"}));
    QCOMPARE(f.model.find("a")->memoryMb, 2048);
    for (const QString& name : f.model.names())
        QCOMPARE(f.model.row(f.model.rowOf(name)).overview.name, name);
}

void FunctionsModelTest::laterSnapshotIsMerged()
{
    Fixture f;
    f.present({overview("a"), overview("b"), overview("c"), overview("d")});
    QSignalSpy reset(&f.model, &FunctionsModel::modelReset);
    const QPersistentModelIndex selected = f.model.index(f.model.rowOf("c"), 0);
    f.present({overview("c"), overview("e")});
    QCOMPARE(f.visible(), QStringList({"c", "e"}));
    QCOMPARE(reset.count(), 0);
    QVERIFY(selected.isValid());
    QCOMPARE(selected.data().toString(), "c");
}

void FunctionsModelTest::createdAndDeletedWithinABatch()
{
    Fixture f;
    f.present({overview("kept")});
    f.model.take({Kind::Created, overview("brief")});
    f.model.take({Kind::Deleted, overview("brief")});
    f.model.take({Kind::Deleted, overview("kept")});
    f.model.take({Kind::Created, overview("kept", "nodejs22.x")});
    f.model.take({Kind::Created, overview("twice")});
    f.model.take({Kind::Updated, overview("twice", "nodejs22.x")});
    f.model.flush();
    QCOMPARE(f.visible(), QStringList({"kept", "twice"}));
    QCOMPARE(f.model.find("kept")->runtime, "nodejs22.x");
    QCOMPARE(f.model.find("twice")->runtime, "nodejs22.x");
}

void FunctionsModelTest::numbersComeFromLiveMetrics()
{
    Fixture f;
    f.present({overview("a"), overview("b")});
    rpc::MetricsFrame frame;
    frame.timeMs = 1'700'000'000'500;
    rpc::MetricsPoint point;
    point.functionName = "a";
    point.startMs = 1'700'000'000'000;
    point.invocations = 7;
    point.errors = 2;
    point.concurrency = 3;
    point.costUsd = test::usd("0.25");
    frame.functions = {point};
    f.metrics.ingest(frame);
    f.model.refreshNumbers();
    const FunctionsModel::Row& row = f.model.row(f.model.rowOf("a"));
    QCOMPARE(row.invocations, 7);
    QCOMPARE(row.errors, 2);
    QCOMPARE(row.costUsd, test::usd("0.25"));
    QCOMPARE(f.model.row(f.model.rowOf("b")).invocations, 0);
    const auto spark = f.model.index(f.model.rowOf("a"), FunctionsModel::Concurrency)
                           .data(FunctionsModel::SparkRole)
                           .value<QList<int>>();
    QCOMPARE(spark.size(), 60);
    QVERIFY(spark.contains(3));
}

void FunctionsModelTest::filters_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QStringList>("expected");
    QTest::newRow("all") << "" << QStringList({"api", "Broken", "worker"});
    QTest::newRow("part of the name, any case") << "ORK" << QStringList({"worker"});
    QTest::newRow("runtime") << "runtime:node" << QStringList({"worker"});
    QTest::newRow("architecture") << "arch:arm64" << QStringList({"api"});
    QTest::newRow("state") << "state:failed" << QStringList({"Broken"});
    QTest::newRow("tag key") << "tag:team" << QStringList({"api", "worker"});
    QTest::newRow("tag key and value") << "tag:team=core" << QStringList({"worker"});
    QTest::newRow("words are joined by and") << "tag:team runtime:python" << QStringList({"api"});
    QTest::newRow("none") << "nothing" << QStringList();
}

void FunctionsModelTest::filters()
{
    QFETCH(QString, text);
    QFETCH(QStringList, expected);
    Fixture f;
    rpc::FunctionOverview api = overview("api");
    api.architecture = "arm64";
    api.tags = {{"team", "web"}};
    rpc::FunctionOverview broken = overview("Broken");
    broken.state = "Failed";
    rpc::FunctionOverview worker = overview("worker", "nodejs22.x");
    worker.tags = {{"Team", "Core"}};
    f.present({worker, broken, api});
    f.filter.setFilter(text);
    QCOMPARE(f.visible(), expected);
}

void FunctionsModelTest::sortsByRawValues()
{
    Fixture f;
    f.present({overview("a", "python3.13", 1024), overview("b", "python3.13", 128),
               overview("c", "python3.13", 10240)});
    f.filter.sort(FunctionsModel::Memory, Qt::DescendingOrder);
    QCOMPARE(f.visible(), QStringList({"c", "a", "b"}));
}

void FunctionsModelTest::tenThousandRows()
{
    rpc::Channel channel;
    rpc::MonitorApi api(channel);
    FunctionsModel model(channel, api, nullptr);
    FunctionsFilter filter(model);
    QElapsedTimer clock;
    clock.start();
    for (int i = 0; i < 10'000; ++i)
        model.take({Kind::Present, overview(QString("function-%1").arg(i),
                                            i % 2 ? "python3.13" : "nodejs22.x", 128 + i % 9000)});
    model.take({Kind::SnapshotEnd, {}});
    model.flush();
    QCOMPARE(filter.rowCount(), 10'000);
    qInfo("10,000 rows filled and sorted in %lld ms", clock.restart());
    filter.setFilter("runtime:python");
    QCOMPARE(filter.rowCount(), 5'000);
    qInfo("every second row filtered away in %lld ms", clock.restart());
    filter.setFilter("77");
    QCOMPARE(filter.rowCount(), 280);
    qInfo("narrowed in %lld ms", clock.restart());
    filter.setFilter("");
    QCOMPARE(filter.rowCount(), 10'000);
    qInfo("widened in %lld ms", clock.restart());
    filter.sort(FunctionsModel::Memory);
    QCOMPARE(model.find(filter.nameAt(0))->memoryMb, 128);
    qInfo("sorted by memory in %lld ms", clock.restart());
}

QTEST_GUILESS_MAIN(FunctionsModelTest)
#include "functions_model_test.moc"
