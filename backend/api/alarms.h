#pragma once

#include "backend/api/alarm_feed.h"
#include "backend/api/operation_table.h"
#include "backend/iam/access.h"
#include "backend/observe/alarms/alarms.h"

namespace gantry::api {

// CloudWatch's alarms and the console's view of them. What is given must outlive the table. A signed
// caller may only name functions as actions that it may invoke itself.
void registerAlarms(OperationTable& table, observe::alarms::Alarms& alarms, AlarmFeed& feed,
                    const iam::AccessControl* access);

} // namespace gantry::api
