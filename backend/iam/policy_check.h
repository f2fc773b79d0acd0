#pragma once

#include "backend/iam/action_catalogue.h"
#include "backend/iam/policy.h"
#include "gantry/v1/access.pb.h"

#include <string>
#include <vector>

namespace gantry::iam {

// What is wrong with a policy document and what could be better: the parser's error, or warnings and
// suggestions about what it says. The most serious first.
std::vector<v1::PolicyIssue> checkPolicy(const std::string& document, PolicyKind kind,
                                         std::size_t limit, const ActionCatalogue& catalogue);

} // namespace gantry::iam
