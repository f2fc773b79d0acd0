#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gantry::test {

// What the server answers to one call: messages (serialized), then the status; or the messages and
// then nothing until the client goes.
struct Reply {
    std::vector<std::string> messages;
    grpc::Status status;
    std::string errorName;  // sent as gantry-error
    bool stayOpen = false;
};

// A gRPC server on a Unix socket that answers any method by a function, so that the console's calls
// meet a real transport. Handlers run on gRPC's threads and get the request's bytes.
class GrpcServer final {
public:
    using Handler = std::function<Reply(const std::string& request)>;

    explicit GrpcServer(std::string socketPath) : m_path(std::move(socketPath)) {}
    ~GrpcServer() { stop(); }

    void on(const std::string& method, Handler handler)
    {
        const std::lock_guard lock(m_mutex);
        m_handlers[method] = std::move(handler);
    }
    // False when the socket could not be bound.
    bool start()
    {
        grpc::ServerBuilder builder;
        builder.AddListeningPort("unix:" + m_path, grpc::InsecureServerCredentials());
        m_service = std::make_unique<Service>(*this);  // gRPC takes one only once
        builder.RegisterCallbackGenericService(m_service.get());
        m_server = builder.BuildAndStart();
        return m_server != nullptr;
    }
    void stop()
    {
        if (!m_server)
            return;
        m_server->Shutdown(std::chrono::system_clock::now());
        m_server->Wait();
        m_server.reset();
    }

private:
    class Call final : public grpc::ServerGenericBidiReactor {
    public:
        Call(GrpcServer& server, grpc::GenericCallbackServerContext& context)
            : m_server(server), m_context(context)
        {
            StartRead(&m_request);
        }
        void OnReadDone(bool ok) override
        {
            Reply reply;
            if (ok)
                reply = m_server.answer(m_context.method(), textOf(m_request));
            const std::lock_guard lock(m_mutex);
            m_reply = std::move(reply);
            m_answered = true;
            if (!m_reply.errorName.empty())
                m_context.AddTrailingMetadata("gantry-error", m_reply.errorName);
            goOn(ok);
        }
        void OnWriteDone(bool ok) override
        {
            const std::lock_guard lock(m_mutex);
            m_writing = false;
            goOn(ok);
        }
        void OnCancel() override
        {
            const std::lock_guard lock(m_mutex);
            m_cancelled = true;
            // A read or a write that is under way comes back and finishes the call.
            if (m_answered && !m_writing)
                goOn(false);
        }
        void OnDone() override { delete this; }

    private:
        // The next message, or the end, which gRPC takes only once.
        void goOn(bool ok)
        {
            if (m_finished)
                return;
            if (!ok || m_cancelled) {
                m_finished = true;
                Finish(grpc::Status::CANCELLED);
            } else if (m_next < m_reply.messages.size()) {
                const grpc::Slice slice(m_reply.messages[m_next++]);
                m_response = grpc::ByteBuffer(&slice, 1);
                m_writing = true;
                StartWrite(&m_response);
            } else if (!m_reply.stayOpen) {
                m_finished = true;
                Finish(m_reply.status);
            }
        }
        static std::string textOf(const grpc::ByteBuffer& buffer)
        {
            std::vector<grpc::Slice> slices;
            buffer.Dump(&slices);
            std::string text;
            for (const grpc::Slice& slice : slices)
                text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
            return text;
        }

        GrpcServer& m_server;
        grpc::GenericCallbackServerContext& m_context;
        grpc::ByteBuffer m_request;
        grpc::ByteBuffer m_response;
        Reply m_reply;
        size_t m_next = 0;
        std::mutex m_mutex;
        bool m_answered = false;
        bool m_writing = false;
        bool m_cancelled = false;
        bool m_finished = false;
    };

    struct Service final : grpc::CallbackGenericService {
        explicit Service(GrpcServer& server) : m_server(server) {}
        grpc::ServerGenericBidiReactor*
        CreateReactor(grpc::GenericCallbackServerContext* context) override
        {
            return new Call(m_server, *context);
        }
        GrpcServer& m_server;
    };

    Reply answer(const std::string& method, const std::string& request)
    {
        Handler handler;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_handlers.find(method);
            if (found != m_handlers.end())
                handler = found->second;
        }
        if (handler)
            return handler(request);
        return {{}, grpc::Status(grpc::StatusCode::UNIMPLEMENTED, method), {}, false};
    }

    std::string m_path;
    std::mutex m_mutex;
    std::map<std::string, Handler> m_handlers;
    std::unique_ptr<Service> m_service;
    std::unique_ptr<grpc::Server> m_server;
};

} // namespace gantry::test
