#pragma once

#include "ui/rpc/traces_types.h"

#include <QHash>
#include <QList>
#include <QPoint>

namespace gantry::models {

// Columns and rows for the services of a map: callers to the left of what they call, also where calls
// go in a circle. By ServiceNode::id; x is the column, y the row in it.
QHash<int, QPoint> layOutServices(const QList<rpc::ServiceNode>& services);

} // namespace gantry::models
