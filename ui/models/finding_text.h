// How findings are said in words.
#pragma once

#include "ui/rpc/findings_types.h"

#include <QString>

namespace gantry::models {

QString severityText(rpc::FindingSeverity severity);
QString numberText(double value, rpc::FindingUnit unit);
// Of what a button does about it, and the route that does it.
QString actionText(rpc::FindingAction action);
QString actionRoute(rpc::FindingAction action, const QString& function);
// Open, dismissed, snoozed until, over.
QString stateText(const rpc::HealthFinding& finding);

} // namespace gantry::models
