#pragma once

#include "backend/iam/action_catalogue.h"

namespace gantry::functions {
class Registry;
}
namespace gantry::iam {
class AccessControl;
class AuditLog;
} // namespace gantry::iam

namespace gantry::api {

class OperationTable;

// What the console asks about permissions beyond IAM's own API. The four outlive the table.
void registerAccess(OperationTable& table, const iam::AccessControl& access, iam::AuditLog& log,
                    const functions::Registry& registry, const iam::ActionCatalogue& catalogue);

// ValidatePolicy, ListAnalyzers and ListFindings of IAM Access Analyzer.
void registerAccessAnalyzer(OperationTable& table, const iam::AccessControl& access,
                            const iam::ActionCatalogue& catalogue);

} // namespace gantry::api
