#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/platform_types.h"
#include "ui/rpc/result.h"

#include <QByteArray>
#include <QDateTime>
#include <QList>
#include <QString>

#include <functional>

namespace gantry::rpc {

// A price table of the platform, as values to count with and as the JSON that files have.
struct PriceTableEntry {
    QString region; // its name
    PriceTable prices;
    QByteArray json;
    QString source;
    bool edited = false;  // the user's
    bool shipped = false; // the installation has one of this region
    bool inUse = false;
};

struct PriceTables {
    QList<PriceTableEntry> entries;
    QDateTime since; // the one in use counts since; invalid: always
};

// The price tables of the Cost service. Answers come on the GUI thread unless context is gone by
// then; every change is answered with all tables as they are then.
class PriceTablesApi final {
public:
    using Done = std::function<void(Result<PriceTables>)>;

    explicit PriceTablesApi(Channel& channel) : m_channel(channel) {}

    void list(QObject* context, Done done);
    // A table in JSON; what cannot be read as one is an error without a call.
    void put(const QByteArray& json, QObject* context, Done done);
    void remove(const QString& region, QObject* context, Done done);
    void use(const QString& region, QObject* context, Done done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
