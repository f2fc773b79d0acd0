#pragma once

#include "backend/runtime/bounded_body.h"
#include "backend/runtime/runtime_http.h"
#include "backend/runtime/runtime_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::runtime {

// One connection of the runtime: read a request's head, decide, read its body, answer, again.
class RuntimeConnection final : public std::enable_shared_from_this<RuntimeConnection> {
public:
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

    RuntimeConnection(Socket socket, std::shared_ptr<RuntimeServer> server);

    void readHead();
    // Answers the parked /next.
    void sendEvent(std::string head, std::shared_ptr<const std::string> event);
    void close();
    bool peerClosed();

private:
    void onHead(const boost::system::error_code& error);
    void continueOnExpectation();
    void chooseLimit();
    bool methodFits() const;
    bool claim(RuntimeServer::State next);
    void readBody();
    void onBody(const boost::system::error_code& error);
    void answerRequest();
    void takeInitError();
    void takeAnswer();
    bool takeTrailers(RuntimeApi::Answer& answer);
    std::string header(std::string_view name) const;

    void reply(int status, std::string_view body, std::string_view type = "application/json");
    void replyError(int status, std::string_view type, std::string_view message);
    void write();
    void onWritten(const boost::system::error_code& error);
    void lost();

    Socket m_socket;
    std::shared_ptr<RuntimeServer> m_server;
    boost::beast::flat_buffer m_buffer;
    std::optional<boost::beast::http::request_parser<BoundedBody>> m_request;
    Route m_route;
    bool m_claimed = false; // this request may answer the invocation (or fail the init)
    bool m_keepAlive = true;
    std::string m_refusal; // why the request was not accepted, when it was not for its state
    std::string m_out;
    std::shared_ptr<const std::string> m_event;
};

} // namespace gantry::runtime
