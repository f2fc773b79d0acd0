#pragma once

#include "backend/wire/codec.h"

namespace gantry::wire {

// AWS's restJson1 protocol: members in the path, the query, headers, a JSON body or a raw payload.
class RestJsonCodec final : public Codec {
public:
    absl::Status decode(HttpRequest& request, const Route& route,
                        google::protobuf::Message& message) const override;
    HttpReply encode(const OperationSchema& operation,
                     google::protobuf::Message& message) const override;
    HttpReply encodeError(const ServiceSchema* service, const AwsError& error) const override;
};

} // namespace gantry::wire
