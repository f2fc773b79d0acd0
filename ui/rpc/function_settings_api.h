#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <QByteArray>
#include <QStringList>

#include <functional>

namespace gantry::rpc {

// How asynchronous invocations of a function's $LATEST are handled; Lambda's defaults where nothing
// is configured.
struct EventInvokeSettings {
    int maximumRetries = 2;       // 0 to 2
    int maximumAgeS = 21'600;     // 60 to 21,600
    QString onSuccess, onFailure; // ARNs; empty: none

    bool operator==(const EventInvokeSettings&) const = default;
};

// Where events go that were given up, and who sends them there.
struct DeadLetterSettings {
    QString target; // ARN; empty: none
    QString role;   // ARN
};

// When a function gets a newer build of its runtime.
enum class RuntimeUpdates { Auto, OnFunctionUpdate, Manual };

struct SigningConfig {
    QString arn;
    QString id;
    QString description;
    bool enforces = false; // what is not signed is refused, not only warned of
};

struct NewSigningConfig {
    QString publisher; // names the signing profile: letters, digits, underscores
    QByteArray certificate;
    QString description;
    bool enforces = false;
};

// What belongs to a function beside its configuration, by the Lambda API's own operations. Answers
// come on the GUI thread; one whose context is gone is dropped.
class FunctionSettingsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit FunctionSettingsApi(Channel& channel) : m_channel(channel) {}

    void eventInvoke(const QString& function, QObject* context, Done<EventInvokeSettings> done);
    void setEventInvoke(const QString& function, const EventInvokeSettings& settings,
                        QObject* context, Done<Nothing> done);
    void deadLetter(const QString& function, QObject* context, Done<DeadLetterSettings> done);
    void setDeadLetter(const QString& function, const QString& targetArn, QObject* context,
                       Done<Nothing> done);
    // Whether recursive loops are stopped.
    void stopsLoops(const QString& function, QObject* context, Done<bool> done);
    void setStopsLoops(const QString& function, bool stops, QObject* context, Done<Nothing> done);
    void runtimeUpdates(const QString& function, QObject* context, Done<RuntimeUpdates> done);
    // Manual stays at the build that is named.
    void setRuntimeUpdates(const QString& function, RuntimeUpdates updates,
                           const QString& buildArn, QObject* context, Done<Nothing> done);
    // A configuration that trusts the publisher of the certificate (PEM).
    void createSigning(const NewSigningConfig& config, QObject* context, Done<SigningConfig> done);
    void signingConfigs(QObject* context, Done<QList<SigningConfig>> done);
    // An empty ARN: packages are not checked.
    void signing(const QString& function, QObject* context, Done<QString> done);
    void setSigning(const QString& function, const QString& arn, QObject* context,
                    Done<Nothing> done);
    // The names of the log groups, as far as 50.
    void logGroups(QObject* context, Done<QStringList> done);
    // The layers in their order; the revision is the precondition.
    void setLayers(const QString& function, const QStringList& arns, const QString& revisionId,
                   QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
