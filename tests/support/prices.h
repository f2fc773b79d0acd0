// The price table that is shipped, as the platform tells it.
#pragma once

#include "gantry/v1/prices.pb.h"

#include <google/protobuf/util/json_util.h>

#include <QFile>

namespace gantry::test {

inline v1::PriceTable shippedPrices()
{
    QFile file(QStringLiteral(GANTRY_SOURCE_DIR "/resources/prices/lambda-us-east-1.json"));
    v1::PriceTable table;
    if (!file.open(QIODevice::ReadOnly) ||
        !google::protobuf::util::JsonStringToMessage(file.readAll().toStdString(), &table).ok())
        qFatal("no price table");
    return table;
}

} // namespace gantry::test
