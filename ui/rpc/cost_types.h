#pragma once

#include "pricing/money.h"

#include <QList>
#include <QString>
#include <QStringList>

// What the Cost service tells, as Qt values. Sums are list prices unless called free or due; months
// are those of UTC, as in 2026-11.
namespace gantry::rpc {

// Of a whole month. An estimate.
struct Forecast {
    pricing::Money expected;
    pricing::Money low;
    pricing::Money high;
    int fullDays = 0; // of history; with fewer than three the band is wide
};

struct BillLine {
    QString item; // e.g. duration-x86; proto/gantry/v1/cost.proto lists them
    qint64 quantity = 0;
    qint64 freeQuantity = 0;
    pricing::Money listed;
    pricing::Money free;
};

struct Bill {
    QString month;
    QList<BillLine> lines;
    pricing::Money listed;
    pricing::Money free;
    pricing::Money due;
    pricing::Money adjustment; // of a price table that was changed within the month
    pricing::Money perHour;
    Forecast forecast;
    qint64 freeRequests = 0; // that a month gives
    qint64 freeGbSeconds = 0;
    QString priceLabel;
};

struct CostShare {
    QString name; // empty: what has no such tag, alias or tenant
    qint64 invocations = 0;
    double gbSeconds = 0;
    pricing::Money listed;
    pricing::Money free;
    pricing::Money due;
    pricing::Money perHour;
    Forecast forecast;
};

struct CostShares {
    QString month;
    QList<CostShare> shares; // the dearest first
    QStringList tagKeys;     // that usage of the month carries
};

struct BillAudit {
    qint64 records = 0;
    qint64 invocations = 0;
    pricing::Money recomputed;
    pricing::Money running;
    bool complete = false;
    bool agrees = false;
};

struct Budget {
    enum class Scope { Account, Function, Tag, Tenant };

    QString name;
    Scope scope = Scope::Account;
    QString value; // function, key=value, tenant
    pricing::Money limit;
    int alarmPercent = 100;
    bool onForecast = false;
    bool inAlarm = false; // from here on set by the platform
    qint64 sinceMs = 0;
    pricing::Money actual;
    pricing::Money forecast;
};

} // namespace gantry::rpc
