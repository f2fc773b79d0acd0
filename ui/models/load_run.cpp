#include "ui/models/load_run.h"

#include "ui/rpc/functions_api.h"

#include <QDateTime>

#include <algorithm>

namespace gantry::models {

LoadRun::LoadRun(rpc::FunctionsApi& api, QObject* parent) : QObject(parent), m_api(api) {}

LoadRun::~LoadRun() = default;

void LoadRun::start(const rpc::LoadRequest& request)
{
    clear();
    m_request = request;
    m_startedMs = QDateTime::currentMSecsSinceEpoch() / kBinMs * kBinMs;
    m_firstBinMs = m_startedMs;
    m_state = State::Running;
    m_stream = m_api.runLoad(
        request, [this](rpc::LoadProgress progress) { take(progress); },
        [this](rpc::Error error) {
            if (m_state != State::Running)
                return;
            if (m_progress.finished || error.name.isEmpty())
                return finish(State::Finished);
            m_error = error;
            finish(State::Failed);
        });
    Q_EMIT changed();
}

void LoadRun::stop()
{
    if (m_state == State::Running)
        finish(State::Stopped);
}

void LoadRun::clear()
{
    m_stream.reset();
    m_progress = {};
    m_error.reset();
    m_bins.clear();
    m_state = State::Idle;
    Q_EMIT changed();
}

void LoadRun::take(const rpc::LoadProgress& progress)
{
    m_progress = progress;
    const qint64 bin = progress.elapsedMs / kBinMs - (m_firstBinMs - m_startedMs) / kBinMs;
    while (static_cast<qint64>(m_bins.size()) <= bin)
        m_bins.push_back(m_bins.empty() ? Bin{} : m_bins.back());
    if (!m_bins.empty())
        m_bins.back() = {progress.perSecond, progress.p50Ms, progress.p90Ms, progress.p99Ms};
    while (m_bins.size() > kMaxBins) {
        m_bins.pop_front();
        m_firstBinMs += kBinMs;
    }
    if (progress.finished)
        return finish(State::Finished);
    Q_EMIT changed();
}

void LoadRun::finish(State state)
{
    m_state = state;
    m_stream.reset();
    Q_EMIT changed();
}

double LoadRun::share() const
{
    const qint64 done = m_progress.succeeded + m_progress.failed + m_progress.throttled;
    const double share = m_request.count > 0 ? double(done) / double(m_request.count)
                         : m_request.durationMs > 0
                             ? double(m_progress.elapsedMs) / double(m_request.durationMs)
                             : 0;
    return std::clamp(share, 0.0, 1.0);
}

} // namespace gantry::models
