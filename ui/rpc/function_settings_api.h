#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

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

// What belongs to a function beside its configuration, by the Lambda API's own operations. Answers
// come on the GUI thread; one whose context is gone is dropped.
class FunctionSettingsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit FunctionSettingsApi(Channel& channel) : m_channel(channel) {}

    void eventInvoke(const QString& function, QObject* context, Done<EventInvokeSettings> done);
    void setEventInvoke(const QString& function, const EventInvokeSettings& settings,
                        QObject* context, Done<Nothing> done);
    // Whether recursive loops are stopped.
    void stopsLoops(const QString& function, QObject* context, Done<bool> done);
    void setStopsLoops(const QString& function, bool stops, QObject* context, Done<Nothing> done);
    // The layers in their order; the revision is the precondition.
    void setLayers(const QString& function, const QStringList& arns, const QString& revisionId,
                   QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
