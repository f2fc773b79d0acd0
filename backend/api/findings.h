#pragma once

namespace gantry::observe::findings {
class Findings;
}

namespace gantry::api {

class OperationTable;

// What the platform finds by itself, for the console. findings must outlive the table.
void registerFindings(OperationTable& table, observe::findings::Findings& findings);

} // namespace gantry::api
