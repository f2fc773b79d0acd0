#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QPair>
#include <QString>

namespace gantry::models {

// A segment or subsegment on the time line of its trace.
struct TimelineSpan {
    QString id;
    QString name;
    QString kind; // Lambda service, Lambda function, aws, remote; empty for any other part of those
    int depth = 0;
    bool segment = false; // of a service of its own, not a part of one
    double startMs = 0;   // after the trace's start
    double endMs = 0;
    bool inProgress = false;
    bool fault = false, error = false, throttle = false;
    QString message; // of its first exception
    // Where the trace waited for this span and for nothing below it: the critical path.
    QList<QPair<double, double>> critical;
    QJsonObject details; // the document without what is below it

    double durationMs() const { return endMs - startMs; }
};

// What segment documents tell, parents before their parts and those in the order of time. Documents may
// hold anything; what is no segment is left out.
struct TraceTimeline {
    QList<TimelineSpan> spans;
    qint64 startMs = 0; // Unix time
    double durationMs = 0;

    static TraceTimeline of(const QList<QByteArray>& documents);
};

} // namespace gantry::models
