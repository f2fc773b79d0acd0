#include "backend/api/invoke_request.h"

#include "backend/api/event_json.h"
#include "backend/base/error.h"

#include <absl/strings/escaping.h>

#include <memory>
#include <utility>

namespace gantry::api {
namespace {

constexpr std::size_t kMaxClientContext = 3583; // bytes, encoded

absl::StatusOr<std::string> decodeClientContext(const std::string& encoded)
{
    std::string context;
    if (encoded.size() > kMaxClientContext || !absl::Base64Unescape(encoded, &context) ||
        !checkEvent(context).ok() || !context.starts_with('{'))
        return makeError("InvalidRequestContentException", 400,
                         "Client context must be a valid Base64-encoded JSON object.");
    return context;
}

absl::Status checkTenant(const runtime::EnvironmentSpec& spec, const std::string& tenantId)
{
    if (spec.tenantIsolation && tenantId.empty())
        return invalidParameter("The invoked function is enabled with tenancy configuration. Add a "
                                "valid tenant ID in your request and try again.");
    if (!spec.tenantIsolation && !tenantId.empty())
        return invalidParameter("The invoked function is not enabled with tenancy configuration. "
                                "Remove the tenant ID from your request and try again.");
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<invoke::Request> readInvocation(const Call& call, const InvocationMembers& members,
                                               functions::Target target)
{
    static const auto kEmptyEvent = std::make_shared<const std::string>("{}");
    invoke::Request result;
    result.requestId = call.requestId;
    result.traceId = call.traceId;
    result.logTail = members.logTail;
    if (absl::Status status = checkTenant(*target.spec, members.tenantId); !status.ok())
        return status;
    result.tenantId = members.tenantId;
    result.target = std::move(target);
    if (!members.clientContext.empty()) {
        auto context = decodeClientContext(members.clientContext);
        if (!context.ok())
            return context.status();
        result.clientContext = *std::move(context);
    }
    if (members.payload.empty()) {
        result.event = kEmptyEvent;
        return result;
    }
    if (absl::Status status = checkEvent(members.payload); !status.ok())
        return status;
    result.event = std::make_shared<const std::string>(members.payload);
    return result;
}

} // namespace gantry::api
