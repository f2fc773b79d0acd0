#pragma once

#include "pricing/money.h"

#include <QByteArray>
#include <QList>
#include <QMap>
#include <QMetaType>
#include <QString>
#include <QStringList>

// What the Monitor service tells, as Qt values. Times are Unix time in UTC; durations are
// milliseconds unless the name says otherwise; money is US dollars.
namespace gantry::rpc {

// What happened to one function (or the account, when functionName is empty) in the interval
// [startMs, startMs + widthMs).
struct MetricsPoint {
    QString functionName;
    qint64 startMs = 0;
    int widthMs = 1000; // 1,000, 60,000 or 3,600,000
    qint64 invocations = 0;
    qint64 errors = 0;
    qint64 throttles = 0;
    qint64 coldStarts = 0;
    int concurrency = 0;  // highest number of concurrent executions in the interval
    int environments = 0; // live environments at its end, idle ones included
    double durationSumMs = 0;
    double durationP50Ms = 0;
    double durationP90Ms = 0;
    double durationP99Ms = 0;
    double durationMaxMs = 0;
    double initSumMs = 0;
    qint64 billedMs = 0;
    pricing::Money costUsd;
    qint64 memoryMaxBytes = 0;
};

// One message of the live stream: the second that is running now.
struct MetricsFrame {
    qint64 timeMs = 0;
    MetricsPoint account;
    QList<MetricsPoint> functions; // only those that changed since the last frame
    pricing::Money costPerHourUsd; // over the last 60 seconds, extrapolated
};

struct MetricsQuery {
    QString functionName; // empty: the account
    qint64 fromMs = 0;
    qint64 toMs = 0;
    int maxPoints = 600;     // the platform picks the finest width that fits
    bool byFunction = false; // one series a function instead of the account's
};

struct MetricsHistory {
    int widthMs = 1000;
    QList<MetricsPoint> points; // by function, then by time; intervals without events are left out
};

struct LogLine {
    enum class Source { Function, Platform }; // Platform: START, END, REPORT, INIT_START

    qint64 id = 0; // ascending
    qint64 timeUs = 0;
    QString functionName;
    QString requestId;
    QString stream; // the log stream, one an environment
    QString message;
    Source source = Source::Function;
};

struct LogBatch {
    QList<LogLine> lines;
    qint64 dropped = 0; // lines left out because the reader was too slow
};

struct LogQuery {
    QStringList functionNames; // none: all
    QString requestId;
    qint64 fromMs = 0;
    qint64 toMs = 0; // 0: now
    QString contains;
    bool matchCase = false;
    int limit = 1000; // at most 10,000
};

struct InvocationSummary {
    QString requestId;
    QString functionName;
    QString version;
    QString alias;
    qint64 startedAtMs = 0;
    double durationMs = 0;
    qint64 billedMs = 0;
    double initMs = 0;    // 0 when warm or restored
    double restoreMs = 0; // of a cold start from a snapshot
    bool coldStart = false;
    int memorySizeMb = 0;
    qint64 memoryUsedBytes = 0;
    QString errorType; // empty on success
    QString errorMessage;
    pricing::Money costUsd;
    QString logStream;
    double queueMs = 0; // from acceptance to the moment the environment took the event
    QString architecture;
    bool emulated = false;
};

struct InvocationDetail {
    InvocationSummary summary;
    QByteArray event; // as sent; empty when it was too large to keep
    QByteArray response;
    bool eventKept = false;
    bool responseKept = false;
    QList<LogLine> log;
};

struct InvocationsQuery {
    QString functionName; // empty: all
    int limit = 100;      // newest first
    qint64 beforeMs = 0;  // 0: now
};

struct FunctionOverview {
    QString name;
    QString arn;
    QString runtime;
    QString handler;
    QString description;
    int memoryMb = 0;
    int timeoutS = 0;
    QString architecture;
    qint64 codeSize = 0;
    QString lastModified;
    QString state;
    QString stateReason;
    QString lastUpdateStatus;
    QString packageType;
    QString logGroup;
    QMap<QString, QString> tags;
};

struct FunctionEvent {
    enum class Kind {
        Present,     // there at the start of the watch
        SnapshotEnd, // all that are there have been told
        Created,
        Updated,
        Deleted, // only function.name is set
    };
    Kind kind = Kind::Present;
    FunctionOverview function;
};

} // namespace gantry::rpc

Q_DECLARE_METATYPE(gantry::rpc::MetricsFrame)
Q_DECLARE_METATYPE(gantry::rpc::LogBatch)
