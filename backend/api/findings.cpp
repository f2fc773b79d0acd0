#include "backend/api/findings.h"

#include "backend/api/store_operations.h"
#include "backend/observe/findings/findings.h"

namespace gantry::api {

using observe::findings::Findings;

void registerFindings(OperationTable& table, Findings& findings)
{
    onChange(table, findings, &Findings::list);
    onChange(table, findings, &Findings::dismiss);
    onChange(table, findings, &Findings::restore);
}

} // namespace gantry::api
