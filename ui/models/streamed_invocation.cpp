#include "ui/models/streamed_invocation.h"

#include "ui/rpc/urls_api.h"

#include <QTimer>

namespace gantry::models {

namespace {
constexpr int kRepaintMs = 100;
constexpr double kNanosPerMs = 1e6;
} // namespace

StreamedInvocation::StreamedInvocation(rpc::UrlsApi& api, QObject* parent)
    : QObject(parent), m_api(api), m_repaint(new QTimer(this))
{
    m_repaint->setSingleShot(true);
    m_repaint->setInterval(kRepaintMs);
    connect(m_repaint, &QTimer::timeout, this, &StreamedInvocation::changed);
}

StreamedInvocation::~StreamedInvocation() = default;

void StreamedInvocation::start(const rpc::InvokeRequest& request)
{
    clear();
    m_started = true;
    m_since.start();
    m_stream = m_api.invokeStream(
        request,
        [this](const rpc::StreamedEvent& event) {
            take(static_cast<double>(m_since.nsecsElapsed()) / kNanosPerMs, event);
        },
        [this](const rpc::Error& error) {
            if (!error.name.isEmpty())
                m_error = error;
            finish();
        });
    Q_EMIT changed();
}

void StreamedInvocation::stop()
{
    if (isRunning())
        finish();
}

void StreamedInvocation::clear()
{
    m_stream.reset();
    m_repaint->stop();
    m_started = false;
    m_version.clear();
    m_chunks = {};
    m_end = {};
    m_error.reset();
    Q_EMIT changed();
}

void StreamedInvocation::take(double elapsedMs, const rpc::StreamedEvent& event)
{
    if (!event.executedVersion.isEmpty())
        m_version = event.executedVersion;
    m_chunks.add(elapsedMs, event.chunk);
    if (event.completed) {
        m_end = event;
        return finish();
    }
    if (!m_repaint->isActive())
        m_repaint->start();
}

void StreamedInvocation::finish()
{
    m_repaint->stop();
    m_stream.reset();
    Q_EMIT changed();
}

} // namespace gantry::models
