#pragma once

#include "ui/rpc/findings_api.h"

#include <QObject>
#include <QTimer>

namespace gantry::models {

// The platform's findings, asked for again and again while it answers.
class FindingsWatch final : public QObject {
    Q_OBJECT
public:
    explicit FindingsWatch(rpc::Channel& channel, QObject* parent = nullptr);

    rpc::FindingsApi& api() { return m_api; }
    const rpc::HealthFindings& all() const { return m_all; }
    bool isLoaded() const { return m_loaded; }
    // Of those that are active and not dismissed.
    int open() const;
    // Why the findings are missing or old; empty when they are not.
    const QString& problem() const { return m_problem; }

    // Asks now. evaluate: the platform looks for findings anew.
    void refresh(bool evaluate = false);

Q_SIGNALS:
    void changed();

private:
    void take(const rpc::Result<rpc::HealthFindings>& answer);

    rpc::Channel& m_channel;
    rpc::FindingsApi m_api;
    rpc::HealthFindings m_all;
    QString m_problem;
    bool m_loaded = false;
    QTimer m_timer;
};

} // namespace gantry::models
