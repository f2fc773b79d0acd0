// What the console knows about functions, as Qt values: no protobuf type leaves ui/rpc.
#pragma once

#include "pricing/money.h"

#include <QByteArray>
#include <QDateTime>
#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace gantry::rpc {

using StringMap = QMap<QString, QString>;

// Where a function's log goes and how it looks. The levels count with JSON only.
struct LogSettings {
    bool json = false;
    QString applicationLevel = QStringLiteral("INFO"); // TRACE to FATAL
    QString systemLevel = QStringLiteral("INFO");      // DEBUG, INFO, WARN
    QString group;                                     // /aws/lambda/NAME unless chosen

    friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

// One version of a function ($LATEST included), as the Lambda API describes it.
struct FunctionConfiguration {
    QString name;
    QString arn;
    QString version; // $LATEST or a number
    QString runtime; // e.g. python3.13
    QString handler;
    QString role;
    QString description;
    int memoryMb = 128;
    int timeoutS = 3;
    int tmpMb = 512;      // size of /tmp
    QString architecture; // x86_64 or arm64
    QString packageType;  // Zip or Image
    bool tenantIsolation = false; // every call names its tenant
    bool snapStart = false;       // published versions are restored from a snapshot
    bool activeTracing = false;   // its calls are sampled and traced
    StringMap environment;
    QString kmsKeyArn; // that seals the environment variables; empty: the platform's own
    LogSettings log;
    QString runtimeBuildArn; // of the runtime in use
    QStringList layers;  // ARNs
    qint64 codeSize = 0; // bytes
    QString codeSha256;
    QDateTime lastModified;
    QString revisionId;
    QString state; // Pending, Active, Inactive, Failed
    QString stateReason;
    QString lastUpdateStatus; // Successful, InProgress, Failed
    QString lastUpdateReason;
};

struct FunctionDetails {
    FunctionConfiguration configuration;
    StringMap tags;
    std::optional<int> reservedConcurrency;
};

struct NewFunction {
    QString name;
    QString runtime;
    QString handler;
    QString role = QStringLiteral("arn:aws:iam::000000000000:role/gantry");
    QString description;
    int memoryMb = 128;
    int timeoutS = 3;
    int tmpMb = 512;
    QString architecture = QStringLiteral("x86_64");
    StringMap environment;
    StringMap tags;
    QByteArray zip;
    bool publish = false;
};

struct CodeUpdate {
    QByteArray zip;
    QString architecture; // empty: as it is
    QString revisionId;   // empty: no precondition
    bool publish = false;
    bool dryRun = false; // validates, changes nothing
};

// Only what is set changes.
struct ConfigurationChange {
    std::optional<QString> runtime;
    std::optional<QString> handler;
    std::optional<QString> role; // ARN
    std::optional<QString> description;
    std::optional<int> memoryMb;
    std::optional<int> timeoutS;
    std::optional<int> tmpMb;
    std::optional<StringMap> environment;
    std::optional<QString> kmsKeyArn; // empty: the platform's own
    std::optional<LogSettings> log;
    std::optional<bool> snapStart;
    std::optional<bool> activeTracing;
    QString revisionId; // empty: no precondition
};

struct Alias {
    QString name;
    QString arn;
    QString version; // takes what the others leave
    QString description;
    QString revisionId;
    QMap<QString, double> weights; // further version -> share of traffic, 0 to 1
};

enum class InvocationType { RequestResponse, Event, DryRun };

struct InvokeRequest {
    QString function;
    QString qualifier; // empty: $LATEST
    QByteArray payload;
    QString tenantId; // of a function with tenant isolation
    QString clientContext; // base64 of a JSON document; empty: none
    InvocationType type = InvocationType::RequestResponse;
};

struct InvokeReply {
    int status = 0;        // 200, 202 (Event) or 204 (DryRun)
    QString functionError; // empty, Handled or Unhandled
    QByteArray payload;
    QString log; // the last 4 KB, decoded
    QString executedVersion;
};

// The answer to "does it start?", with the function's own first error when it does not.
struct InitCheck {
    bool ok = false;
    double initMs = 0;
    QString errorType;
    QString errorMessage;
    QString errorFile; // relative to the package; empty when unknown
    int errorLine = 0; // from 1; 0 when unknown
    QStringList stackTrace;
    QStringList log;
};

struct LoadRequest {
    QString function;
    QString qualifier;
    QByteArray payload;
    int concurrency = 1;
    qint64 count = 0;         // 0: until durationMs is over
    qint64 durationMs = 0;    // 0: until count is reached
    double ratePerSecond = 0; // 0: as fast as the concurrency allows
};

struct LoadProgress {
    qint64 elapsedMs = 0;
    qint64 sent = 0;
    qint64 succeeded = 0;
    qint64 failed = 0;
    qint64 throttled = 0;
    qint64 coldStarts = 0;
    int inFlight = 0;
    double perSecond = 0;
    double p50Ms = 0;
    double p90Ms = 0;
    double p99Ms = 0;
    double maxMs = 0;
    pricing::Money costUsd;
    bool finished = false;
    QString firstError;
};

struct Package {
    QByteArray zip;
    QString codeSha256;
};

} // namespace gantry::rpc
