#include "ui/models/findings_watch.h"

#include <algorithm>

namespace gantry::models {

namespace {
constexpr int kEveryMs = 30'000; // the platform looks once a minute
}

FindingsWatch::FindingsWatch(rpc::Channel& channel, QObject* parent)
    : QObject(parent), m_channel(channel), m_api(channel)
{
    m_timer.setInterval(kEveryMs);
    connect(&m_timer, &QTimer::timeout, this, [this] { refresh(); });
    connect(&m_channel, &rpc::Channel::stateChanged, this, [this] { refresh(); });
    m_timer.start();
    refresh();
}

void FindingsWatch::refresh(bool evaluate)
{
    if (m_channel.isConnected())
        m_api.list(evaluate, this, [this](const rpc::Result<rpc::HealthFindings>& answer) { take(answer); });
}

void FindingsWatch::take(const rpc::Result<rpc::HealthFindings>& answer)
{
    m_problem = answer || answer.error().unavailable ? QString() : answer.error().message;
    if (answer) {
        m_all = *answer;
        m_loaded = true;
    }
    Q_EMIT changed();
}

int FindingsWatch::open() const
{
    return int(std::count_if(m_all.findings.begin(), m_all.findings.end(),
                             [](const rpc::HealthFinding& finding) { return finding.isOpen(); }));
}

} // namespace gantry::models
