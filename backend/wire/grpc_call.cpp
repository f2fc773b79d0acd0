#include "backend/wire/grpc_call.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/wire/audit_entries.h"
#include "backend/wire/validator.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <boost/asio/post.hpp>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <algorithm>

namespace gantry::wire {

using google::protobuf::Message;
using google::protobuf::MessageFactory;

namespace {

constexpr std::size_t kQueueMessages = 16;
constexpr std::size_t kQueueBytes = 4 * 1024 * 1024;
// The status travels in HTTP/2 headers, of which clients take 8 KB.
constexpr std::size_t kMaxMessageBytes = 4'096;

grpc::ByteBuffer serialize(const Message& message)
{
    grpc::ByteBuffer buffer;
    const auto size = static_cast<int>(message.ByteSizeLong());
    grpc::ProtoBufferWriter writer(&buffer, grpc::kProtoBufferWriterMaxBufferLength, size);
    message.SerializeToZeroCopyStream(&writer);
    return buffer;
}

std::string cut(std::string text)
{
    if (text.size() > kMaxMessageBytes) {
        std::size_t end = kMaxMessageBytes;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
            --end;
        text.resize(end);
    }
    return text;
}

absl::Status notImplemented(const OperationSchema& operation)
{
    return makeError("NotImplemented", 501,
                     absl::StrCat("Gantry does not implement ", operation.method->name(), " yet."));
}

} // namespace

grpc::ServerGenericBidiReactor* GrpcCall::start(GrpcContext context,
                                                grpc::GenericCallbackServerContext* server)
{
    const std::shared_ptr<GrpcCall> call(new GrpcCall(std::move(context), server));
    call->m_self = call;
    // "/gantry.v1.Monitor/WatchMetrics" is the descriptor "gantry.v1.Monitor.WatchMetrics".
    const std::string path = server->method();
    const std::string name =
        path.empty() ? path : absl::StrReplaceAll(path.substr(1), {{"/", "."}});
    call->read(call->m_context.schema.find(name));
    return call.get();
}

GrpcCall::GrpcCall(GrpcContext context, grpc::GenericCallbackServerContext* server)
    : m_context(std::move(context)), m_server(server)
{
}

void GrpcCall::read(const OperationSchema* operation)
{
    m_operation = operation;
    if (operation)
        StartRead(&m_incoming);
    else
        finish(absl::UnimplementedError(
            absl::StrCat("This gantryd does not know ", m_server->method(), ".")));
}

void GrpcCall::OnReadDone(bool ok)
{
    if (!ok) {
        finish(absl::InvalidArgumentError("The call came without a request."));
        return;
    }
    const std::shared_ptr<Message> request(MessageFactory::generated_factory()
                                               ->GetPrototype(m_operation->method->input_type())
                                               ->New());
    grpc::ProtoBufferReader reader(&m_incoming);
    if (!reader.status().ok() || !request->ParseFromZeroCopyStream(&reader)) {
        finish(absl::InvalidArgumentError("The request is no valid message of its type."));
        return;
    }
    m_incoming.Clear();
    boost::asio::post(m_context.io,
                      [self = shared_from_this(), request] { self->dispatch(request); });
}

void GrpcCall::dispatch(const std::shared_ptr<Message>& request)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_ended)
            return; // the caller has gone already; the server perhaps as well
    }
    const api::OperationTable::Operation* implementation =
        m_context.table.find(m_operation->method);
    if (!implementation) {
        finish(notImplemented(*m_operation));
        return;
    }
    if (absl::Status status = prepare(*m_operation->input, *request); !status.ok()) {
        finish(std::move(status));
        return;
    }
    m_call = std::make_shared<api::Call>();
    m_call->requestId = randomUuid();
    m_call->console = true;
    m_call->accountId = m_context.accountId;
    m_call->principalArn = m_context.principalArn;
    m_call->request = request;
    keep(*request);
    if (implementation->stream) {
        implementation->stream(m_call, *request, shared_from_this());
    } else {
        implementation->unary(m_call, *request,
                              [self = shared_from_this()](absl::StatusOr<api::MessagePtr> result) {
                                  self->replyUnary(std::move(result));
                              });
    }
}

// The console's user is the owner of the socket, who may do everything.
void GrpcCall::keep(const Message& request) const
{
    if (!m_context.audit || !isKept(*m_operation))
        return;
    v1::AuditEntry entry;
    m_context.authorizer->describe(*m_operation, request, *m_call, entry);
    entry.set_door("console");
    entry.set_reason(iam::AccessControl::kRootReason);
    m_context.audit->record(std::move(entry));
}

void GrpcCall::replyUnary(absl::StatusOr<api::MessagePtr> result)
{
    if (result.ok())
        write(**result);
    finish(result.status());
}

bool GrpcCall::hasRoom() const
{
    return m_queue.size() < kQueueMessages && m_queuedBytes < kQueueBytes;
}

bool GrpcCall::write(const Message& message)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_ended || !hasRoom())
            return false;
    }
    // Only the I/O thread adds, so there is still room after this.
    grpc::ByteBuffer buffer = serialize(message);
    {
        const std::lock_guard lock(m_mutex);
        m_queuedBytes += buffer.Length();
        m_queue.push_back(std::move(buffer));
    }
    pump();
    return true;
}

void GrpcCall::onWritable(std::function<void()> callback)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_ended)
            return;
        if (!hasRoom()) {
            m_writable = std::move(callback);
            return;
        }
    }
    boost::asio::post(m_context.io, std::move(callback));
}

void GrpcCall::finish(absl::Status status)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_ended)
            return;
        m_ended = true;
        m_status = std::move(status);
        m_writable = nullptr;
    }
    if (m_call)
        m_call->onCancelled = nullptr;
    pump();
}

// Decides under the lock which one thing gRPC is told next, and tells it without.
void GrpcCall::pump()
{
    const grpc::ByteBuffer* next = nullptr;
    bool last = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_writing || m_finished)
            return;
        if (!m_queue.empty()) {
            m_writing = true;
            next = &m_queue.front();
        } else if (m_ended) {
            m_finished = last = true;
        }
    }
    if (next)
        StartWrite(next);
    else if (last)
        finishNow(m_status);
}

void GrpcCall::finishNow(const absl::Status& status)
{
    if (status.ok()) {
        Finish(grpc::Status::OK);
        return;
    }
    const AwsError error = awsErrorOf(status);
    m_server->AddTrailingMetadata("gantry-error", error.name);
    // Both sides number the canonical codes alike.
    Finish(grpc::Status(static_cast<grpc::StatusCode>(status.code()), cut(error.message)));
}

void GrpcCall::OnWriteDone(bool ok)
{
    std::function<void()> writable;
    {
        const std::lock_guard lock(m_mutex);
        m_writing = false;
        m_queuedBytes -= m_queue.front().Length();
        m_queue.pop_front();
        if (!ok) {
            m_queue.clear();
            m_queuedBytes = 0;
        }
        if (hasRoom())
            writable = std::exchange(m_writable, nullptr);
    }
    pump();
    if (writable)
        boost::asio::post(m_context.io, std::move(writable));
}

void GrpcCall::OnCancel()
{
    {
        const std::lock_guard lock(m_mutex);
        // What is being written stays until OnWriteDone.
        while (m_queue.size() > (m_writing ? 1u : 0u)) {
            m_queuedBytes -= m_queue.back().Length();
            m_queue.pop_back();
        }
        m_writable = nullptr;
        if (!m_ended) {
            m_ended = true;
            m_status = absl::CancelledError("The caller has gone.");
        }
    }
    pump();
    boost::asio::post(m_context.io, [self = shared_from_this()] { self->cancelled(); });
}

void GrpcCall::cancelled()
{
    const api::CallPtr call = std::exchange(m_call, nullptr);
    if (call && call->onCancelled)
        std::exchange(call->onCancelled, nullptr)();
}

void GrpcCall::OnDone()
{
    m_self.reset();
}

} // namespace gantry::wire
