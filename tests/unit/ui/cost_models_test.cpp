// What the Cost page works out by itself: traffic of records, other ways to run it, what if, and the
// calculator's month.
#include "pricing/crossover.h"
#include "pricing/estimate.h"
#include "tests/support/money.h"
#include "tests/support/prices.h"
#include "ui/models/calculator.h"
#include "ui/models/what_if.h"

#include <QTest>

using namespace gantry;
using namespace gantry::models;
using pricing::Way;
using test::usd;

namespace {

const pricing::PriceTable& prices()
{
    static const pricing::PriceTable table = *pricing::fromMessage(test::shippedPrices());
    return table;
}

pricing::Plan plan()
{
    pricing::Plan plan;
    plan.machine = {"m7g.large", 2, 8'192, true, *pricing::Rate::parse("0.0816")};
    plan.utilisation = 1;
    plan.freeTier = false;
    return plan;
}

pricing::Workload workload()
{
    pricing::Workload w;
    w.arm64 = true;
    w.memoryMb = 1'769;
    w.billedMs = 100;
    return w;
}

rpc::MetricsPoint minute(qint64 startMs, qint64 calls, qint64 billedMs, qint64 cold, double initMs)
{
    rpc::MetricsPoint point;
    point.functionName = QStringLiteral("f");
    point.startMs = startMs;
    point.widthMs = 60'000;
    point.invocations = calls;
    point.billedMs = billedMs;
    point.coldStarts = cold;
    point.initSumMs = initMs;
    return point;
}

} // namespace

class CostModelsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void trafficIsWhatWasRecorded()
    {
        rpc::FunctionOverview function;
        function.name = QStringLiteral("f");
        function.memoryMb = 512;
        function.architecture = QStringLiteral("arm64");
        rpc::MetricsHistory history{60'000,
                                    {minute(0, 60, 6'300, 1, 300), minute(120'000, 120, 12'000, 0, 0)}};
        const Traffic traffic = trafficOf(history, function);
        QCOMPARE(traffic.calls, qint64(180));
        QCOMPARE(traffic.seconds, 180.0);
        QCOMPARE(traffic.perSecond, 1.0);
        QCOMPARE(traffic.peakPerSecond, 2.0);
        QCOMPARE(traffic.workload.billedMs, 100.0); // without the init
        QCOMPARE(traffic.workload.initMs, 300.0);
        QCOMPARE(traffic.workload.coldShare, 1.0 / 180);
        QVERIFY(traffic.workload.arm64);
        QCOMPARE(trafficOf({}, function).calls, qint64(0));
    }

    void aMonthOnEachWay_data()
    {
        QTest::addColumn<int>("way");
        QTest::addColumn<int>("units");
        QTest::addColumn<QByteArray>("dollars");
        // Ten calls a second of 100 ms: one at a time; 26,280,000 calls, 4,539,972.65625 GB-seconds.
        const auto row = [](const char* name, Way way, int units, const char* dollars) {
            QTest::newRow(name) << int(way) << units << QByteArray(dollars);
        };
        // 5.256 for requests, and GB-seconds at 0.0000133334.
        row("on demand", Way::OnDemand, 0, "65.789271414843750");
        // 1 environment: GB-seconds at 0.0000033334 and at 0.0000077778.
        row("provisioned", Way::Provisioned, 1, "55.700544178125");
        // 730 h at 0.0816, half a machine busy.
        row("EC2", Way::Ec2, 1, "59.568");
        row("managed instances", Way::ManagedInstances, 1, "73.7592");
    }
    void aMonthOnEachWay()
    {
        QFETCH(int, way);
        QFETCH(int, units);
        QFETCH(QByteArray, dollars);
        QCOMPARE(pricing::unitsOf(Way(way), workload(), plan(), 10), units);
        const pricing::Money money = pricing::monthly(Way(way), workload(), plan(), 10, prices());
        QVERIFY2(std::abs(money.toDouble() - dollars.toDouble()) < 1e-6, money.toString().c_str());
    }

    void breakEvenIsWhereItHoldsFromThere()
    {
        for (const Way way : {Way::Provisioned, Way::ManagedInstances, Way::Ec2}) {
            const auto from = pricing::breakEven(way, workload(), plan(), 0.01, 1'000, prices());
            QVERIFY(from);
            for (double rate = *from * 1.0001; rate < 1'000; rate *= 1.3)
                QVERIFY(pricing::monthly(way, workload(), plan(), rate, prices()) <
                        pricing::monthly(Way::OnDemand, workload(), plan(), rate, prices()));
            QVERIFY(pricing::monthly(way, workload(), plan(), *from * 0.999, prices()) >=
                    pricing::monthly(Way::OnDemand, workload(), plan(), *from * 0.999, prices()));
        }
        pricing::Plan dear = plan();
        dear.machine.perHour = *pricing::Rate::parse("1000");
        QVERIFY(!pricing::breakEven(Way::Ec2, workload(), dear, 0.01, 10, prices()));
    }

    void machinesAreWholeAndHaveMemory()
    {
        pricing::Workload waits = workload();
        waits.memoryMb = 128; // little processor, but a thousand of them at a time
        waits.billedMs = 100'000;
        QCOMPARE(pricing::unitsOf(Way::Ec2, waits, plan(), 10), 37); // 72.4 processors of 2 each
        pricing::Plan small = plan();
        small.machine.memoryMb = 1'024;
        QCOMPARE(pricing::unitsOf(Way::Ec2, waits, small, 10), 139); // 128,000 MB in 921.6 each
        pricing::Plan three = plan();
        three.leastMachines = 3;
        QCOMPARE(pricing::unitsOf(Way::ManagedInstances, workload(), three, 0.01), 3);
    }

    void anotherMemoryIsARange()
    {
        const DurationRange half = billedAt(workload(), 1'769 / 2);
        QCOMPARE(half.waitsMs, 100.0);
        QVERIFY(std::abs(half.computesMs - 200) < 0.5);
        QCOMPARE(billedAt(workload(), 3'538).computesMs, 100.0); // one thread has one processor
    }

    void whatIfOfNothingIsTheSame()
    {
        Traffic traffic;
        traffic.workload = workload();
        WhatIf same;
        same.perSecond = 5;
        same.memoryMb = traffic.workload.memoryMb;
        same.arm64 = true;
        const WhatIfAnswer a = answer(same, traffic, plan(), prices());
        QCOMPARE(a.waits, a.recorded);
        QCOMPARE(a.computes, a.recorded);
        WhatIf batched = same;
        batched.batch = 10;
        batched.fixedPercent = 100;
        const pricing::Money tenth = answer(batched, traffic, plan(), prices()).waits;
        QVERIFY(std::abs(tenth.toDouble() * 10 - a.recorded.toDouble()) < 1e-6);
        // Without cold starts SnapStart only adds its cache.
        const pricing::Money cache =
            Rate("0.0000015046").forMbMillis(1'769LL * pricing::kMonthSeconds * 1'000);
        QCOMPARE(a.snapStart, a.recorded + cache);
    }

    void theCalculatorsMonth()
    {
        ImaginedMonth month;
        const auto listed = [&month] {
            return QByteArray::fromStdString(
                pricing::billOf(usageOf(month, prices()), prices()).listed.toString());
        };
        QCOMPARE(listed(), QByteArray("0.40833375"));
        month.asyncKb = 320;
        QCOMPARE(listed(), QByteArray("0.60833375"));
        month.asyncKb = 0;
        month.provisioned = 2;
        month.requests = 0; // 2 x 0.125 GB for 2,628,000 s
        QCOMPARE(listed(), QByteArray("2.7375219"));
        month.provisioned = 0;
        month.snapStart = true;
        month.restores = 8; // 0.125 GB for a month, and 1 GB restored
        QCOMPARE(listed(), QByteArray("0.4944008998"));
    }

    void estimatesAreNano()
    {
        QCOMPARE(pricing::estimated(1.5), usd("1.5"));
        QCOMPARE(pricing::estimated(std::nan("")), pricing::Money());
        QCOMPARE(pricing::estimated(1e300), pricing::Money());
    }

private:
    static pricing::Rate Rate(const char* decimal) { return *pricing::Rate::parse(decimal); }
};

QTEST_GUILESS_MAIN(CostModelsTest)
#include "cost_models_test.moc"
