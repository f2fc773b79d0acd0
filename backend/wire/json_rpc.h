#pragma once

#include "backend/wire/codec.h"

#include <string>

namespace gantry::wire {

// AWS's JSON 1.0 and 1.1 protocols: the whole message is the body of a POST to "/".
class JsonRpcCodec final : public Codec {
public:
    explicit JsonRpcCodec(std::string contentType);

    absl::Status decode(HttpRequest& request, const Route& route,
                        google::protobuf::Message& message) const override;
    HttpReply encode(const OperationSchema& operation,
                     google::protobuf::Message& message) const override;
    HttpReply encodeError(const ServiceSchema* service, const AwsError& error) const override;

private:
    std::string m_contentType;
};

} // namespace gantry::wire
