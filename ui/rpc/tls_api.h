#pragma once

#include "ui/rpc/result.h"

#include <QDateTime>
#include <QString>
#include <QStringList>

#include <functional>

class QObject;

namespace gantry::rpc {

class Channel;

// HTTPS of the platform, and the authority that clients are to trust for it.
struct TlsStatus {
    bool on = false;
    QString endpoint;
    QString authorityName; // empty until it was switched on for the first time, as the next ones
    QString certificateFile;
    QString certificatePem;
    QString fingerprint;
    QDateTime expires;
    QStringList names;
};

class TlsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit TlsApi(Channel& channel) : m_channel(channel) {}

    void status(QObject* context, Done<TlsStatus> done);
    void setOn(bool on, QObject* context, Done<TlsStatus> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
