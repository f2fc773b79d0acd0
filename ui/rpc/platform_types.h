#pragma once

#include "pricing/price_table.h"

#include <QDateTime>
#include <QList>
#include <QString>

namespace gantry::rpc {

// One thing that isolation or limits need from the host.
struct HostCapability {
    enum class State { Available, Degraded, Missing };
    QString id;
    QString title;
    State state = State::Missing;
    QString detail;  // what was found
    QString remedy;  // what to do about a gap
};

// The daemon and what this host lets it do.
struct PlatformInfo {
    QString version;
    int apiLevel = 0;
    QString accountId;
    QString region;
    QString dataDirectory;
    QString awsEndpoint;
    QString credentialsFile;
    QString engine;
    QString engineReason;
    QList<HostCapability> capabilities;
    QDateTime startedAt;
    qint64 processId = 0;
    int concurrencyLimit = 0;
    qint64 residentBytes = 0;
};

// One runtime id and the interpreter it maps to on this host.
struct RuntimeInfo {
    QString id;
    QString family;  // python, nodejs, provided
    bool available = false;
    bool exact = false;  // the interpreter's version is the one that the id names
    QString interpreter;
    QString interpreterVersion;
    QString note;
    bool deprecated = false;
};

// The price table in use: of which file and date, and what its own problem is, if any.
struct PriceTable {
    pricing::PriceTable table;
    QString region;
    QString asOf;
    QString problem;

    bool isEmpty() const { return table.x86.duration.empty(); }
};

} // namespace gantry::rpc
