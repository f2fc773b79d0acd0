#pragma once

#include "backend/iam/access.h"
#include "backend/iam/audit_log.h"
#include "gantry/v1/access.pb.h"

#include <vector>

namespace gantry::iam {

// What a careful owner wants to know about the permissions there are: who outside of the account (or
// everyone) has access, by policies of resources and trust policies of roles, what is allowed and was
// never used since the record began, what allows everything, what cannot be read.
std::vector<v1::Finding> findAccess(const AccessControl& access, const AuditLog::Usage& usage);

// Every action pattern that the policies of one identity name, with its last use.
std::vector<v1::GrantedAccess> grantedAccess(const PolicySet& policies,
                                             const std::vector<AuditLog::Use>& uses);

} // namespace gantry::iam
