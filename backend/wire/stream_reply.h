#pragma once

#include "backend/api/operation_table.h"
#include "backend/base/byte_queue.h"
#include "backend/wire/schema.h"

#include <functional>
#include <memory>
#include <string>

namespace gantry::wire {

// The HTTP end of a server-streaming operation: the fields of the first message make the head, the
// event that each message carries (EVENT_STREAM) becomes a frame of the body. Which event it is,
// and how it is written, comes from the schema. I/O thread only.
class StreamReply final : public api::StreamSink,
                          public BodySource,
                          public std::enable_shared_from_this<StreamReply> {
public:
    // How the reply begins: with a head whose body is this, or with the error that came instead.
    using Head = std::function<HttpReply(const google::protobuf::Message& first)>;
    using Error = std::function<HttpReply(const absl::Status& status)>;
    using Send = std::function<void(HttpReply)>;

    StreamReply(const OperationSchema& operation, api::CallPtr call, Head head, Error error,
                Send send);

    bool write(const google::protobuf::Message& message) override;
    void onWritable(std::function<void()> callback) override;
    void finish(absl::Status status) override;

    void read(std::function<void(Part)> done) override { m_body.read(std::move(done)); }
    void cancel() override;

private:
    void begin(const google::protobuf::Message& first);

    const OperationSchema& m_operation;
    api::CallPtr m_call;
    Head m_head;
    Error m_error;
    Send m_send; // until the head has gone
    ByteQueue m_body;
};

} // namespace gantry::wire
