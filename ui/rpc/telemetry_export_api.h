#pragma once

#include "ui/rpc/result.h"

#include <QDateTime>
#include <QMap>
#include <QString>

#include <functional>

class QObject;

namespace gantry::rpc {

class Channel;

// Metrics and traces that go to other monitoring.
struct ExportSettings {
    bool on = false;
    QString endpoint;
    int intervalSeconds = 60;
    QMap<QString, QString> headers; // without values where they come from the platform, which keeps them
    bool traces = false;

    friend bool operator==(const ExportSettings&, const ExportSettings&) = default;
};

struct ExportStatus {
    ExportSettings settings;
    QDateTime lastSuccess; // invalid: none yet
    QString problem;
    qint64 exports = 0;
    qint64 spans = 0;
    qint64 segmentsDropped = 0;
    QString prometheusEndpoint; // empty: nothing can be fetched
};

class TelemetryExportApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit TelemetryExportApi(Channel& channel) : m_channel(channel) {}

    void status(QObject* context, Done<ExportStatus> done);
    // A header without a value keeps the one that it has.
    void change(const ExportSettings& settings, QObject* context, Done<ExportStatus> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
