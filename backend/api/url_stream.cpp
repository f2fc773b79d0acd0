#include "backend/api/url_stream.h"

#include "backend/api/url_event.h"
#include "backend/invoke/dispatcher.h"

#include <algorithm>
#include <utility>

namespace gantry::api {

void UrlStream::begin(const std::string& contentType)
{
    m_contentType = contentType;
    m_expectsPrelude = contentType == kHttpIntegration;
}

void UrlStream::send(HttpHead head)
{
    if (!m_reply)
        return;
    HttpReply reply;
    reply.status = head.status;
    reply.headers = std::move(head.headers);
    reply.source = m_body;
    std::exchange(m_reply, nullptr)(std::move(reply));
}

void UrlStream::takePrelude(std::string& bytes)
{
    const HttpPrelude::State state = m_prelude.add(bytes);
    bytes.clear();
    if (state == HttpPrelude::State::Incomplete)
        return;
    m_expectsPrelude = false;
    if (state == HttpPrelude::State::Malformed) {
        m_body->cancel();
        return fail(urlBadGateway());
    }
    bytes = m_prelude.takeRest();
    send(m_prelude.takeHead());
}

void UrlStream::write(std::string bytes, std::function<void()> more)
{
    if (m_expectsPrelude)
        takePrelude(bytes);
    else if (m_reply)
        send({200, {{"content-type", m_contentType}}});
    if (!bytes.empty())
        m_body->push(std::move(bytes));
    if (m_body->hasRoom())
        more();
    else
        m_body->onRoom(std::move(more));
}

void UrlStream::finish(const invoke::Result& result)
{
    if (m_reply && (result.functionError || m_expectsPrelude))
        return fail(urlBadGateway());
    if (!result.streamed) {
        send({200, {{"content-type", result.contentType}}});
        m_body->push(result.payload);
    } else if (m_reply) {
        send({200, {{"content-type", m_contentType}}}); // it streamed nothing
    }
    m_body->finish(!result.functionError);
}

void UrlStream::fail(HttpReply error)
{
    if (m_reply)
        std::exchange(m_reply, nullptr)(std::move(error));
}

} // namespace gantry::api
