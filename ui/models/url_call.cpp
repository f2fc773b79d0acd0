#include "ui/models/url_call.h"

#include "ui/rpc/urls_api.h"

#include <QTimer>

namespace gantry::models {

namespace {
constexpr int kRepaintMs = 100;
}

UrlCall::UrlCall(rpc::UrlsApi& api, QObject* parent)
    : QObject(parent), m_api(api), m_repaint(new QTimer(this))
{
    m_repaint->setSingleShot(true);
    m_repaint->setInterval(kRepaintMs);
    connect(m_repaint, &QTimer::timeout, this, &UrlCall::changed);
}

UrlCall::~UrlCall() = default;

void UrlCall::start(const rpc::UrlRequest& request)
{
    clear();
    m_state = State::Running;
    m_stream = m_api.call(
        request, [this](rpc::UrlEvent event) { take(event); },
        [this](rpc::Error error) {
            if (m_state != State::Running)
                return;
            m_error = error.name.isEmpty() ? rpc::Error{{}, tr("The answer ended too early")} : error;
            finish(State::Failed);
        });
    Q_EMIT changed();
}

void UrlCall::stop()
{
    if (m_state == State::Running)
        finish(State::Stopped);
}

void UrlCall::clear()
{
    m_stream.reset();
    m_state = State::Idle;
    m_status = 0;
    m_headMs = m_totalMs = 0;
    m_headers.clear();
    m_chunks = {};
    m_error.reset();
    Q_EMIT changed();
}

void UrlCall::take(const rpc::UrlEvent& event)
{
    if (m_state != State::Running)
        return;
    if (event.status != 0) {
        m_status = event.status;
        m_headMs = event.elapsedMs;
        m_headers = event.headers;
    }
    m_chunks.add(event.elapsedMs, event.chunk);
    m_totalMs = event.elapsedMs;
    if (event.ended)
        return finish(event.broken ? State::Broken : State::Ended);
    if (!m_repaint->isActive())
        m_repaint->start();
}

void UrlCall::finish(State state)
{
    m_state = state;
    m_repaint->stop();
    m_stream.reset();
    Q_EMIT changed();
}

} // namespace gantry::models
