#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace gantry::iam {
struct Credential;
}

namespace gantry::api {

// Who calls, and how the call can end early.
struct Call {
    std::string requestId;
    std::string traceId;         // X-Amzn-Trace-Id as sent; may be empty
    bool console = false;        // over the gRPC socket, from the daemon's own user
    std::string accessKeyId;     // of the SigV4 signature; empty for the console
    std::string accountId;
    std::string principalArn;
    // Of the signature; null for the console. Valid while the call has not returned to the event
    // loop for the first time.
    const iam::Credential* credential = nullptr;
    // The request that the handler was given, alive as long as the call: bytes in it can be shared
    // instead of copied, e.g. std::shared_ptr<const std::string>(call, &request.payload()).
    std::shared_ptr<const google::protobuf::Message> request;
    // Set by whoever needs to know that the caller has gone. Called on the I/O thread, once, and not
    // after the reply.
    std::function<void()> onCancelled;
};
using CallPtr = std::shared_ptr<Call>;

template <class Response> using Reply = std::function<void(absl::StatusOr<Response>)>;
using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// The far end of a server-streaming RPC. I/O thread only.
class StreamSink {
public:
    virtual ~StreamSink() = default;
    // False when the reader is behind by more than the transport's window: skip or batch, then wait
    // for onWritable. The message is not queued in that case.
    virtual bool write(const google::protobuf::Message& message) = 0;
    // The callback comes once, on the I/O thread and not before this returns: when there is room
    // again, which may be now. It replaces one that still waits.
    virtual void onWritable(std::function<void()> callback) = 0;
    // After what has been written. Nothing may be written afterwards.
    virtual void finish(absl::Status status) = 0;
};
using StreamPtr = std::shared_ptr<StreamSink>;

// Every operation that the platform implements, by its method in proto/. The HTTP front and the
// gRPC server both dispatch through it, so that no operation is implemented twice (rule 1).
// Handlers run on the I/O thread and reply there, later or at once.
class OperationTable final {
public:
    using UnaryHandler = std::function<void(CallPtr, const google::protobuf::Message&,
                                            std::function<void(absl::StatusOr<MessagePtr>)>)>;
    using StreamHandler =
        std::function<void(CallPtr, const google::protobuf::Message&, StreamPtr)>;

    struct Operation {
        const google::protobuf::MethodDescriptor* method = nullptr;
        UnaryHandler unary;    // one of the two is set
        StreamHandler stream;
    };

    // A request message belongs to exactly one RPC, so the request's type names the operation.
    template <class Request, class Response, class Handler> void on(Handler handler)
    {
        Operation operation{methodOf(Request::descriptor()), {}, {}};
        operation.unary = [handler = std::move(handler)](
                              CallPtr call, const google::protobuf::Message& request,
                              std::function<void(absl::StatusOr<MessagePtr>)> reply) {
            handler(std::move(call), static_cast<const Request&>(request),
                    Reply<Response>([reply = std::move(reply)](absl::StatusOr<Response> response) {
                        if (!response.ok())
                            reply(response.status());
                        else
                            reply(MessagePtr(new Response(*std::move(response))));
                    }));
        };
        add(std::move(operation));
    }

    template <class Request, class Handler> void onStream(Handler handler)
    {
        Operation operation{methodOf(Request::descriptor()), {}, {}};
        operation.stream = [handler = std::move(handler)](CallPtr call,
                                                          const google::protobuf::Message& request,
                                                          StreamPtr sink) {
            handler(std::move(call), static_cast<const Request&>(request), std::move(sink));
        };
        add(std::move(operation));
    }

    // Null when the method is declared but not implemented.
    const Operation* find(const google::protobuf::MethodDescriptor* method) const;

private:
    // The one method in the request's file that takes this message; a programming error otherwise.
    static const google::protobuf::MethodDescriptor*
    methodOf(const google::protobuf::Descriptor* request);
    void add(Operation operation);

    absl::flat_hash_map<const google::protobuf::MethodDescriptor*, Operation> m_operations;
};

} // namespace gantry::api
