#pragma once

#include "backend/base/error.h"
#include "backend/base/http.h"
#include "backend/wire/router.h"
#include "backend/wire/schema.h"

#include <absl/status/status.h>
#include <google/protobuf/message.h>

namespace gantry::wire {

// One AWS protocol: how its requests become messages and its answers and errors become HTTP. All
// that it knows about an operation comes from the schema.
class Codec {
public:
    virtual ~Codec() = default;

    // Fills the route's input message. May move the body out of the request.
    virtual absl::Status decode(HttpRequest& request, const Route& route,
                                google::protobuf::Message& message) const = 0;
    // May move bytes out of the message.
    virtual HttpReply encode(const OperationSchema& operation,
                             google::protobuf::Message& message) const = 0;
    // Says in the reply which request it answers.
    virtual void identify(HttpReply& reply, const std::string& requestId) const
    {
        reply.headers.emplace_back("x-amzn-RequestId", requestId);
    }
    // The service may be null: the request was for no operation.
    virtual HttpReply encodeError(const ServiceSchema* service, const AwsError& error) const = 0;
};

} // namespace gantry::wire
