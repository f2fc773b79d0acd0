#pragma once

#include "backend/iam/evaluator.h"

#include <string>

namespace gantry::iam {

// AWS's wording of a refusal: "User: ARN is not authorized to perform: ACTION on resource: ARN
// because no identity-based policy allows the ACTION action".
std::string denialMessage(const AccessRequest& request, const Decision& decision);

// One sentence: which statement of which policy decided, or which policy would have to.
std::string explain(const AccessRequest& request, const Decision& decision);

// Why the statement did or did not apply, with the value that it met:
// "StringEquals on aws:SourceVpc wants vpc-1; the request has vpc-2".
std::string explain(const AccessRequest& request, const StatementOutcome& outcome);

std::string_view sourceName(PolicySource source); // "identity-based policy" ...

} // namespace gantry::iam
