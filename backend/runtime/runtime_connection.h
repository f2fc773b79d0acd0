#pragma once

#include "backend/runtime/bounded_body.h"
#include "backend/runtime/runtime_http.h"
#include "backend/runtime/runtime_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::runtime {

// One connection of the runtime: read a request's head, decide, read its body, answer, again. What is
// in the buffer already and what the socket takes at once needs no trip through the event loop; a
// runtime that asks for the next event right behind its answer gets both replies with that event.
class RuntimeConnection final : public std::enable_shared_from_this<RuntimeConnection> {
public:
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

    RuntimeConnection(Socket socket, std::shared_ptr<RuntimeServer> server);

    void start();
    // Answers the parked /next.
    void sendEvent(std::string_view head, std::shared_ptr<const std::string> event);
    void close();
    bool peerClosed();

private:
    enum class Step { Head, Body, Parked, Closed };

    void nextRequest();
    void proceed();
    bool parse();
    void onHead();
    void chooseSink();
    bool passOn();
    void goOn();
    void refuse(const boost::system::error_code& error);
    void read();
    void continueOnExpectation();
    void chooseLimit();
    bool methodFits() const;
    bool claim(RuntimeServer::State next);
    void answerRequest();
    void askForExtension();
    void respondToExtension(const ExtensionReply& reply);
    void takeInitError();
    void takeAnswer();
    bool takeTrailers(RuntimeApi::Answer& answer);
    std::string header(std::string_view name) const;

    void say(int status, std::string_view body, std::string_view type = "application/json",
             std::string_view headers = {});
    void sayError(int status, std::string_view type, std::string_view message);
    void answerGiven();
    void write();
    std::array<boost::asio::const_buffer, 2> unsent(std::size_t sent) const;
    void onWritten(const boost::system::error_code& error);
    void lost();

    Socket m_socket;
    std::shared_ptr<RuntimeServer> m_server;
    boost::beast::flat_buffer m_buffer;
    std::optional<boost::beast::http::request_parser<BoundedBody>> m_request;
    Step m_step = Step::Head;
    bool m_proceeding = false; // proceed() is on the stack and takes the next step itself
    bool m_reading = false;
    bool m_writing = false;
    bool m_held = false;   // the reader of the streamed response is not ready for more
    bool m_ending = false; // the connection ends once all is sent
    Route m_route;
    bool m_claimed = false; // this request may answer the invocation (or fail the init)
    bool m_keepAlive = true;
    std::string m_refusal; // why the request was not accepted, when it was not for its state
    std::string m_out; // replies that were not sent yet
    std::shared_ptr<const std::string> m_event;
    std::shared_ptr<ResponseSink> m_sink; // of the response that comes in, when it is streamed
};

} // namespace gantry::runtime
