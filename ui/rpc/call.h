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
#include <string>

namespace gantry::rpc {

struct Channel::Transport {
    std::shared_ptr<grpc::Channel> channel;
};

// "/package.Service/Method" of the one RPC that takes this request message.
std::string methodPath(const google::protobuf::Descriptor* request);

// What a failed call says to the user.
Error toError(const grpc::Status& status);

// Runs work on the GUI thread if context still exists then.
inline void postGuarded(const QPointer<QObject>& context, QObject* guiThreadObject,
                        std::function<void()> work)
{
    QMetaObject::invokeMethod(
        guiThreadObject,
        [context, work = std::move(work)] {
            if (context)
                work();
        },
        Qt::QueuedConnection);
}

// An object of the GUI thread that lives as long as the program; target of all posts.
QObject* guiThread();

// One unary call. convert runs on a gRPC thread and makes a Qt value of the response; done runs on
// the GUI thread, unless context was destroyed before. Must be called on the GUI thread.
template <class Response, class Request, class Convert, class Value>
void call(Channel& channel, const Request& request, QObject* context, Convert convert,
          std::function<void(Result<Value>)> done,
          std::chrono::milliseconds timeout = std::chrono::seconds(30))
{
    struct State {
        grpc::ClientContext context;
        Request request;
        Response response;
        std::shared_ptr<grpc::Channel> channel;
    };
    const QPointer<QObject> guard(context);
    const auto transport = channel.transport();
    if (!transport || !transport->channel) {
        postGuarded(guard, guiThread(), [done] {
            done(Error{QStringLiteral("Unavailable"), QObject::tr("The platform is not running."), true});
        });
        return;
    }
    auto state = std::make_shared<State>();
    state->request = request;
    state->channel = transport->channel;
    state->context.set_deadline(std::chrono::system_clock::now() + timeout);
    grpc::TemplatedGenericStub<Request, Response> stub(transport->channel);
    stub.UnaryCall(&state->context, methodPath(Request::descriptor()), {}, &state->request,
                   &state->response,
                   [state, guard, done = std::move(done), convert](grpc::Status status) {
                       Result<Value> result = status.ok() ? Result<Value>(convert(state->response))
                                                          : Result<Value>(toError(status));
                       postGuarded(guard, guiThread(), [done, result = std::move(result)] { done(result); });
                   });
}

// One server stream. convert runs on a gRPC thread; onValue and onEnd on the GUI thread, never after
// the returned object was destroyed. The next message is read when onValue has returned, so a busy
// GUI slows the sender instead of filling a queue.
template <class Response, class Request, class Convert, class Value>
std::unique_ptr<Stream> stream(Channel& channel, const Request& request, Convert convert,
                               std::function<void(Value)> onValue,
                               std::function<void(Error)> onEnd)
{
    struct Reactor final : grpc::ClientBidiReactor<Request, Response>,
                           std::enable_shared_from_this<Reactor> {
        grpc::ClientContext context;
        Request request;
        Response response;
        std::shared_ptr<grpc::Channel> channel;
        std::shared_ptr<Reactor> self;  // until OnDone
        QPointer<QObject> guard;
        Convert convert;
        std::function<void(Value)> onValue;
        std::function<void(Error)> onEnd;

        explicit Reactor(Convert c) : convert(std::move(c)) {}
        void OnWriteDone(bool ok) override
        {
            if (ok)
                this->StartWritesDone();
        }
        void OnReadDone(bool ok) override
        {
            if (!ok)
                return;
            QMetaObject::invokeMethod(
                guiThread(),
                [keep = self, value = convert(response)] {
                    if (keep->guard)
                        keep->onValue(value);
                    keep->StartRead(&keep->response);
                },
                Qt::QueuedConnection);
        }
        void OnDone(const grpc::Status& status) override
        {
            postGuarded(guard, guiThread(), [end = onEnd, error = toError(status)] { end(error); });
            self.reset();
        }
    };
    struct Handle final : Stream {
        std::unique_ptr<QObject> guard = std::make_unique<QObject>();
        std::shared_ptr<Reactor> reactor;
        ~Handle() override
        {
            guard.reset();
            if (reactor)
                reactor->context.TryCancel();
        }
    };
    auto handle = std::make_unique<Handle>();
    const auto transport = channel.transport();
    if (!transport || !transport->channel) {
        postGuarded(QPointer<QObject>(handle->guard.get()), guiThread(), [onEnd] {
            onEnd(Error{QStringLiteral("Unavailable"), QObject::tr("The platform is not running."), true});
        });
        return handle;
    }
    auto reactor = std::make_shared<Reactor>(std::move(convert));
    reactor->request = request;
    reactor->channel = transport->channel;
    reactor->guard = handle->guard.get();
    reactor->onValue = std::move(onValue);
    reactor->onEnd = std::move(onEnd);
    reactor->self = reactor;
    handle->reactor = reactor;
    grpc::TemplatedGenericStub<Request, Response> stub(transport->channel);
    stub.PrepareBidiStreamingCall(&reactor->context, methodPath(Request::descriptor()), {}, reactor.get());
    reactor->StartWrite(&reactor->request);
    reactor->StartRead(&reactor->response);
    reactor->StartCall();
    return handle;
}

} // namespace gantry::rpc
