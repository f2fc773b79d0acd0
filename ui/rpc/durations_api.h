#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_types.h"
#include "ui/rpc/result.h"

#include <functional>

class QObject;

namespace gantry::rpc {

struct DurationsQuery {
    QString functionName; // or "function:qualifier"; empty: the account
    qint64 fromMs = 0;
    qint64 toMs = 0;
    int maxColumns = 60;
};

// How durations spread over time. Row r counts those above growth^r ms, up to and with growth^(r+1).
struct DurationHistogram {
    struct Column {
        qint64 startMs = 0;
        int firstRow = 0;
        QList<qint64> counts;
    };

    int rollUpMs = 1000; // what is kept of that time; no column is finer
    qint64 columnMs = 1000;
    double growth = 1.2;
    QList<Column> columns; // by time; those without invocations are left out
};

// The invocations that a cell of a heat map counts: by when they finished and how long they took.
struct CellQuery {
    QString functionName; // empty: of the account
    QString qualifier;    // an alias, a version or "alias,version"; empty: all
    qint64 finishedFromMs = 0;
    qint64 finishedToMs = 0;
    double durationAboveMs = 0;
    double durationToMs = 0; // with it
};

// How long invocations took. Answers come on the GUI thread; one whose context is gone is dropped.
class DurationsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit DurationsApi(Channel& channel) : m_channel(channel) {}

    void query(const DurationsQuery& query, QObject* context, Done<DurationHistogram> done);
    // Newest first, those that began before a time; 0: now.
    void invocationsOf(const CellQuery& cell, int limit, qint64 beforeMs, QObject* context,
                       Done<QList<InvocationSummary>> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
