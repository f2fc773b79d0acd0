#pragma once

#include "backend/wire/codec.h"

namespace gantry::wire {

// AWS's query protocol: the operation is the parameter Action of a form in the body (or of the query
// of a GET), answers and errors are XML.
class QueryCodec final : public Codec {
public:
    absl::Status decode(HttpRequest& request, const Route& route,
                        google::protobuf::Message& message) const override;
    HttpReply encode(const OperationSchema& operation,
                     google::protobuf::Message& message) const override;
    HttpReply encodeError(const ServiceSchema* service, const AwsError& error) const override;
    void identify(HttpReply& reply, const std::string& requestId) const override;
};

} // namespace gantry::wire
