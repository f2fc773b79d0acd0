#pragma once

#include <QList>
#include <QMetaType>
#include <QString>

#include <limits>

namespace gantry::rpc {

// What the platform finds by itself, in Qt values; see proto/gantry/v1/findings.proto.
enum class FindingSeverity { Low, Medium, High };
enum class FindingAction { None, Tuning, Concurrency, Configuration, Logs, Queue, Cost, Monitor };
enum class FindingUnit { Count, Bytes, Milliseconds, Percent, Usd, Times };

struct FindingNumber {
    QString name;
    double value = 0;
    FindingUnit unit = FindingUnit::Count;

    bool operator==(const FindingNumber&) const = default;
};

struct FindingSeries {
    QString name;
    FindingUnit unit = FindingUnit::Count;
    qint64 startMs = 0; // Unix time
    qint64 widthMs = 60'000;
    QList<double> values;
    bool hasThreshold = false;
    double threshold = 0;

    bool operator==(const FindingSeries&) const = default;
};

struct HealthFinding {
    QString id;
    QString rule;
    QString function;
    FindingSeverity severity = FindingSeverity::Low;
    QString title;
    QString text;
    qint64 fromMs = 0, toMs = 0; // that the evidence is of
    QList<FindingNumber> numbers;
    FindingSeries series; // without values when there is none
    QList<FindingAction> actions; // the best first
    qint64 firstSeenMs = 0, lastSeenMs = 0;
    bool active = true;
    bool dismissed = false;
    qint64 snoozedUntilMs = 0; // of a dismissed one; 0: until it is restored

    bool isOpen() const { return active && !dismissed; }
    bool operator==(const HealthFinding&) const = default;
};

struct FindingRule {
    QString id;
    QString title;
    QString threshold; // in words
};

struct HealthFindings {
    qint64 evaluatedMs = 0;
    QList<HealthFinding> findings; // worst first; dismissed ones and those that are over too
    QList<FindingRule> rules;
};

} // namespace gantry::rpc
