// What the console knows about power tuning, as Qt values; see proto/gantry/v1/tuning.proto.
#pragma once

#include <QByteArray>
#include <QDateTime>
#include <QList>
#include <QString>
#include <QStringList>

namespace gantry::rpc {

enum class TuningStrategy { Cost, Speed, Balanced };
enum class TuningState { Running, Sure, Budget, Stopped, Failed, Imported };

struct TuningPayload {
    QByteArray payload;
    int weight = 1;
};

struct TuningOptions {
    QList<int> sizesMb; // empty: all
    QList<TuningPayload> payloads;
    TuningStrategy strategy = TuningStrategy::Cost;
    double balancedWeight = 0.5; // 0 speed to 1 cost
    bool parallel = false;
    double discardTopBottom = 0.2;
    int sleepMs = 0;
    bool onlyColdStarts = false;
    QString preProcessor, postProcessor;
    bool dryRun = false;
    bool autoOptimize = false;
    QString autoOptimizeAlias;
    QStringList allowedExceptions;
    bool bothArchitectures = true;
    int maxCalls = 60;
    double maxUsd = 0;
    double maxMinutes = 0;
    double p95LimitMs = 0;
    int num = 3; // calls in one environment, the first of them cold
    double epsilon = 0.02;
    double coldShare = 0; // negative: as the function's traffic has it
};

struct TuningInterval { // 95 %
    double mean = 0, low = 0, high = 0;
};

struct TuningEstimate {
    enum class State { Estimated, OutOfMemory, TimedOut, Unknown };
    int memoryMb = 0;
    QString architecture;
    State state = State::Unknown;
    TuningInterval durationMs, costUsd;
    double p95Ms = 0;
    double initMs = 0, coldDurationMs = 0, coldCostUsd = 0;
    int calls = 0;
    double measuredMeanMs = 0;
    double memoryUsedMb = 0;
    bool modelled = false; // another architecture's durations at this one's price
    bool pareto = false;
};

struct TuningPick {
    int index = -1; // into estimates
    double sure = 0;
    double regretAtMost = 0;
};

struct TuningSaving {
    double invocationsPerMonth = 0;
    double fromDays = 0;
    double usdPerMonth = 0, usdLow = 0, usdHigh = 0;
    double msPerCall = 0;
};

struct TuningApplication {
    QDateTime appliedAt; // invalid: never
    int memoryMb = 0;
    int previousMemoryMb = 0;
    QString version, alias, previousAliasVersion;
    double aliasWeight = 0;
    bool undone = false;
    QString message;
};

struct TuningRun {
    QString id;
    QString functionName;
    QDateTime startedAt;
    qint64 elapsedMs = 0;
    TuningOptions options;
    TuningState state = TuningState::Running;
    QString message;
    int startMemoryMb = 0;
    QString startArchitecture;
    bool codeChanged = false;
    QList<TuningEstimate> estimates;
    TuningPick pick, cheapest, fastest;
    QList<TuningPick> balanced; // for weights 0 to 1 in even steps
    int calls = 0;
    int environments = 0;
    double spentUsd = 0;
    double gbSeconds = 0;
    QList<int> nextMb; // under way
    TuningSaving saving;
    double coldShare = 0;
    double restoreMs = 0; // mean of the function's own restores
    int restores = 0;     // 0: none was seen
    TuningApplication application;
    QString priceRegion, priceAsOf;
    double cpuMs = 0, waitMs = 0, threads = 0;
};

struct TuningExport {
    QString json, link;
};

} // namespace gantry::rpc
