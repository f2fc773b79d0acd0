// The price table that is shipped, as the platform tells it.
#pragma once

#include "gantry/v1/prices.pb.h"

#include <google/protobuf/util/json_util.h>

#include <QFile>

namespace gantry::test {

inline void readPrices(const QString& name, google::protobuf::Message* table)
{
    QFile file(QStringLiteral(GANTRY_SOURCE_DIR "/resources/prices/") + name);
    if (!file.open(QIODevice::ReadOnly) ||
        !google::protobuf::util::JsonStringToMessage(file.readAll().toStdString(), table).ok())
        qFatal("no price table %s", qPrintable(name));
}

inline v1::PriceTable shippedPrices()
{
    v1::PriceTable table;
    readPrices(QStringLiteral("lambda-us-east-1.json"), &table);
    readPrices(QStringLiteral("ec2-us-east-1.json"), table.mutable_instances());
    return table;
}

} // namespace gantry::test
