#include "ui/models/alarm_watch.h"

namespace gantry::models {

namespace {
constexpr int kRetryMs = 2'000;
}

AlarmWatch::AlarmWatch(rpc::Channel& channel, QObject* parent)
    : QObject(parent), m_channel(channel), m_api(channel)
{
    m_retry.setSingleShot(true);
    m_retry.setInterval(kRetryMs);
    connect(&m_retry, &QTimer::timeout, this, &AlarmWatch::connectNow);
    connect(&m_channel, &rpc::Channel::stateChanged, this, &AlarmWatch::connectNow);
    connectNow();
}

AlarmWatch::~AlarmWatch() = default;

void AlarmWatch::connectNow()
{
    m_stream.reset();
    if (!m_channel.isConnected())
        return;
    m_stream = m_api.watch([this](const rpc::AlarmsFrame& frame) { take(frame); },
                           [this](const rpc::Error&) { m_retry.start(); });
}

void AlarmWatch::take(const rpc::AlarmsFrame& frame)
{
    m_alarms = frame.alarms;
    m_loaded = true;
    Q_EMIT changed();
    for (const rpc::AlarmNotification& notification : frame.notifications)
        Q_EMIT notified(notification);
}

} // namespace gantry::models
