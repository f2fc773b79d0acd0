#pragma once

#include "backend/iam/audit_log.h"

#include <string>
#include <vector>

namespace gantry::iam {

// The policy document that allows what was used and nothing else: one statement for every set of
// actions that were used on the same resources. logGroups: ARNs of log groups that the principal
// writes, which the platform does for it.
std::string leastPrivilege(const std::vector<AuditLog::Use>& uses, bool withDenied,
                           const std::vector<std::string>& logGroups);

// All statements of some documents in one, to compare with.
std::string joinedDocument(const std::vector<std::string>& documents);

// JSON with four spaces, the elements of a statement in the order in which AWS writes them.
std::string formatPolicy(const std::string& document);

} // namespace gantry::iam
