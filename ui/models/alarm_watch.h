#pragma once

#include "ui/rpc/alarms_api.h"

#include <QObject>
#include <QTimer>

#include <memory>

namespace gantry::models {

// The alarms as the platform sees them, followed while it answers.
class AlarmWatch final : public QObject {
    Q_OBJECT
public:
    explicit AlarmWatch(rpc::Channel& channel, QObject* parent = nullptr);
    ~AlarmWatch() override;

    rpc::AlarmsApi& api() { return m_api; }
    const QList<rpc::Alarm>& alarms() const { return m_alarms; } // by name
    bool isLoaded() const { return m_loaded; }

Q_SIGNALS:
    void changed();
    // An alarm asks for a desktop notification.
    void notified(const gantry::rpc::AlarmNotification& notification);

private:
    void connectNow();
    void take(const rpc::AlarmsFrame& frame);

    rpc::Channel& m_channel;
    rpc::AlarmsApi m_api;
    QList<rpc::Alarm> m_alarms;
    bool m_loaded = false;
    QTimer m_retry;
    std::unique_ptr<rpc::Stream> m_stream;
};

} // namespace gantry::models
