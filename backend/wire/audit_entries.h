#pragma once

#include "backend/base/http.h"
#include "backend/iam/access.h"
#include "backend/wire/schema.h"
#include "gantry/v1/audit.pb.h"

#include <absl/status/status.h>

#include <string>
#include <string_view>

namespace gantry::wire {

// Through which door a request came, from where and with what.
void addSource(std::string_view door, const HttpRequest& request, v1::AuditEntry& entry);

// What was decided about a call, and of a denied one all that the decision knew.
void addDecision(const iam::AccessRequest& asked, iam::Judgement judged, v1::AuditEntry& entry);

// What an allowed call needed besides; what is too much for a request of AWS is not kept.
void addUse(const std::string& action, const std::string& resource, v1::AuditEntry& entry);

// Whether a call of the console is kept: it changes something, or shows what is sensitive.
bool isKept(const OperationSchema& operation);

// Of a request whose signature was not good. It says nothing that the sender claimed but could not
// prove, so that a flood of them shares one entry.
v1::AuditEntry rejectedEntry(std::string_view door, const HttpRequest& request,
                             const std::string& requestId, const absl::Status& status);

} // namespace gantry::wire
