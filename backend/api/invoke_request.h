#pragma once

#include "backend/api/operation_table.h"
#include "backend/invoke/dispatcher.h"

#include <string>

namespace gantry::api {

// What a request to invoke says beside the function; the same members in both operations.
struct InvocationMembers {
    const std::string& payload;
    const std::string& clientContext; // as sent: base64
    const std::string& tenantId;
    bool logTail;
};

absl::StatusOr<invoke::Request> readInvocation(const Call& call, const InvocationMembers& members,
                                               functions::Target target);

// Checks what was sent and makes it the dispatcher's request. Errors are those of the Lambda API.
template <class Request>
absl::StatusOr<invoke::Request> readInvocation(const Call& call, const Request& request,
                                               functions::Target target)
{
    return readInvocation(call,
                          InvocationMembers{request.payload(), request.client_context(),
                                            request.tenant_id(), request.log_type() == "Tail"},
                          std::move(target));
}

} // namespace gantry::api
