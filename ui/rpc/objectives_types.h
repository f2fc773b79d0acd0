#pragma once

#include <QList>
#include <QMetaType>
#include <QString>

#include <optional>

namespace gantry::rpc {

// Service level objectives in Qt values; see proto/aws/applicationsignals.proto.
struct ObjectiveSettings {
    enum class Measure { Availability, Latency };
    enum class Unit { Minute, Hour, Day, Month };

    QString name;
    QString description;
    QString function;
    Measure measure = Measure::Availability;
    bool byPeriods = false;    // otherwise each request counts
    double threshold = 0;      // latency: ms, at most; availability of a period: percent, at least
    QString statistic = QStringLiteral("p99"); // of the latency of a period
    int periodSeconds = 60;
    double goal = 99;          // percent
    double warning = 50;       // percent of the budget that is left
    bool calendar = false;     // the interval begins at a date; otherwise it rolls
    qint64 startMs = 0;        // of a calendar's interval, Unix time
    Unit unit = Unit::Day;
    int duration = 7;
    QList<int> burnWindows;    // minutes

    bool operator==(const ObjectiveSettings&) const = default;
};

struct BurnRate {
    int windowMinutes = 0;
    std::optional<double> rate; // nothing was measured in the window
    bool configured = false;    // an alarm can watch it

    bool operator==(const BurnRate&) const = default;
};

struct BudgetPoint {
    qint64 timeMs = 0;
    double remainingPercent = 0;

    bool operator==(const BudgetPoint&) const = default;
};

enum class BudgetStatus { Ok, Warning, Breached, InsufficientData };

// An objective as it stands.
struct Objective {
    ObjectiveSettings settings;
    bool isOfFunction = true; // otherwise of metrics that only the AWS API shows whole
    BudgetStatus status = BudgetStatus::InsufficientData;
    std::optional<double> attainment; // percent
    qint64 budget = 0;                // requests, or seconds of periods
    qint64 budgetRemaining = 0;       // below 0: overdrawn
    double good = 0, bad = 0;         // requests, or periods
    qint64 fromMs = 0, toMs = 0;      // the interval
    QList<BurnRate> burnRates;
    QList<BudgetPoint> history;

    bool operator==(const Objective&) const = default;
};

} // namespace gantry::rpc
