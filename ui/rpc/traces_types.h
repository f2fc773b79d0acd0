#pragma once

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>

namespace gantry::rpc {

// One trace in a list.
struct TraceSummary {
    QString id;
    qint64 startMs = 0; // Unix time
    double durationMs = 0;
    bool fault = false;
    bool error = false;
    bool throttle = false;
    bool partial = false;
    QString entryPoint;   // the service that it came to first
    QStringList services; // all of them, each once
    int status = 0;       // of HTTP; 0: none
    QString method, url;
};

struct TracePage {
    QList<TraceSummary> traces; // newest first
    QString nextToken;          // empty: there are no more
};

struct TraceQuery {
    qint64 fromMs = 0;
    qint64 toMs = 0;
    QString filter; // an X-Ray filter expression
    QString nextToken;
};

// A trace in full: its segment documents.
struct TraceDocuments {
    QString id;
    bool limitExceeded = false;
    QList<QByteArray> segments;
};

struct CallCounts {
    qint64 ok = 0, errors = 0, throttles = 0, faults = 0;
    double totalSeconds = 0;

    qint64 total() const { return ok + errors + throttles + faults; }
    double meanMs() const { return total() > 0 ? totalSeconds * 1000 / double(total()) : 0; }
};

struct ServiceEdge {
    int to = 0; // ServiceNode::id
    CallCounts counts;
};

// A service of the service map, and its calls of others.
struct ServiceNode {
    int id = 0;
    QString name;
    QString type; // AWS::Lambda, client, ...; may be empty
    CallCounts counts;
    QList<ServiceEdge> edges;
};

} // namespace gantry::rpc
