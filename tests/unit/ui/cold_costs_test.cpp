// What SnapStart and provisioned concurrency make of cold starts.
#include "tests/support/prices.h"
#include "ui/models/cold_costs.h"

#include <QtTest>

#include <cmath>

using namespace gantry;
using namespace gantry::models;

class ColdCostsTest final : public QObject {
    Q_OBJECT

private:
    const pricing::PriceTable m_table = *pricing::fromMessage(test::shippedPrices());

    static rpc::TuningEstimate estimate()
    {
        rpc::TuningEstimate one;
        one.memoryMb = 1024; // a GB
        one.architecture = QStringLiteral("x86_64");
        one.durationMs.mean = 100;
        one.costUsd.mean = 0.2e-6 + 0.1 * 0.0000166667;
        one.initMs = 800;
        one.coldDurationMs = 150;
        one.coldCostUsd = 0.2e-6 + 0.95 * 0.0000166667;
        return one;
    }
    double dollars(ColdWay way, double coldShare, const ColdAssumptions& assumed) const
    {
        return dollarsPerMillion(way, estimate(), coldShare, assumed, m_table);
    }
    static bool close(double a, double b) { return std::abs(a - b) < 1e-6 * std::abs(b); }

private Q_SLOTS:
    void theFirstCallWaits()
    {
        ColdAssumptions assumed;
        assumed.restoreMs = 120;
        QCOMPARE(firstCallMs(ColdWay::OnDemand, estimate(), assumed), 950.0);
        QCOMPARE(firstCallMs(ColdWay::SnapStart, estimate(), assumed), 270.0);
        QCOMPARE(firstCallMs(ColdWay::Provisioned, estimate(), assumed), 150.0);
    }

    void onDemandIsAMixture()
    {
        const double warm = 1e6 * estimate().costUsd.mean, cold = 1e6 * estimate().coldCostUsd;
        QVERIFY(close(dollars(ColdWay::OnDemand, 0, {}), warm));
        QVERIFY(close(dollars(ColdWay::OnDemand, 0.1, {}), 0.9 * warm + 0.1 * cold));
    }

    void snapStartPaysForRestoresAndForItsSnapshot()
    {
        ColdAssumptions assumed;
        assumed.callsPerMonth = 2'000'000;
        // A GB kept for 730 hours, of which a million calls carry a half.
        const double kept = 730 * 3600 * 0.0000015046 / 2;
        const double warm = 1e6 * estimate().costUsd.mean;
        QVERIFY(close(dollars(ColdWay::SnapStart, 0, assumed), warm + kept));
        const double first = 0.2e-6 + 0.15 * 0.0000166667 + 0.0001397998;
        QVERIFY(close(dollars(ColdWay::SnapStart, 0.1, assumed), 0.9 * warm + 1e5 * first + kept));
    }

    void provisionedConcurrencyPaysForWhatStandsReady()
    {
        ColdAssumptions assumed;
        assumed.callsPerMonth = 1'000'000; // 0.038 of an environment is busy: one stands ready
        const double ready = 730 * 3600 * 0.0000041667;
        const double run = 1e6 * (0.2e-6 + 0.1 * 0.0000097222);
        QVERIFY(close(dollars(ColdWay::Provisioned, 0, assumed), ready + run));
        // Cold starts are no matter; a hundred times the calls take 3.8 / 0.6 environments.
        QVERIFY(close(dollars(ColdWay::Provisioned, 0.5, assumed), ready + run));
        assumed.callsPerMonth = 100'000'000;
        QVERIFY(close(dollars(ColdWay::Provisioned, 0, assumed), ready * 7 / 100 + run));
    }
};

QTEST_GUILESS_MAIN(ColdCostsTest)
#include "cold_costs_test.moc"
