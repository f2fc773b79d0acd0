#pragma once

#include "backend/api/operation_table.h"
#include "backend/iam/audit_log.h"
#include "backend/wire/authorizer.h"
#include "backend/wire/schema.h"

#include <boost/asio/io_context.hpp>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace gantry::wire {

// What all calls of one server share.
struct GrpcContext {
    boost::asio::io_context& io;
    const api::OperationTable& table;
    const Schema& schema;
    std::string accountId, principalArn;
    const Authorizer* authorizer = nullptr; // with the audit log: says what a call is about
    iam::AuditLog* audit = nullptr;
};

// One RPC, unary or server-streaming, on gRPC's generic callback API. gRPC's threads bring the
// events of the transport, the I/O thread brings messages and the end; a mutex guards the little
// state between them, and is never held while gRPC is called. One write is under way at a time, a
// few wait in a queue, and what does not fit is the producer's to batch (StreamSink::write).
class GrpcCall final : public grpc::ServerGenericBidiReactor,
                       public api::StreamSink,
                       public std::enable_shared_from_this<GrpcCall> {
public:
    // Makes the reactor of a new RPC; it owns itself until gRPC is done with it.
    static grpc::ServerGenericBidiReactor* start(GrpcContext context,
                                                 grpc::GenericCallbackServerContext* server);

    // gRPC's side.
    void OnReadDone(bool ok) override;
    void OnWriteDone(bool ok) override;
    void OnCancel() override;
    void OnDone() override;

    // StreamSink, and the end of unary calls.
    bool write(const google::protobuf::Message& message) override;
    void onWritable(std::function<void()> callback) override;
    void finish(absl::Status status) override;

private:
    GrpcCall(GrpcContext context, grpc::GenericCallbackServerContext* server);

    void read(const OperationSchema* operation);
    void keep(const google::protobuf::Message& request) const;
    void dispatch(const std::shared_ptr<google::protobuf::Message>& request);
    void replyUnary(absl::StatusOr<api::MessagePtr> result);
    void pump();
    void cancelled();
    void finishNow(const absl::Status& status);
    bool hasRoom() const;

    const GrpcContext m_context;
    grpc::GenericCallbackServerContext* m_server;
    std::shared_ptr<GrpcCall> m_self; // until OnDone
    const OperationSchema* m_operation = nullptr;
    grpc::ByteBuffer m_incoming;
    api::CallPtr m_call; // I/O thread only

    std::mutex m_mutex;                   // guards what follows
    std::deque<grpc::ByteBuffer> m_queue; // the first is being written when m_writing
    std::size_t m_queuedBytes = 0;
    bool m_writing = false;
    bool m_ended = false;    // finish came, or the caller has gone: no more messages
    bool m_finished = false; // gRPC has been told
    absl::Status m_status;
    std::function<void()> m_writable;
};

} // namespace gantry::wire
