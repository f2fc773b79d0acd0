// Private to ui/rpc: the only header of the console that sees gRPC.
#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <QMetaObject>
#include <QPointer>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace gantry::rpc {

struct Channel::Transport {
    std::shared_ptr<grpc::Channel> channel;
};

// "/package.Service/Method" of the one RPC that takes this request message.
std::string methodPath(const google::protobuf::Descriptor* request);

// What a call that ended so says to the user: the AWS error's name when the platform sent one, its
// message, and whether the daemon is out of reach. The name of an orderly end is empty.
Error toError(const grpc::Status& status, const grpc::ClientContext& context);
Error unavailableError();

// An object of the GUI thread that lives as long as the program; target of all posts. First called
// by a Channel's constructor, so on the GUI thread.
QObject* guiThread();

// Runs work on the GUI thread if context still exists then.
inline void postGuarded(const QPointer<QObject>& context, std::function<void()> work)
{
    QMetaObject::invokeMethod(
        guiThread(),
        [context, work = std::move(work)] {
            if (context)
                work();
        },
        Qt::QueuedConnection);
}

// What convert makes of a response.
template <class Convert, class Response>
using Converted = std::decay_t<std::invoke_result_t<Convert, const Response&>>;

// One unary call. convert runs on a gRPC thread and makes a Qt value of the response; done runs on
// the GUI thread, unless context was destroyed before. Must be called on the GUI thread.
template <class Response, class Request, class Convert>
void call(Channel& channel, const Request& request, QObject* context, Convert convert,
          std::type_identity_t<std::function<void(Result<Converted<Convert, Response>>)>> done,
          std::chrono::milliseconds timeout = std::chrono::seconds(30))
{
    using Value = Converted<Convert, Response>;
    struct State {
        grpc::ClientContext context;
        Request request;
        Response response;
        std::shared_ptr<grpc::Channel> channel;
    };
    const QPointer<QObject> guard(context);
    const auto transport = channel.transport();
    if (!transport) {
        postGuarded(guard, [done = std::move(done)] { done(unavailableError()); });
        return;
    }
    static const std::string path = methodPath(Request::descriptor());
    auto state = std::make_shared<State>();
    state->request = request;
    state->channel = transport->channel;
    state->context.set_deadline(std::chrono::system_clock::now() + timeout);
    grpc::TemplatedGenericStub<Request, Response> stub(transport->channel);
    stub.UnaryCall(&state->context, path, {}, &state->request, &state->response,
                   [state, guard, done = std::move(done), convert](grpc::Status status) {
                       Result<Value> result =
                           status.ok() ? Result<Value>(convert(state->response))
                                       : Result<Value>(toError(status, state->context));
                       postGuarded(guard, [done, result = std::move(result)] { done(result); });
                   });
}

// The gRPC side of one server stream. It keeps itself alive until gRPC is done with it. Values wait
// in a short queue that the GUI thread empties at one go; while it is full nothing is read, and a
// hold keeps the call open so that the GUI thread may start the next read.
template <class Response, class Request, class Convert>
class StreamReactor final : public grpc::ClientBidiReactor<Request, Response> {
public:
    using Value = Converted<Convert, Response>;

    StreamReactor(std::shared_ptr<grpc::Channel> channel, const Request& request, QObject* guard,
                  Convert convert, std::function<void(Value)> onValue,
                  std::function<void(Error)> onEnd)
        : m_channel(std::move(channel)), m_request(request), m_guard(guard),
          m_convert(std::move(convert)), m_onValue(std::move(onValue)), m_onEnd(std::move(onEnd))
    {
    }

    static void start(const std::shared_ptr<StreamReactor>& reactor)
    {
        static const std::string path = methodPath(Request::descriptor());
        reactor->m_self = reactor;
        grpc::TemplatedGenericStub<Request, Response> stub(reactor->m_channel);
        stub.PrepareBidiStreamingCall(&reactor->m_context, path, {}, reactor.get());
        reactor->StartWriteLast(&reactor->m_request, grpc::WriteOptions());
        reactor->StartRead(&reactor->m_response);
        reactor->StartCall();
    }
    void cancel() { m_context.TryCancel(); }

    void OnReadDone(bool ok) override
    {
        if (!ok)
            return;
        Value value = m_convert(m_response);
        bool announce = false;
        bool full = false;
        {
            const std::lock_guard lock(m_mutex);
            announce = m_queue.empty();
            m_queue.push_back(std::move(value));
            full = m_queue.size() >= kQueueLimit;
            m_paused = full;
            if (full)
                this->AddHold();  // before deliver() can see it
        }
        if (announce) {
            QMetaObject::invokeMethod(
                guiThread(), [self = m_self] { self->deliver(); }, Qt::QueuedConnection);
        }
        if (!full)
            this->StartRead(&m_response);
    }
    void OnDone(const grpc::Status& status) override
    {
        postGuarded(m_guard, [end = m_onEnd, error = toError(status, m_context)] { end(error); });
        m_self.reset();
    }

private:
    static constexpr std::size_t kQueueLimit = 256;

    void deliver()
    {
        std::vector<Value> values;
        bool resume = false;
        {
            const std::lock_guard lock(m_mutex);
            values.swap(m_queue);
            resume = std::exchange(m_paused, false);
        }
        for (const Value& value : values) {
            if (m_guard)
                m_onValue(value);
        }
        if (resume) {
            this->StartRead(&m_response);
            this->RemoveHold();
        }
    }

    std::shared_ptr<grpc::Channel> m_channel;
    grpc::ClientContext m_context;
    Request m_request;
    Response m_response;
    QPointer<QObject> m_guard;
    Convert m_convert;
    std::function<void(Value)> m_onValue;
    std::function<void(Error)> m_onEnd;
    std::shared_ptr<StreamReactor> m_self;  // until OnDone
    std::mutex m_mutex;
    std::vector<Value> m_queue;
    bool m_paused = false;  // the queue was full: deliver() reads on
};

// One server stream. convert runs on a gRPC thread; onValue and onEnd on the GUI thread, never after
// the returned object was destroyed. Only a bounded number of messages waits for the GUI thread, so
// a busy GUI slows the sender. onValue and onEnd may destroy the stream.
template <class Response, class Request, class Convert>
std::unique_ptr<Stream>
stream(Channel& channel, const Request& request, Convert convert,
       std::type_identity_t<std::function<void(Converted<Convert, Response>)>> onValue,
       std::function<void(Error)> onEnd)
{
    using Reactor = StreamReactor<Response, Request, Convert>;
    struct Handle final : Stream {
        QObject guard;
        std::shared_ptr<Reactor> reactor;
        ~Handle() override
        {
            if (reactor)
                reactor->cancel();
        }
    };
    auto handle = std::make_unique<Handle>();
    const auto transport = channel.transport();
    if (!transport) {
        postGuarded(QPointer<QObject>(&handle->guard),
                    [onEnd = std::move(onEnd)] { onEnd(unavailableError()); });
        return handle;
    }
    handle->reactor =
        std::make_shared<Reactor>(transport->channel, request, &handle->guard, std::move(convert),
                                  std::move(onValue), std::move(onEnd));
    Reactor::start(handle->reactor);
    return handle;
}

} // namespace gantry::rpc
